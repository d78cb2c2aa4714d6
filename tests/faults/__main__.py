"""Runs the kit and prints its table: `python -m faults [--small] [PART ...]`; fails where a promise does not hold.

Two parts run at a time, each in a process of its own.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from faults.bad_tools import kinds, try_tools
from faults.hostile_names import try_names
from faults.keys import try_keys
from faults.killer import try_kills
from faults.many_records import try_many_records
from faults.mutated import try_mutated_calls, try_mutated_texts
from faults.page import PAYLOADS, find_browser, try_page
from faults.replies import try_budgets, try_outage, try_replies
from faults.same_bytes import try_same_bytes
from faults.strangers_run import try_carried_run, try_strangers_run
from faults.system_calls import is_possible, try_system_calls
from faults.table import Row, merge, render
from faults.texts import try_json, try_schemas
from faults.two_processes import try_two_processes

AT_ONCE = 2
Task = tuple[Callable[..., Row | list[Row]], tuple[object, ...]]
"""What is tried, with its arguments; tasks of one part run beside each other, and their rows are added up."""


def _page(payloads: int) -> Row:
    browser = find_browser()
    if browser is None:
        return Row("9 model and tool text is inert in reports", remarks=["not tried: Chromium is not here"])
    return try_page(browser, PAYLOADS[:payloads])


def _system_calls(share: float, part: int, parts: int) -> Row:
    if is_possible():
        return try_system_calls(share, part, parts)
    return Row("1 KILL, ENOSPC and EIO at system calls that write", remarks=["not tried: strace may not trace here"])


SMALL: Mapping[str, Sequence[Task]] = {
    "kills": [(try_kills, (12, 50))],
    "system_calls": [(_system_calls, (0.05, 0, 1))],
    "two_processes": [(try_two_processes, (1,))],
    "replies": [(try_replies, (40, (0,)))],
    "money": [(try_outage, (30,)), (try_budgets, (4,))],
    "texts": [(try_json, ()), (try_schemas, ()), (try_names, ())],
    "mutated": [(try_mutated_texts, (20_000,)), (try_mutated_calls, (20_000,))],
    "tools": [(try_tools, (kinds(),))],
    "bytes": [(try_same_bytes, (24,))],
    "page": [(_page, (20,))],
    "keys": [(try_keys, ())],
    "stranger": [(try_strangers_run, ()), (try_carried_run, (24,))],
}
WHOLE: Mapping[str, Sequence[Task]] = {
    **SMALL,
    "kills": [(try_kills, (100, 1000, seed)) for seed in range(2)],
    "system_calls": [(_system_calls, (1.0, part, 4)) for part in range(4)],
    "replies": [(try_replies, (1000, seeds)) for seeds in ((0, 1), (2, 3), (4,))],
    "mutated": [
        *((try_mutated_texts, (250_000, seed)) for seed in range(4)),
        *((try_mutated_calls, (250_000, seed)) for seed in range(4)),
    ],
    "two_processes": [(try_two_processes, (10,))],
    "money": [(try_outage, (30,)), (try_budgets, (40,))],
    "bytes": [(try_same_bytes, (300,))],
    "page": [(_page, (len(PAYLOADS),))],
    "stranger": [(try_strangers_run, ()), (try_carried_run, (300,))],
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(WHOLE)}; all where none is named")
    parser.add_argument("--small", action="store_true", help="the same in minutes")
    options = parser.parse_args()
    started = time.monotonic()
    rows = _try(SMALL if options.small else WHOLE, options.parts)
    if not options.parts:
        rows.append(try_many_records(50_000 if options.small else 1_000_000))  # alone: it measures time
    print(render(sorted(rows, key=lambda row: int(row.promise.split()[0]))))
    print(f"\n{(time.monotonic() - started) / 60:.1f} minutes")
    sys.exit(any(row.tried and not row.holds for row in rows))


def _try(tasks: Mapping[str, Sequence[Task]], parts: Sequence[str]) -> list[Row]:
    """The rows of all parts that are named, or of all, in the order of the table."""
    chosen = [(part, task) for part in parts or tasks for task in tasks[part]]
    found: dict[int, list[Row]] = {}
    with ProcessPoolExecutor(AT_ONCE, get_context("spawn"), max_tasks_per_child=1) as pool:
        futures = {pool.submit(_timed, *task): place for place, (_, task) in enumerate(chosen)}
        for future in as_completed(futures):
            rows, seconds = future.result()
            found[futures[future]] = rows
            print(f"{chosen[futures[future]][0]}: {seconds:.0f} s", file=sys.stderr, flush=True)
    return merge(row for place in sorted(found) for row in found[place])


def _timed(attempt: Callable[..., Row | list[Row]], arguments: tuple[object, ...]) -> tuple[list[Row], float]:
    started = time.monotonic()
    try:
        rows = attempt(*arguments)
    except Exception:
        failed = traceback.format_exc()
        rows = Row(f"0 {attempt.__name__} itself", tried=1, crashed=1, remarks=[failed.strip().splitlines()[-1]])
        print(failed, file=sys.stderr)
    return rows if isinstance(rows, list) else [rows], time.monotonic() - started


if __name__ == "__main__":
    main()
