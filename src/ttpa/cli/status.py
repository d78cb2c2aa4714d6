"""`ttpa status`: what a run has done and what comes next."""

from typing import Annotated

import typer

from ttpa.cli.words import Runs, open_run, word_for
from ttpa.pipeline import due_steps
from ttpa.records.summaries import StepSummary
from ttpa.runs.layout import STEPS
from ttpa.runs.record_files import read_record


def status(
    name: Annotated[str, typer.Argument(metavar="RUN", help="The run's name or folder.")],
    runs: Runs = "runs",
) -> None:
    """Show what a run has done and what comes next."""
    opened = open_run(name, runs)
    directory = opened.directory
    for step in STEPS:
        if directory.summary(step).exists():
            typer.echo(read_record(directory.summary(step), StepSummary).line())
    due = due_steps(opened)
    typer.echo(f"next: {', '.join(due)} (ttpa run {word_for(opened.config)})" if due else "all steps are done")
    if directory.report.exists():
        typer.echo(f"report: {directory.report}")
