"""Money tools: currencies, bills, loans and sums, computed from their arguments alone."""

from typing import Literal

from ttpa.quickstart.tools.days import check_range
from ttpa.quickstart.tools.facts import Row

Currency = Literal["EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "PLN", "CAD", "AUD", "INR", "BRL"]

_PER_EURO = {
    "EUR": 1.0,
    "USD": 1.09,
    "GBP": 0.86,
    "CHF": 0.95,
    "JPY": 163.0,
    "SEK": 11.4,
    "NOK": 11.7,
    "PLN": 4.3,
    "CAD": 1.48,
    "AUD": 1.66,
    "INR": 90.5,
    "BRL": 5.9,
}


def convert_currency(amount: float, from_currency: Currency, to_currency: Currency) -> Row:
    """Converts an amount of money.

    Args:
        amount: How much.
        from_currency: Currency it is in.
        to_currency: Currency it should be in.
    """
    check_range(amount, 0, 1e9, "amount")
    return {"result": round(amount / _PER_EURO[from_currency] * _PER_EURO[to_currency], 2), "currency": to_currency}


def split_bill(total: float, people: int, tip_percent: int = 0) -> Row:
    """Splits a bill evenly.

    Args:
        total: Amount of the bill.
        people: Number of people.
        tip_percent: Tip in percent.
    """
    check_range(people, 1, 100, "people")
    check_range(tip_percent, 0, 100, "tip_percent")
    due = total * (1 + tip_percent / 100)
    return {"each": round(due / people, 2), "with_tip": round(due, 2)}


def get_loan_payment(amount: float, years: int, rate: float) -> Row:
    """Computes the monthly payment of a loan.

    Args:
        amount: Amount borrowed.
        years: Years to pay back.
        rate: Interest a year, in percent.
    """
    check_range(years, 1, 50, "years")
    check_range(rate, 0.1, 40, "rate")
    monthly, months = rate / 1200, years * 12
    payment = amount * monthly / (1 - (1 + monthly) ** -months)
    return {"monthly": round(payment, 2), "interest": round(payment * months - amount, 2)}


def sum_expenses(amounts: list[int]) -> Row:
    """Adds up expenses.

    Args:
        amounts: The single amounts.
    """
    if not amounts:
        raise ValueError("no amounts to add up")
    return {"total": sum(amounts), "mean": round(sum(amounts) / len(amounts), 2), "largest": max(amounts)}
