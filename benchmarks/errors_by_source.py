"""Errors by kind over sources: of each category of a run's suites, the share of the answered items that hold the kind.

`python benchmarks/errors_by_source.py RUN [--policy base] [--suite sources --suite bfcl]`: RUN is a run, by its name or
folder, whose policy was asked these suites (`ttpa evaluate RUN --suite ...`).
"""

import argparse
from collections import Counter
from collections.abc import Sequence

from ttpa.cli.words import open_run
from ttpa.records.suites import SuiteCase
from ttpa.steps.suite_results import suite_cases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("--runs", default="runs", help="the folder of all runs")
    parser.add_argument("--policy", default="base")
    parser.add_argument("--suite", action="append", help="as often as needed; sources and bfcl by default")
    options = parser.parse_args()
    run = open_run(options.run, options.runs)
    sources: dict[str, list[SuiteCase]] = {}
    for suite in options.suite or ("sources", "bfcl"):
        for case in suite_cases(run, suite, options.policy):
            sources.setdefault(f"{suite}: {case.category}", []).append(case)
    print("\n".join(write_table(sources)))


def write_table(sources: dict[str, list[SuiteCase]]) -> list[str]:
    """A row a source; kinds by their number over all sources, the most frequent first."""
    every = [case for cases in sources.values() for case in cases]
    kinds = [kind for kind, _ in Counter(_kinds(every)).most_common()]
    lines = ["| source | answered | right |" + "".join(f" {kind} |" for kind in kinds), "|---" * (3 + len(kinds)) + "|"]
    for name, cases in [*sources.items(), ("all", every)]:
        found = Counter(_kinds(cases))
        shares = [sum(case.right for case in cases), *(found[kind] for kind in kinds)]
        lines.append(f"| {name} | {len(cases)} |" + "".join(f" {_say(share, len(cases))} |" for share in shares))
    return lines


def _kinds(cases: Sequence[SuiteCase]) -> list[str]:
    """The kinds of each case, each once."""
    return [kind for case in cases for kind in sorted({error.kind.value for error in case.errors})]


def _say(number: int, of: int) -> str:
    return f"{100 * number / of:.1f} %" if number else "0"


if __name__ == "__main__":
    main()
