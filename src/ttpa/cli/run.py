"""`ttpa run` and the command of each stage: they take steps of a run."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from ttpa.assemble import assemble
from ttpa.cli.failures import INTERRUPTED
from ttpa.cli.words import DryRun, Limit, Name, Overrides, Seed, Source, load, tell, word_for
from ttpa.config import RunConfig
from ttpa.errors import ConfigError, ModelError, RunError
from ttpa.pipeline import check_steps, coming_steps, take_steps, train_steps
from ttpa.progress import SilentReporter, make_reporter
from ttpa.runs.layout import STEPS, Step
from ttpa.steps.construction import estimate_construction
from ttpa.steps.run import Run

Redo = Annotated[str | None, typer.Option(help=f"Take the run again from this step: {', '.join(STEPS)}.")]
RedoStage = Annotated[bool, typer.Option("--redo", help="Take it again, and drop what followed.")]


def run(
    source: Source,
    overrides: Overrides = None,
    name: Name = None,
    seed: Seed = None,
    limit: Limit = None,
    dry_run: DryRun = False,
    redo: Redo = None,
) -> None:
    """Take all steps of a run that are not done yet."""
    _take(load(source, overrides, name, seed, limit), STEPS, dry_run=dry_run, redo=_step(redo))


def _stage(stage_steps: tuple[Step, ...] | None, text: str) -> Callable[..., None]:
    """The command of one stage, `train` where no steps are named; all of them take the same words."""

    def take(
        source: Source,
        overrides: Overrides = None,
        name: Name = None,
        seed: Seed = None,
        dry_run: DryRun = False,
        redo: RedoStage = False,
    ) -> None:
        _take_stage(load(source, overrides, name, seed), stage_steps, dry_run=dry_run, redo=redo)

    take.__doc__ = text
    return take


def _limited_stage(stage_steps: tuple[Step, ...], text: str) -> Callable[..., None]:
    """The same for a stage that may be told to take no more than so many items."""

    def take(
        source: Source,
        overrides: Overrides = None,
        name: Name = None,
        seed: Seed = None,
        limit: Limit = None,
        dry_run: DryRun = False,
        redo: RedoStage = False,
    ) -> None:
        config = load(source, overrides, name, seed, limit, stage_steps)
        _take_stage(config, stage_steps, dry_run=dry_run, redo=redo)

    take.__doc__ = text
    return take


construct = _limited_stage(("construct",), "Make instructions over the tools, in reverse.")
sample = _limited_stage(("sample",), "Fork the policy's turns where it wavers.")
score = _stage(("score",), "Find the errors of every candidate.")
pair = _stage(("pair",), "Make preference pairs of the scored candidates.")
train = _stage(None, "Fine-tune the policy, and align it once there is what it learns from.")
evaluate = _limited_stage(("evaluate",), "Evaluate the policies on held-out turns, side by side.")
report = _stage(("report",), "Write the run's page.")


def _take_stage(config: RunConfig, stage_steps: tuple[Step, ...] | None, *, dry_run: bool, redo: bool) -> None:
    steps = stage_steps or _train_steps(config, redo=redo)
    _take(config, steps, dry_run=dry_run, redo=steps[0] if redo else None)


def _train_steps(config: RunConfig, *, redo: bool) -> tuple[Step, ...]:
    held = Run(config, assemble(config), SilentReporter())
    steps = train_steps(held, redo=redo)
    if not steps:
        raise RunError(f"run {config.name!r} has nothing to train on: no trees or pairs yet, and train.sft = false")
    if later := [step for step in train_steps(held) if step not in steps]:
        tell(
            f"run {config.name!r}: {', '.join(steps)} alone is taken again; what {', '.join(later)} learns from "
            f"was made with the policy before and is dropped: `ttpa run {word_for(config)}` takes what follows"
        )
    return steps


def _take(config: RunConfig, steps: tuple[Step, ...], *, dry_run: bool, redo: Step | None) -> None:
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ConfigError(
            "a run is one process, which starts those of its trainings: say train.launch = 'torchrun "
            "--nproc-per-node 2' in the config, and begin the run without a launcher"
        )
    prepared = Run(config, assemble(config), make_reporter())
    if dry_run:
        _tell_coming(prepared, check_steps(prepared, steps, redo=redo))
        return
    if not coming_steps(prepared, steps, redo=redo):
        check_steps(prepared, steps, redo=redo)
        tell(f"run {config.name!r} in {config.path}: nothing is left to do (--redo takes a step again)")
        return
    try:
        take_steps(prepared, steps, redo=redo)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; the same command goes on from here\n")
        raise typer.Exit(INTERRUPTED) from None
    finally:
        prepared.reporter.close()


def _tell_coming(prepared: Run, coming: Sequence[Step]) -> None:
    config = prepared.config
    tell(f"run {config.name!r} in {config.path}: {', '.join(coming) or 'nothing is left to do'}")
    if "construct" in coming:
        tell(estimate_construction(prepared))
    try:
        prepared.parts.check(coming, asks_hub=False)
    except ModelError as error:
        tell(f"on this machine it would stop at once: {error}")


def _step(word: str | None) -> Step | None:
    for step in STEPS:
        if step == word:
            return step
    if word is not None:
        raise ConfigError(f"--redo {word!r} is no step; the steps are {', '.join(STEPS)}")
    return None
