"""`ttpa evaluate`: the policies at held-out turns, or on a benchmark."""

import sys
from typing import Annotated

import typer

from ttpa.assemble import assemble
from ttpa.cli import run
from ttpa.cli.failures import INTERRUPTED
from ttpa.cli.words import DryRun, Limit, Name, Overrides, Seed, Source, load, tell, word_for
from ttpa.config import make_config
from ttpa.errors import ConfigError
from ttpa.progress import make_reporter
from ttpa.steps.run import Run
from ttpa.steps.suites import evaluate_suite, refuse_unknown
from ttpa.suites import SUITES
from ttpa.suites.table import write_tables

_HELP = f"A benchmark in place of the held-out turns: {', '.join(SUITES)}."
SuiteName = Annotated[str | None, typer.Option("--suite", help=_HELP)]
SuiteNames = Annotated[list[str] | None, typer.Option("--suite", help=f"{_HELP} As often as needed.")]


def evaluate(
    source: Source,
    overrides: Overrides = None,
    name: Name = None,
    seed: Seed = None,
    limit: Limit = None,
    dry_run: DryRun = False,
    redo: run.RedoStage = False,
    suites: SuiteNames = None,
    policies: Annotated[
        list[str] | None, typer.Option("--policy", help="One of the run's policies, for a suite; all by default.")
    ] = None,
) -> None:
    """Evaluate the policies on held-out turns, side by side, or on a benchmark."""
    if not suites:
        if policies:
            raise ConfigError("--policy is for a suite; held-out turns are asked of all policies")
        run.evaluate(source, overrides, name, seed, limit, dry_run, redo)
        return
    values = load(source, overrides, name, seed).as_json()
    if limit is not None:
        values["suites"]["limit"] = limit
    prepared = Run(make_config(values), assemble(make_config(values)), make_reporter())
    for suite in suites:
        refuse_unknown(prepared, suite, policies or ())
    if dry_run:
        asked = ", ".join(policies or prepared.policies)
        tell(f"run {prepared.config.name!r} in {prepared.config.path}: suite {', '.join(suites)} of {asked}")
        return
    for suite in suites:
        try:
            evaluations = evaluate_suite(prepared, suite, policies or (), redo=redo)
        except KeyboardInterrupt:
            sys.stderr.write("interrupted; the same command goes on from here\n")
            raise typer.Exit(INTERRUPTED) from None
        finally:
            prepared.reporter.close()
        tell(f"\n{suite}\n")
        for line in write_tables([evaluation for evaluation, _ in evaluations]):
            tell(line)
        tell(f"\neverything lies in {prepared.directory.suite(suite)}")
    if prepared.directory.report.exists():
        tell(f"ttpa report {word_for(prepared.config)} --redo puts it on the page")
