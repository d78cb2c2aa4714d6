"""What a run of any size takes, and whether the simulation behind it tells what was measured.

`python -m benchmarks.scale` prints the tables of docs/scale.md in seconds: assumptions, amounts, GPU seconds and money
of 1,000 instances, plans, and recorded points beside the simulated ones. `--assume NAME=VALUE ...` changes an
assumption. `--measure` measures points on this machine instead, in some two minutes of idle cores.
"""

import argparse
import sys

from benchmarks.scale.assumptions import assume
from benchmarks.scale.fitting import Point
from benchmarks.scale.recorded import recorded_points
from benchmarks.scale.tables import amounts_table, assumptions_table, plans_table, points_table, sizing_table

from ttpa.errors import TtpaError


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--assume", nargs="+", default=[], metavar="NAME=VALUE")
    parser.add_argument("--measure", action="store_true", help="measure points here, beside what is simulated of them")
    options = parser.parse_args()
    try:
        assumed = assume(options.assume)
    except TtpaError as error:
        print(f"scale: {error}", file=sys.stderr)
        sys.exit(1)
    if options.measure:
        from benchmarks.scale.measuring import construction_points, replica_points

        points: list[Point] = []
        for measure in (replica_points, construction_points):
            for point in measure():
                points.append(point)
                print(f"{point.name}: measured {point.measured:.4g}, simulated {point.simulated:.4g}", file=sys.stderr)
        print(points_table(points))
        return
    for table in (assumptions_table, amounts_table, sizing_table, plans_table):
        print(table(assumed), end="\n\n")
    print(points_table(recorded_points()))


if __name__ == "__main__":
    main()
