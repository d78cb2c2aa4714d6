"""Budgets that are never overdrawn, whatever replies cost and however many requests are in flight."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ttpa.models.base import ChatReply
from ttpa.models.spending import BudgetSpent, MeteredChatModel, Spending
from ttpa.records.costs import Budget, Cost, Prices
from ttpa.records.messages import Message, UserMessage

HELLO = [UserMessage(content="Hi there")]
PRICES = Prices(prompt=2.0, completion=8.0)


class Endpoint:
    """Replies of random length, within what a request may cost."""

    identity = "random"

    def __init__(self, seed: int, most: int) -> None:
        self._rng = Random(seed)
        self._lock = threading.Lock()
        self._most = most
        self.cost = Cost()

    def chat(self, messages: Sequence[Message], *, seed: int) -> ChatReply:
        with self._lock:
            prompt, said = self._rng.randint(1, 8), self._rng.randint(0, self._most)
            self.cost += Cost(requests=1, prompt_tokens=prompt, completion_tokens=said)
        return ChatReply("ok", prompt, said)


def spend(budget: Budget, *, seed: int = 0, threads: int = 4, before: Cost | None = None) -> tuple[Cost, str]:
    """What is spent until nothing more goes, and why."""
    endpoint = Endpoint(seed, 20)
    model = MeteredChatModel(endpoint, Spending(budget, PRICES, before=before), max_tokens=20)

    def ask(number: int) -> str:
        try:
            model.chat(HELLO, seed=number)
        except BudgetSpent as spent:
            return str(spent)
        return ""

    with ThreadPoolExecutor(threads) as pool:
        reasons = [reason for reason in pool.map(ask, range(300)) if reason]
    return endpoint.cost, reasons[0] if reasons else ""


@given(st.integers(0, 10**6), st.integers(1, 8), st.integers(0, 4000))
@settings(max_examples=25)
def test_no_budget_is_ever_overdrawn(seed: int, threads: int, size: int) -> None:
    tokens, _ = spend(Budget(tokens=size), seed=seed, threads=threads)
    assert tokens.tokens <= size
    money, _ = spend(Budget(money=size / 10**5), seed=seed, threads=threads)
    assert (money.money(PRICES) or 0.0) <= size / 10**5
    requests, _ = spend(Budget(requests=size // 40), seed=seed, threads=threads)
    assert requests.requests == size // 40


def test_what_was_spent_before_counts_and_the_reason_says_what_to_do() -> None:
    cost, reason = spend(Budget(requests=10), before=Cost(requests=7, prompt_tokens=70, completion_tokens=7))
    assert cost.requests == 3
    assert "requests = 10 (10 requests, " in reason
    assert "raise it under [generator.budget]" in reason


def test_hours_are_counted_from_the_first_request() -> None:
    now = [0.0]
    spending = Spending(Budget(hours=1.0), Prices(), clock=lambda: now[0])
    now[0] = 10_000.0
    with spending.request(Cost(requests=1)):
        now[0] += 3599.0
    with spending.request(Cost(requests=1)):
        now[0] += 2.0
    with pytest.raises(BudgetSpent, match="hours = 1"), spending.request(Cost(requests=1)):
        raise AssertionError("it has no time left")


def test_a_request_that_fails_costs_nothing_that_is_known() -> None:
    spending = Spending(Budget(requests=1), Prices())
    with pytest.raises(ZeroDivisionError), spending.request(Cost(requests=1)):
        raise ZeroDivisionError
    assert spending.spent == Cost()
    with spending.request(Cost(requests=1)) as take_down:
        take_down(Cost(requests=1))
    assert spending.spent.requests == 1


def test_an_unknown_price_is_called_unknown() -> None:
    cost = Cost(requests=2, prompt_tokens=1000, completion_tokens=500)
    assert cost.line(Prices()) == "2 requests, 1,500 tokens, price unknown"
    assert cost.line(Prices(prompt=1.0)) == "2 requests, 1,500 tokens, price unknown"
    assert cost.line(PRICES) == "2 requests, 1,500 tokens, 0.01 USD"
    assert Cost(requests=1).line(Prices()) == "1 requests, 0 tokens, 0.00 USD"


class SilentEndpoint:
    """Tells nothing of what a reply cost."""

    identity = "silent"

    def chat(self, messages: Sequence[Message], *, seed: int) -> ChatReply:
        return ChatReply("ok", None, None)


def test_a_reply_of_unknown_cost_counts_as_much_as_it_could_have_cost() -> None:
    spending = Spending(Budget(tokens=100), PRICES)
    model = MeteredChatModel(SilentEndpoint(), spending, max_tokens=20)
    reply = model.chat(HELLO, seed=0)
    assert (reply.prompt_tokens, reply.completion_tokens) == (24, 20)
    model.chat(HELLO, seed=1)
    with pytest.raises(BudgetSpent):
        model.chat(HELLO, seed=2)
    assert spending.spent == Cost(requests=2, prompt_tokens=48, completion_tokens=40)
