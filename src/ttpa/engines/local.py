"""The work runs in this process, on threads where it mostly waits (a generator behind a network)."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from ttpa.engines.base import Item, OpenWorker, Result


class LocalEngine:
    """Runs items one after another, or `workers` at a time; they share what the one worker holds."""

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers

    def map(self, open_worker: OpenWorker[Item, Result], items: Iterable[Item]) -> Iterator[Result]:
        """The results in order; at most twice `workers` items are taken ahead of the one that is given out."""
        with open_worker() as work:
            if self._workers == 1:
                yield from map(work, items)
                return
            with ThreadPoolExecutor(self._workers) as pool:
                waiting: deque[Future[Result]] = deque()
                for item in items:
                    waiting.append(pool.submit(work, item))
                    if len(waiting) >= 2 * self._workers:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
