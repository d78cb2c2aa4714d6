"""The local engine: one worker for all items, results in order, and no more taken than is needed."""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import pytest

from ttpa.engines.local import LocalEngine
from ttpa.errors import RunError


class Workshop:
    """Counts how often it is opened and closed."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed = 0

    @contextmanager
    def open(self) -> Generator[Callable[[int], int]]:
        self.opened += 1
        yield lambda number: number * number
        self.closed += 1


@pytest.mark.parametrize("workers", [1, 3])
def test_a_worker_is_opened_once_and_ended(workers: int) -> None:
    workshop = Workshop()
    assert list(LocalEngine(workers).map(workshop.open, range(20))) == [n * n for n in range(20)]
    assert (workshop.opened, workshop.closed) == (1, 1)


@pytest.mark.parametrize(("workers", "ahead"), [(1, 1), (3, 6)])
def test_items_are_taken_as_they_are_needed(workers: int, ahead: int) -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(100):
            taken += 1
            yield number

    results = LocalEngine(workers).map(Workshop().open, items())
    next(results)
    assert taken <= ahead


def test_nothing_begins_after_an_error() -> None:
    done: list[int] = []

    def work(number: int) -> int:
        if number == 0:
            raise RunError("the endpoint is down")
        time.sleep(0.05)
        done.append(number)
        return number

    @contextmanager
    def open_worker() -> Generator[Callable[[int], int]]:
        yield work

    with pytest.raises(RunError, match="the endpoint is down"):
        list(LocalEngine(2).map(open_worker, range(100)))
    assert set(done) <= {1, 2}  # what had begun beside it


def test_items_that_wait_wait_together() -> None:
    lock, running, most = threading.Lock(), 0, 0

    def wait(_: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    @contextmanager
    def open_waiter() -> Generator[Callable[[int], None]]:
        yield wait

    list(LocalEngine(4).map(open_waiter, range(8)))
    assert most == 4
