"""`ttpa compare`: two runs on the same cases, and what flipped."""

from typing import Annotated

import typer

from ttpa.cli.evaluate import SuiteName
from ttpa.cli.words import AsJson, Runs, open_run, tell, tell_json
from ttpa.steps.compare import compare_runs


def compare(
    first: Annotated[str, typer.Argument(metavar="RUN_A", help="A run, by name or folder.")],
    second: Annotated[str, typer.Argument(metavar="RUN_B", help="The run that is compared with it.")],
    suite: SuiteName = None,
    policy_a: Annotated[str | None, typer.Option(help="Of RUN_A; its last by default.")] = None,
    policy_b: Annotated[str | None, typer.Option(help="Of RUN_B; its last by default.")] = None,
    runs: Runs = "runs",
    as_json: AsJson = False,
) -> None:
    """Set two runs side by side, case by case: differences with intervals, and the cases that flipped."""
    opened = open_run(first, runs), open_run(second, runs)
    comparison = compare_runs(*opened, suite=suite, policy_a=policy_a, policy_b=policy_b)
    if as_json:
        tell_json(comparison.model_dump(mode="json"))
        return
    for line in comparison.lines():
        tell(line)
