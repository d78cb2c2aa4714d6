"""Runs the kit and prints its table: `python -m faults [--small] [PART ...]`; fails where a promise does not hold."""

import argparse
import sys
import time

from faults.lanes import try_all
from faults.many_records import try_many_records
from faults.parts import SMALL, WHOLE
from faults.table import render


def main() -> None:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(WHOLE)}; all where none is named")
    parser.add_argument("--small", action="store_true", help="the same in minutes")
    options = parser.parse_args()
    started = time.monotonic()
    rows = try_all(SMALL if options.small else WHOLE, options.parts)
    if not options.parts:
        rows.append(try_many_records(50_000 if options.small else 1_000_000))  # alone: it measures time
    print(render(sorted(rows, key=lambda row: int(row.promise.split()[0]))))
    print(f"\n{(time.monotonic() - started) / 60:.1f} minutes")
    sys.exit(any(row.tried and not row.holds for row in rows))


if __name__ == "__main__":
    main()
