"""The desk of a run whose workers are elsewhere: an actor on the driver's machine, where the journal lies."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUntypedFunctionDecorator=false

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Literal

import ray
from ray.exceptions import RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ttpa.engines.desk import LocalDesk
from ttpa.errors import TtpaError
from ttpa.models.recorded_chat import ReplyStore
from ttpa.records.costs import Budget, Cost, Prices

_Worker = tuple[str, int]
"""Which worker, and which of its processes: one that died is followed by another."""
_Shelf = Literal["replies", "results"]


class DeskActor:
    """Holds the journal and the budget. A reservation of a process that died is given back once it was replaced."""

    def __init__(self) -> None:
        self._numbers = count()
        self._reserved: dict[int, tuple[_Worker, ExitStack, Callable[[Cost], None]]] = {}

    def open(self, journal: Path, budget: Budget, prices: Prices) -> None:
        """Comes first, and by itself: an error in an actor's `__init__` does not come out as it was raised."""
        self._desk = LocalDesk(journal, budget, prices)

    def find(self, shelf: _Shelf, question: str) -> str | None:
        return self._shelf(shelf).find(question)

    def keep(self, shelf: _Shelf, question: str, reply: str) -> None:
        self._shelf(shelf).keep(question, reply)

    def reserve(self, worker: _Worker, worst: Cost) -> int:
        """The number of a reservation. Raises `BudgetSpent` where there is no room."""
        for number, (holder, _, _) in list(self._reserved.items()):
            if holder[0] == worker[0] and holder != worker:
                self.settle(number, ())
        stack = ExitStack()
        take_down = stack.enter_context(self._desk.spending.request(worst))
        number = next(self._numbers)
        self._reserved[number] = worker, stack, take_down
        return number

    def settle(self, number: int, costs: Sequence[Cost]) -> None:
        """Ends a reservation with what was really spent."""
        held = self._reserved.pop(number, None)
        if held is not None:
            _, stack, take_down = held
            for cost in costs:
                take_down(cost)
            stack.close()

    def spent(self) -> Cost:
        return self._desk.spending.spent

    def close(self) -> None:
        self._desk.close()

    def _shelf(self, shelf: _Shelf) -> ReplyStore:
        return self._desk.replies if shelf == "replies" else self._desk.results


class RayDesk:
    """The desk as the driver and the workers reach it."""

    def __init__(self, journal: Path, budget: Budget, prices: Prices, *, callers: int) -> None:
        """`callers` may wait for room in the budget at once. Raises `RunError` where the journal cannot be used."""
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        options = {"num_cpus": 0, "max_concurrency": callers + 4, "scheduling_strategy": here}
        self._actor: Any = ray.remote(DeskActor).options(**options).remote()
        ask(self._actor.open, journal.absolute(), budget, prices)
        self.replies: ReplyStore = _RemoteShelf(self._actor, "replies")
        self.results: ReplyStore = _RemoteShelf(self._actor, "results")
        self.spending = RemoteSpending(self._actor, prices)

    def close(self) -> None:
        ask(self._actor.close)
        ray.kill(self._actor)


class _RemoteShelf:
    def __init__(self, actor: Any, shelf: _Shelf) -> None:
        self._actor = actor
        self._shelf: _Shelf = shelf

    def find(self, question: str) -> str | None:
        return ask(self._actor.find, self._shelf, question)

    def keep(self, question: str, reply: str) -> None:
        ask(self._actor.keep, self._shelf, question, reply)


class RemoteSpending:
    """The run's budget, asked over the cluster."""

    def __init__(self, actor: Any, prices: Prices) -> None:
        self._actor = actor
        self.prices = prices

    @property
    def spent(self) -> Cost:
        return ask(self._actor.spent)

    @contextmanager
    def request(self, worst: Cost) -> Generator[Callable[[Cost], None]]:
        worker = ray.get_runtime_context().get_actor_id() or "", os.getpid()
        number = ask(self._actor.reserve, worker, worst)
        real: list[Cost] = []
        try:
            yield real.append
        finally:
            ask(self._actor.settle, number, real)

    def line(self) -> str:
        return self.spent.line(self.prices)


def ask(method: Any, *arguments: object) -> Any:
    """What a method of an actor gives; the error that it raised comes out as it was."""
    return result(method.remote(*arguments))


def result(reference: Any) -> Any:
    """What a reference becomes; a `TtpaError` comes out as it was raised."""
    try:
        return ray.get(reference)
    except RayTaskError as error:
        if isinstance(error.cause, TtpaError):
            raise error.cause from error
        raise
