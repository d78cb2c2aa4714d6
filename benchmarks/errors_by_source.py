"""One policy on all suites of third parties, in one run: what it reaches, what that took, its errors over sources.

`python benchmarks/errors_by_source.py RUN [--policy base] [--suite sources --suite bfcl] [--set section.key=value]`
takes a config or a run. What was asked before is not asked again; what was cut off goes on with the same command. The
last table joins the sources that have reference calls: of each, the share of the answered items that hold a kind.
"""

import argparse
from collections import Counter
from collections.abc import Sequence

from ttpa.assemble import assemble
from ttpa.cli.words import load
from ttpa.progress import make_reporter
from ttpa.records.suites import SuiteCase, SuiteEvaluation
from ttpa.steps.run import Run
from ttpa.steps.suite_results import suite_cases
from ttpa.steps.suites import evaluate_suite
from ttpa.suites.table import write_tables

_SUITES = ("sources", "toolbench-react", "toolbench-dfs", "bfcl")
_WITHOUT_REFERENCE = ("toolbench-react", "toolbench-dfs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("--set", action="append", default=[], help="section.key=value")
    parser.add_argument("--policy", default="base")
    parser.add_argument("--suite", action="append", help=f"as often as needed; {', '.join(_SUITES)} by default")
    options = parser.parse_args()
    config = load(options.run, options.set)
    run = Run(config, assemble(config), make_reporter())
    evaluations: list[SuiteEvaluation] = []
    for suite in options.suite or _SUITES:
        [(evaluation, _)] = evaluate_suite(run, suite, [options.policy])
        run.reporter.close()
        print("\n".join(["", suite, "", *write_tables([evaluation])]), flush=True)
        evaluations.append(evaluation)
    print("\n".join(["", *write_costs(evaluations)]))
    sources: dict[str, list[SuiteCase]] = {}
    for suite in [each.suite for each in evaluations if each.suite not in _WITHOUT_REFERENCE]:
        for case in suite_cases(run, suite, options.policy):
            sources.setdefault(f"{suite}: {case.category}", []).append(case)
    if sources:
        print("\n".join(["", *write_errors(sources)]))


def write_costs(evaluations: Sequence[SuiteEvaluation]) -> list[str]:
    """A row a suite: what asking and judging took."""
    return [
        "| suite | items | seconds | prompt tokens | new tokens |",
        "|---|---|---|---|---|",
        *(
            f"| {each.suite} | {each.total.items:,} | {each.seconds:,.0f} | {each.prompt_tokens:,} "
            f"| {each.completion_tokens:,} |"
            for each in evaluations
        ),
    ]


def write_errors(sources: dict[str, list[SuiteCase]]) -> list[str]:
    """A row a source; kinds by their number over all sources, the most frequent first."""
    every = [case for cases in sources.values() for case in cases]
    kinds = [kind for kind, _ in Counter(_kinds(every)).most_common()]
    lines = ["| source | answered | right |" + "".join(f" {kind} |" for kind in kinds), "|---" * (3 + len(kinds)) + "|"]
    for name, cases in [*sources.items(), ("all", every)]:
        found = Counter(_kinds(cases))
        shares = [sum(case.right for case in cases), *(found[kind] for kind in kinds)]
        lines.append(f"| {name} | {len(cases):,} |" + "".join(f" {_say(share, len(cases))} |" for share in shares))
    return lines


def _kinds(cases: Sequence[SuiteCase]) -> list[str]:
    """The kinds of each case, each once."""
    return [kind for case in cases for kind in sorted({error.kind.value for error in case.errors})]


def _say(number: int, of: int) -> str:
    return f"{100 * number / of:.1f} %" if number else "0"


if __name__ == "__main__":
    main()
