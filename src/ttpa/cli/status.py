"""`ttpa status`: what a run has done and what comes next."""

from pathlib import Path
from typing import Annotated

import typer

from ttpa.cli.words import AsJson, Runs, open_run, tell, tell_json, word_for
from ttpa.pipeline import due_steps
from ttpa.records.costs import Cost
from ttpa.runs.journal import Journal
from ttpa.steps.reading import read_summaries
from ttpa.steps.suite_results import suite_evaluations, suites_begun
from ttpa.steps.suite_settings import is_outdated


def status(
    name: Annotated[str, typer.Argument(metavar="RUN", help="The run's name or folder.")],
    runs: Runs = "runs",
    as_json: AsJson = False,
) -> None:
    """Show what a run has done, what it cost, and what comes next."""
    opened = open_run(name, runs)
    directory, prices = opened.directory, opened.config.generator.prices
    done = read_summaries(directory)
    due = due_steps(opened)
    paid = _paid(opened.directory.journal)
    report = str(directory.report) if directory.report.exists() else None
    suites = [(each, is_outdated(opened, each)) for each in suite_evaluations(directory)]
    if as_json:
        told = {
            "run": directory.name,
            "folder": str(directory.path),
            "done": [summary.model_dump(mode="json") for summary in done],
            "next": due,
            "seconds": round(sum(summary.seconds for summary in done), 3),
            "suites": [each.brief() | {"outdated": outdated} for each, outdated in suites],
            "suites_begun": [f"{suite}: {policy}" for suite, policy in suites_begun(directory)],
            "paid": paid.model_dump(mode="json") | {"money": paid.money(prices), "currency": prices.currency},
            "report": report,
        }
        tell_json(told)
        return
    for summary in done:
        tell(summary.line())
    for each, outdated in suites:
        tell(f"{each.line()}{' of an earlier policy of this name' if outdated else ''}")
    for suite, policy in suites_begun(directory):
        tell(f"{suite}: {policy} has begun (ttpa evaluate {word_for(opened.config)} --suite {suite} goes on)")
    if paid.requests:
        tell(f"paid so far: {paid.line(prices)}")
    tell(f"next: {', '.join(due)} (ttpa run {word_for(opened.config)})" if due else "all steps are done")
    if report:
        tell(f"report: {report}")


def _paid(path: Path) -> Cost:
    if not path.exists():
        return Cost()
    journal = Journal(path)
    try:
        return journal.spent()
    finally:
        journal.close()
