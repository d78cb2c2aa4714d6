"""Where the work of a stage runs: the Protocol that every engine fills."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from ttpa.engines.desk import Desk
from ttpa.records.costs import Budget, Prices

Item = TypeVar("Item")
Result = TypeVar("Result")

OpenWorker = Callable[[], AbstractContextManager[Callable[[Item], Result]]]
"""Opens what does the work on one item, with all that it holds (a model, tools); leaving the block ends that."""


class Engine(Protocol):
    """Applies a stage to many items."""

    @property
    def is_here(self) -> bool:
        """Whether workers run in this process, and so may share what it holds; else they are pickled."""
        ...

    def map(self, open_worker: OpenWorker[Item, Result], items: Iterable[Item]) -> Iterator[Result]:
        """The results in the order of the items, each as soon as it and those before it are there.

        A worker is opened once and then given many items; they are taken from `items` as they are needed.
        """
        ...

    def open_desk(self, journal: Path, budget: Budget, prices: Prices) -> Desk:
        """The journal and the budget of a run, for its workers and for this process."""
        ...
