"""What a paid model costs, and a budget that is never overdrawn."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from ttpa.errors import RunError
from ttpa.models.base import ChatModel, ChatReply
from ttpa.records.costs import Budget, Cost, Prices
from ttpa.records.messages import Message

_TOKENS_AROUND_A_MESSAGE = 16
"""Role and marks that a chat template adds to a message, at most."""


class BudgetSpent(RunError):
    """Another request could cost more than what is left; the run goes on with a larger budget."""


class Purse(Protocol):
    """The account of paid requests, wherever it is kept."""

    prices: Prices

    @property
    def spent(self) -> Cost: ...

    def request(self, worst: Cost) -> AbstractContextManager[Callable[[Cost], None]]:
        """Room for a request that costs at most `worst`. Raises `BudgetSpent` where there is none."""
        ...

    def line(self) -> str:
        """What was spent so far, for people."""
        ...


class Spending:
    """The account of a run's paid requests, kept across threads and resumes."""

    def __init__(
        self, budget: Budget, prices: Prices, *, before: Cost | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`before` is what earlier commands of the run have spent."""
        self.prices = prices
        self._budget = budget
        self._spent = before or Cost()
        self._reserved = Cost()
        self._clock = clock
        self._started: float | None = None
        self._changed = threading.Condition()

    @property
    def spent(self) -> Cost:
        return self._spent

    @contextmanager
    def request(self, worst: Cost) -> Generator[Callable[[Cost], None]]:
        """Room for a request that costs at most `worst`; what it gives takes down what it really cost.

        Waits while the requests in flight may leave no room. Raises `BudgetSpent` where there is none at all.
        """
        with self._changed:
            while (lacking := self._lacking(self._spent + self._reserved + worst)) is not None:
                if self._reserved == Cost():
                    raise BudgetSpent(
                        f"the generator's budget leaves no room for another request: {lacking} "
                        f"({self.line()}); raise it under [generator.budget] and run the same command again"
                    )
                self._changed.wait()
            self._started = self._clock() if self._started is None else self._started
            self._reserved += worst
        real: list[Cost] = []
        try:
            yield real.append
        finally:
            with self._changed:
                self._reserved -= worst
                for cost in real:
                    self._spent += cost
                self._changed.notify_all()

    def line(self) -> str:
        """What was spent so far, for people; an unknown price is called unknown."""
        return self._spent.line(self.prices)

    def _lacking(self, total: Cost) -> str | None:
        """The limit that `total` would break; none where it breaks none."""
        budget = self._budget
        if budget.requests is not None and total.requests > budget.requests:
            return f"requests = {budget.requests}"
        if budget.tokens is not None and total.tokens > budget.tokens:
            return f"tokens = {budget.tokens}"
        if budget.money is not None:
            money = total.money(self.prices)
            if money is None or money > budget.money:
                return f"money = {budget.money:g}"
        seconds = 0.0 if self._started is None else self._clock() - self._started
        return f"hours = {budget.hours:g}" if budget.hours is not None and seconds > 3600 * budget.hours else None


class MeteredChatModel:
    """Asks `model` as long as the budget has room, and takes down what each reply cost."""

    def __init__(self, model: ChatModel, spending: Purse, *, max_tokens: int) -> None:
        """`max_tokens` is what `model` says at most."""
        self._model = model
        self._spending = spending
        self._max_tokens = max_tokens
        self.identity = model.identity

    def chat(self, messages: Sequence[Message], *, seed: int) -> ChatReply:
        """The reply with what it cost; where the endpoint does not tell, it has cost as much as it could."""
        # A token is at least one byte, so a text has at most as many tokens as bytes.
        prompt = sum(len(message.content.encode()) + _TOKENS_AROUND_A_MESSAGE for message in messages)
        worst = Cost(requests=1, prompt_tokens=prompt, completion_tokens=self._max_tokens)
        with self._spending.request(worst) as take_down:
            reply = self._model.chat(messages, seed=seed)
            cost = Cost(
                requests=1,
                prompt_tokens=worst.prompt_tokens if reply.prompt_tokens is None else reply.prompt_tokens,
                completion_tokens=worst.completion_tokens
                if reply.completion_tokens is None
                else reply.completion_tokens,
            )
            take_down(cost)
        return ChatReply(reply.text, cost.prompt_tokens, cost.completion_tokens)
