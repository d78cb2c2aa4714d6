"""The work runs in this process, on threads where it mostly waits (a generator behind a network)."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from ttpa.engines.base import Item, OpenWorker, Result
from ttpa.engines.desk import LocalDesk
from ttpa.records.costs import Budget, Prices


class LocalEngine:
    """Runs items one after another, or `workers` at a time; they share what the one worker holds."""

    is_here = True

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers

    def map(self, open_worker: OpenWorker[Item, Result], items: Iterable[Item]) -> Iterator[Result]:
        """The results in order; at most twice `workers` items are taken ahead of the one that is given out.

        After an error, or where no more results are asked for, none begins that has not begun yet.
        """
        with open_worker() as work:
            if self._workers == 1:
                yield from map(work, items)
                return
            pool = ThreadPoolExecutor(self._workers)
            try:
                waiting: deque[Future[Result]] = deque()
                for item in items:
                    waiting.append(pool.submit(work, item))
                    if len(waiting) >= 2 * self._workers:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)

    def open_desk(self, journal: Path, budget: Budget, prices: Prices) -> LocalDesk:
        """The journal and the budget in this process."""
        return LocalDesk(journal, budget, prices)
