"""Promises 1 and 2: a run is killed at random moments, and the same command goes on until it is done."""

import os
import random
import signal
import tempfile
import time
from pathlib import Path

from faults.played_run import WORKERS, make_run, records, take
from faults.server import FaultyServer, serve
from faults.table import Row


def try_kills(kills: int, items: int, seed: int = 0) -> list[Row]:
    """Kills runs of so many items until `kills` have hit, each at a random moment of what was left to do."""
    killed = Row("1 kill it at any time: nothing lost, repeated or changed")
    paid = Row("2 a finished call is never paid twice")
    rng = random.Random(seed)
    runs = 0
    with tempfile.TemporaryDirectory() as folder, serve(FaultyServer()) as server:
        started = time.monotonic()
        expected = _run_alone(Path(folder) / "whole" / "run", items)
        seconds, questions = time.monotonic() - started, set(server.answered)
        while killed.tried < kills:
            server.answered.clear()
            runs += 1
            path = Path(folder) / str(runs) / "run"
            # About ten kills a run: with fewer, most of a run is never hit; with many more, it never comes to its end.
            hits = _take_under_fire(path, items, rng, pause=seconds / 10, most=kills - killed.tried)
            killed.tried += hits
            paid.tried += hits
            _compare(killed, expected, records(make_run(path, items, offline=False)))
            paid.lost += len(questions - set(server.answered))
            paid.doubled += max(0, server.repeats - hits * WORKERS)
            paid.remarks.append(f"{server.repeats} repeated calls in {hits} kills")
    killed.remarks.insert(0, f"{runs} runs of {items} items")
    paid.remarks.insert(0, f"at most {WORKERS} a kill are allowed")
    return [killed, paid]


def _run_alone(path: Path, items: int) -> dict[str, str]:
    """What an uninterrupted run writes; it runs in a process of its own, as the others do."""
    pid = _start(path, items)
    assert os.waitpid(pid, 0)[1] == 0
    return records(make_run(path, items, offline=False))


def _take_under_fire(path: Path, items: int, rng: random.Random, pause: float, most: int) -> int:
    """Takes a run to its end, killed `most` times or fewer; how often it was hit."""
    hits = 0
    while True:
        pid = _start(path, items)
        if hits < most:
            time.sleep(rng.uniform(0, 2 * pause))
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            hits += 1
            continue
        assert status == 0, f"the run in {path} failed"
        return hits


def _start(path: Path, items: int) -> int:
    """The run in a copy of this process: it starts at once."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            take(make_run(path, items, offline=False))
            status = 0
        finally:
            os._exit(status)
    return pid


def _compare(row: Row, expected: dict[str, str], found: dict[str, str]) -> None:
    """Counts files that are not there, that are too many, and that are not what they should be."""
    for name in sorted({*expected, *found}):
        if expected.get(name) != found.get(name):
            row.lost += name in expected
            row.doubled += name not in expected
            row.remarks.append(f"{name} differs")
