"""The sessions of each step, made by other processes while the model trains."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process

from ttpa.pretrain.sessions import Session, SessionMaker

_WORKERS = 4
"""Processes at most. One is enough for a model that trains on a CPU, not for one on a GPU."""
_AHEAD = 4
"""Steps whose sessions are asked for before they are due, a process."""


def sessions_ahead(
    make_session: SessionMaker, per_step: int, first: int, last: int
) -> Iterator[tuple[int, list[Session]]]:
    """The steps from `first` to before `last` with their sessions; step `s` has those from `s * per_step` on."""
    workers = max(1, min(_WORKERS, (os.cpu_count() or 1) // 2))
    ahead = workers * _AHEAD
    with ProcessPoolExecutor(workers, get_context("spawn"), _work_alone, (make_session,)) as pool:
        waiting = {step: pool.submit(_make, step, per_step) for step in range(first, min(first + ahead, last))}
        for step in range(first, last):
            sessions = waiting.pop(step).result()
            if step + ahead < last:
                waiting[step + ahead] = pool.submit(_make, step + ahead, per_step)
            yield step, sessions


_worker: dict[str, SessionMaker] = {}


def _work_alone(make_session: SessionMaker) -> None:
    """Prepares the process that makes sessions; it ends with its parent, also where that one is killed."""
    _worker["make_session"] = make_session
    parent = parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _make(step: int, count: int) -> list[Session]:
    return [_worker["make_session"](index) for index in range(step * count, (step + 1) * count)]
