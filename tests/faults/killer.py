"""Promises 1 and 2: runs are killed at random moments of each step, and the same command goes on until it is done."""

import os
import random
import signal
import time
from pathlib import Path

from faults.forks import DONE, fork, load_what_a_run_loads
from faults.played_run import WORKERS, make_run, records
from faults.server import FaultyServer, serve
from faults.survivors import watched
from faults.table import Row
from ttpa.pipeline import take_steps
from ttpa.runs.layout import Step

COMMANDS: tuple[tuple[Step, ...], ...] = (("construct",), ("sample", "score", "pair"), ("evaluate",))
"""A run's three commands; each of them gets a third of the kills."""


def try_kills(kills: int, items: int, seed: int = 0, *, a_run: int = 21) -> list[Row]:
    """Kills runs of so many items, each at most `a_run` times, until `kills` have hit."""
    killed = Row("1 kill it at any time: nothing lost, repeated or changed")
    paid = Row("2 a finished call is never paid twice")
    rng = random.Random(seed)
    load_what_a_run_loads()
    with watched(killed) as temporary, serve(FaultyServer()) as server:
        folder = temporary.parent
        seconds = [_take_alone(folder / "whole" / "run", items, command) for command in COMMANDS]
        expected = records(make_run(folder / "whole" / "run", items, offline=False))
        questions = set(server.answered)
        runs = 0
        while killed.tried < kills:
            server.answered.clear()
            runs += 1
            path = folder / str(runs) / "run"
            hits = 0
            for command, alone in zip(COMMANDS, seconds, strict=True):
                most = min(-(-a_run // len(COMMANDS)), kills - killed.tried - hits)
                hit = _take_under_fire(path, items, command, rng, pause=alone / max(most, 1), most=most)
                killed.counted[f"in {command[0]}"] += hit
                hits += hit
            killed.tried += hits
            paid.tried += hits
            _compare(killed, expected, records(make_run(path, items, offline=False)))
            paid.lost += len(questions - set(server.answered))
            paid.doubled += max(0, server.repeats - hits * WORKERS)
            paid.counted[f"calls repeated, where {WORKERS} a kill are allowed"] += server.repeats
    killed.counted[f"runs of {items:,} items, records byte-identical" if killed.holds else "runs"] += runs
    return [killed, paid]


def _start(path: Path, items: int, command: tuple[Step, ...]) -> int:
    return fork(lambda: take_steps(make_run(path, items, offline=False), command))


def _take_alone(path: Path, items: int, command: tuple[Step, ...]) -> float:
    """Takes a command uninterrupted, in a process of its own as the others; how many seconds it took."""
    started = time.monotonic()
    _, status = os.waitpid(_start(path, items, command), 0)
    assert status == DONE
    return time.monotonic() - started


def _take_under_fire(
    path: Path, items: int, command: tuple[Step, ...], rng: random.Random, *, pause: float, most: int
) -> int:
    """Takes a command to its end, killed `most` times or fewer; how often it was hit."""
    hits = 0
    while True:
        process = _start(path, items, command)
        if hits < most:
            time.sleep(rng.uniform(0, 2 * pause))
            os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status):
            hits += 1
            continue
        assert status == DONE, f"the run in {path} failed"
        return hits


def _compare(row: Row, expected: dict[str, str], found: dict[str, str]) -> None:
    """Counts files that are not there, that are too many, and that are not what they should be."""
    for name in sorted({*expected, *found}):
        if expected.get(name) != found.get(name):
            row.lost += name in expected
            row.doubled += name not in expected
            row.remarks.append(f"{name} differs")
