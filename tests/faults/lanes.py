"""Three tasks at a time, for they wait half of theirs, each in a fresh process; how long each took is told."""

import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from faults.parts import Task
from faults.table import Row, merge

AT_ONCE = 3


def try_all(tasks: Mapping[str, Sequence[Task]], parts: Sequence[str]) -> list[Row]:
    """The rows of all parts that are named, or of all, in the order of the table."""
    chosen = [(part, task) for part in parts or tasks for task in tasks[part]]
    found: dict[int, list[Row]] = {}
    with ThreadPoolExecutor(AT_ONCE) as lanes:
        futures = {lanes.submit(_apart, *task): place for place, (_, task) in enumerate(chosen)}
        for future in as_completed(futures):
            rows, seconds = future.result()
            found[futures[future]] = rows
            told = "; ".join(row.verdict() for row in rows)
            print(f"{chosen[futures[future]][0]}, {seconds:.0f} s: {told}", file=sys.stderr, flush=True)
    return merge(row for place in sorted(found) for row in found[place])


def _apart(attempt: Callable[..., Row | list[Row]], arguments: tuple[object, ...]) -> tuple[list[Row], float]:
    """The rows of a task in a process of its own; where that is killed, the others go on."""
    started = time.monotonic()
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        try:
            return process.submit(_timed, attempt, arguments).result()
        except BrokenProcessPool:
            row = Row(f"0 {attempt.__name__} itself", tried=1, crashed=1, remarks=["its process was killed"])
            return [row], time.monotonic() - started


def _timed(attempt: Callable[..., Row | list[Row]], arguments: tuple[object, ...]) -> tuple[list[Row], float]:
    started = time.monotonic()
    try:
        rows = attempt(*arguments)
    except Exception:
        failed = traceback.format_exc()
        rows = Row(f"0 {attempt.__name__} itself", tried=1, crashed=1, remarks=[failed.strip().splitlines()[-1]])
        print(failed, file=sys.stderr)
    return rows if isinstance(rows, list) else [rows], time.monotonic() - started
