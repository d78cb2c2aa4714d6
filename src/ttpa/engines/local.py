"""The work runs in this process, on threads where it mostly waits (a generator behind a network)."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class LocalEngine:
    """Runs items one after another, or `workers` at a time."""

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """The results in order; at most twice `workers` items are taken ahead of the one that is given out."""
        if self._workers == 1:
            yield from map(function, items)
            return
        with ThreadPoolExecutor(self._workers) as pool:
            waiting: deque[Future[Result]] = deque()
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= 2 * self._workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
