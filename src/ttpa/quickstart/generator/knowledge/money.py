"""How people ask about money."""

from ttpa.quickstart.generator.entry import Argument, Domain, Entry, Source
from ttpa.quickstart.generator.samplers import fraction, one_of, several, whole

_CURRENCIES = one_of("EUR", "USD", "GBP", "CHF", "JPY", "SEK", "NOK", "PLN", "CAD", "AUD", "INR", "BRL")
_TOTALS = (
    Source("book_hotel", "total", (" the total of the booking", " the cost of the booking")),
    Source("order_product", "total", (" the total of the order", " the cost of the order")),
    Source("sum_expenses", "total", (" that sum", " the sum of my expenses")),
)
"""What a bill may be."""

_PRICES = (
    Source("book_hotel", "total", (" the total of the booking from", " the cost of the booking from")),
    Source("order_product", "total", (" the total of the order from", " the cost of the order from")),
    Source("sum_expenses", "total", (" that sum from", " the sum of my expenses from")),
    Source("get_loan_payment", "monthly", (" that monthly payment from", " what I pay a month from")),
    Source("find_hotels", "price", (" the price of the {pick} hotel from",)),
    Source("find_hostels", "price", (" the price of the {pick} hostel from",)),
    Source("find_flights", "price", (" the price of the {pick} flight from",)),
    Source("find_trains", "price", (" the price of the {pick} train from",)),
    Source("find_products", "price", (" the price of the {pick} product from",)),
)
"""What may be converted; the currency follows."""

DOMAIN = Domain(
    activities=("keeping an eye on the budget", "settling costs with friends", "comparing costs"),
    leads=("I want to keep my budget in check.", "I am going over my money.", "My friends and I share our costs."),
    entries=(
        Entry(
            "convert_currency",
            "convert currencies",
            (
                "convert{amount}{from_currency}{to_currency}",
                "change{amount}{from_currency}{to_currency}",
                "turn{amount}{from_currency}{to_currency}",
                "exchange{amount}{from_currency}{to_currency}",
            ),
            ("that is {result} {currency}", "it makes {result} {currency}"),
            (
                Argument(
                    "amount",
                    "amount",
                    fraction(10, 4000, 2),
                    (" {}", " the amount of {}"),
                    absent=" some",
                    sources=_PRICES,
                ),
                Argument("from_currency", "currency it is in", _CURRENCIES, (" {}",)),
                Argument(
                    "to_currency",
                    "target currency",
                    _CURRENCIES,
                    (" to {}", " into {}"),
                    unlike="from_currency",
                ),
            ),
            varies="to_currency",
        ),
        Entry(
            "split_bill",
            "split bills",
            (
                "split{total}{people}{tip_percent}",
                "divide{total}{people}{tip_percent}",
                "share{total}{tip_percent}{people}",
                "work out everybody's share of{total}{people}{tip_percent}",
            ),
            ("everybody pays {each}", "each share is {each}"),
            (
                Argument(
                    "total",
                    "amount of the bill",
                    fraction(20, 900, 2),
                    (" a bill of {}", " the bill of {}", " costs of {}"),
                    absent=" the bill",
                    sources=(
                        *_TOTALS,
                        Source("convert_currency", "result", (" the converted amount", " that converted amount")),
                    ),
                ),
                Argument("people", "number of people", whole(2, 15), (" between {} people", " among {} people")),
                Argument(
                    "tip_percent",
                    "tip",
                    one_of(5, 7, 8, 10, 12, 15, 18, 20),
                    (" with a tip of {} percent", " plus {} percent tip"),
                    chance=0.45,
                ),
            ),
        ),
        Entry(
            "get_loan_payment",
            "compute loan payments",
            (
                "work out the monthly payment of a loan{amount}{years}{rate}",
                "calculate what a loan{amount}{years}{rate} costs a month",
                "tell me the monthly cost of a loan{amount}{rate}{years}",
                "compute the payment for a loan{years}{amount}{rate}",
            ),
            ("the loan costs {monthly} a month", "you pay {interest} interest"),
            (
                Argument("amount", "amount of the loan", whole(1000, 250000, 500), (" of {}", " over {}")),
                Argument("years", "number of years", whole(2, 30), (" for {} years", " lasting {} years")),
                Argument("rate", "interest rate", fraction(1, 9, 4), (" at {} percent", " with {} percent interest")),
            ),
        ),
        Entry(
            "sum_expenses",
            "add up expenses",
            (
                "add up my expenses{amounts}",
                "sum up the amounts{amounts}",
                "tell me how much I spent with the receipts{amounts}",
                "work out the total of my costs{amounts}",
            ),
            ("the sum is {total}", "you spent {total}"),
            (Argument("amounts", "amounts", several(whole(3, 480), 2, 5), (" of {}", ": {}")),),
        ),
    ),
)
