"""`ttpa compare`: two runs on the same cases, and what flipped."""

from typing import Annotated

import typer

from ttpa.cli.evaluate import SuiteName
from ttpa.cli.words import Runs, open_run
from ttpa.steps.compare import compare_runs


def compare(
    first: Annotated[str, typer.Argument(metavar="RUN_A", help="A run, by name or folder.")],
    second: Annotated[str, typer.Argument(metavar="RUN_B", help="The run that is compared with it.")],
    suite: SuiteName = None,
    policy_a: Annotated[str | None, typer.Option(help="Of RUN_A; its last by default.")] = None,
    policy_b: Annotated[str | None, typer.Option(help="Of RUN_B; its last by default.")] = None,
    runs: Runs = "runs",
) -> None:
    """Set two runs side by side, case by case: differences with intervals, and the cases that flipped."""
    opened = open_run(first, runs), open_run(second, runs)
    for line in compare_runs(*opened, suite=suite, policy_a=policy_a, policy_b=policy_b):
        typer.echo(line)
