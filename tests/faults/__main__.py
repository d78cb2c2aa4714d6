"""Runs the kit and prints its table: `python -m faults [--small] [PART ...]`; fails where a promise does not hold."""

import argparse
import sys
import time
from collections.abc import Callable

from faults.bad_tools import kinds, try_tools
from faults.keys import try_keys
from faults.killer import try_kills
from faults.many_records import measure
from faults.page import PAYLOADS, find_browser, try_page
from faults.replies import try_budgets, try_outage, try_replies
from faults.system_calls import is_possible, try_system_calls
from faults.table import Row, render
from faults.texts import try_json, try_schemas
from faults.two_processes import try_two_processes


def _system_calls(share: float) -> list[Row]:
    if is_possible():
        return [try_system_calls(share)]
    return [Row("1 system calls that write", remarks=["not tried: strace is not here, or may not trace"])]


def _page(payloads: int) -> list[Row]:
    browser = find_browser()
    if browser is None:
        return [Row("9 model and tool text is inert in reports", remarks=["not tried: Chromium is not here"])]
    return [try_page(browser, PAYLOADS[:payloads])]


PARTS: dict[str, Callable[[bool], list[Row]]] = {
    "kills": lambda small: try_kills(10, 50) if small else try_kills(200, 1000),
    "system_calls": lambda small: _system_calls(0.05 if small else 1.0),
    "two_processes": lambda small: [try_two_processes(1 if small else 10)],
    "replies": lambda small: [try_replies(40, 1) if small else try_replies(1000, 5)],
    "money": lambda small: [try_outage(30), try_budgets(4 if small else 40)],
    "texts": lambda _: [try_json(), try_schemas()],
    "tools": lambda _: [try_tools(kinds())],
    "page": lambda small: _page(20 if small else len(PAYLOADS)),
    "keys": lambda _: [try_keys()],
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)}; all where none is named")
    parser.add_argument("--small", action="store_true", help="the same in minutes")
    options = parser.parse_args()
    rows: list[Row] = []
    for part in options.parts or PARTS:
        started = time.monotonic()
        rows += PARTS[part](options.small)
        print(f"{part}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    print(render(rows))
    if not options.parts:
        print(f"\n{measure(50_000 if options.small else 1_000_000)}")
    sys.exit(any(row.tried and not row.holds for row in rows))


if __name__ == "__main__":
    main()
