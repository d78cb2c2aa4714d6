"""The command line: it parses words and calls the pipeline."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from ttpa.assemble import assemble
from ttpa.config import RunConfig, load_config, make_config
from ttpa.errors import ConfigError, RunError, TtpaError
from ttpa.models.recorded_chat import ForgetfulStore
from ttpa.models.spending import Spending
from ttpa.pipeline import due_steps, refuse_another_config, take_import, take_steps, train_steps
from ttpa.progress import SilentReporter, make_reporter
from ttpa.records.strict_json import InvalidJson, read_json
from ttpa.records.summaries import StepSummary
from ttpa.records.tools import ToolCall
from ttpa.runs.layout import STEPS, RunDirectory, Step
from ttpa.runs.record_files import read_record
from ttpa.stages.export import FORMATS
from ttpa.steps.data import estimate_construction
from ttpa.steps.doctor import examine
from ttpa.steps.export import export as export_run
from ttpa.steps.run import Run
from ttpa.steps.score_file import score_file

app = typer.Typer(
    help="Teach a model to call your tools without mistakes.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Source = Annotated[str, typer.Argument(metavar="CONFIG", help="A TOML file, or the name of a run that was begun.")]
Overrides = Annotated[list[str] | None, typer.Option("--set", help="section.key=value, as often as needed.")]
Name = Annotated[str | None, typer.Option("--run", help="The run's name, in place of the config's.")]
Seed = Annotated[int | None, typer.Option(help="In place of the config's.")]
Limit = Annotated[
    int | None, typer.Option(min=1, help="At most so many instances, sampled turns, and held-out turns a split.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Redo = Annotated[str | None, typer.Option(help=f"Take the run again from this step: {', '.join(STEPS)}.")]


@app.command()
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
    _take(_load(source, overrides, name, seed, limit), STEPS, dry_run=dry_run, redo=_step(redo))


def _stage_command(command: str, stage_steps: tuple[Step, ...] | None, text: str) -> None:
    """Adds the command of one stage, `train` where no steps are named; all of them take the same words."""

    def take(
        source: Source,
        overrides: Overrides = None,
        name: Name = None,
        seed: Seed = None,
        limit: Limit = None,
        dry_run: DryRun = False,
        redo: Annotated[bool, typer.Option("--redo", help="Take it again, and drop what followed.")] = False,
    ) -> None:
        config = _load(source, overrides, name, seed, limit, stage_steps)
        steps = stage_steps or train_steps(Run(config, assemble(config), SilentReporter()))
        if not steps:
            raise RunError(f"run {config.name!r} has no pairs yet, and train.sft = false: there is nothing to train on")
        _take(config, steps, dry_run=dry_run, redo=steps[0] if redo else None)

    take.__doc__ = text
    app.command(command)(take)


_stage_command("construct", ("construct",), "Make instructions over the tools, in reverse.")
_stage_command("sample", ("sample",), "Fork the policy's turns where it wavers.")
_stage_command("score", ("score",), "Find the errors of every candidate.")
_stage_command("pair", ("pair",), "Make preference pairs of the scored candidates.")
_stage_command("train", None, "Fine-tune the policy; once there are pairs, align it.")
_stage_command("evaluate", ("evaluate",), "Ask the policies at held-out turns, side by side.")
_stage_command("report", ("report",), "Write the run's page.")


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="JSON Lines: messages and tools, gold calls in OpenAI form.")],
    name: Annotated[str, typer.Option("--run", help="The run that gets the instructions.")],
    config_file: Annotated[str | None, typer.Option("--config", help="A TOML file for the run.")] = None,
    overrides: Overrides = None,
    seed: Seed = None,
) -> None:
    """Make instructions from your own dialogues, in the place of construct."""
    config = _load(config_file, overrides, name, seed, None)
    prepared = Run(config, assemble(config), make_reporter())
    take_import(prepared, files)
    refused = prepared.directory.discards("construct")
    typer.echo(f"what was refused, and why: {refused}")
    typer.echo(f"next: ttpa run {_word_for(config)}")


@app.command("score-file")
def score_file_(
    cases: Annotated[Path, typer.Argument(help="JSON Lines: tools, reference_calls, candidate_calls or _text.")],
    out: Annotated[Path, typer.Option("--out", help="The file for the cases with their verdicts.")],
    strings: Annotated[str, typer.Option(help="exact, or folded as in BFCL's checker.")] = "exact",
    ordered: Annotated[bool, typer.Option("--ordered", help="The calls must come in the reference's order.")] = False,
) -> None:
    """Score the turns of a file against their references."""
    config = make_config({"score": {"strings": strings, "ordered": ordered}}).score
    for line in score_file(cases, out, config):
        typer.echo(line)


@app.command()
def status(
    name: Annotated[str, typer.Argument(metavar="RUN", help="The run's name or folder.")],
    runs: Annotated[str, typer.Option(help="The folder of all runs.")] = "runs",
) -> None:
    """Show what a run has done and what comes next."""
    config = load_config(name, [f"runs={runs}"] if "/" not in name else [])
    directory = RunDirectory(config.path)
    for step in STEPS:
        if directory.summary(step).exists():
            typer.echo(read_record(directory.summary(step), StepSummary).line())
    due = due_steps(Run(config, assemble(config), make_reporter()))
    typer.echo(f"next: {', '.join(due)} (ttpa run {_word_for(config)})" if due else "all steps are done")
    if directory.report.exists():
        typer.echo(f"report: {directory.report}")


@app.command()
def tools(
    source: Source,
    overrides: Overrides = None,
    call: Annotated[str | None, typer.Option(help="The name of a tool to call.")] = None,
    arguments: Annotated[str, typer.Option(help="Its arguments, as a JSON object.")] = "{}",
) -> None:
    """List and check the tools, or try a call."""
    config = _load(source, overrides, None, None, None)
    with assemble(config).open_toolset(ForgetfulStore(), _spending(config)) as toolset:
        if call is None:
            for spec in toolset.specs:
                properties = spec.parameters.get("properties")
                parameters = ", ".join(properties) if isinstance(properties, dict) else ""
                typer.echo(f"{spec.name}({parameters})  {spec.description}")
            for name, reason in toolset.left_out.items():
                typer.echo(f"left out: {name}: {reason}")
            typer.echo(f"{len(toolset.specs)} tools, all schemas valid")
            return
        try:
            values = read_json(arguments)
        except InvalidJson as error:
            raise ConfigError(f"--arguments is no JSON object: {error}") from error
        if not isinstance(values, dict):
            raise ConfigError("--arguments is no JSON object")
        with toolset.session() as session:
            result = session.run(ToolCall(name=call, arguments=values))
        typer.echo(result.content)
        if not result.ok:
            raise typer.Exit(1)


@app.command()
def doctor(source: Source, overrides: Overrides = None, name: Name = None) -> None:
    """Look at what the policy's template makes of the data, token by token, before it is trained."""
    config = _load(source, overrides, name, None, None)
    shown, findings = examine(Run(config, assemble(config), SilentReporter()))
    for line in shown:
        typer.echo(line)
    for finding in findings:
        typer.echo(f"{'ok   ' if finding.is_good else 'WRONG'} {finding.text}")
    if not all(finding.is_good for finding in findings):
        raise typer.Exit(1)


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="A run with instructions.")],
    out: Annotated[Path, typer.Option(help="The folder to write; it must not be there yet.")],
    form: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")] = "openai",
    license_name: Annotated[str, typer.Option("--license", help="Of the data, for its card.")] = "other",
    runs: Annotated[str, typer.Option(help="The folder of all runs.")] = "runs",
) -> None:
    """Write a run's instructions for another trainer."""
    config = load_config(name, [f"runs={runs}"] if "/" not in name else [])
    for line in export_run(Run(config, assemble(config), SilentReporter()), form, out, license_name=license_name):
        typer.echo(line)


def _spending(config: RunConfig) -> Spending:
    """The account of a try that belongs to no run."""
    return Spending(config.generator.budget, config.generator.prices)


def main() -> None:
    """Runs the command line; an error that a person can act on is one line on standard error and exit code 1."""
    try:
        app(prog_name="ttpa")
    except TtpaError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(1)


def _load(
    source: str | None,
    overrides: list[str] | None,
    name: str | None,
    seed: int | None,
    limit: int | None,
    steps: tuple[Step, ...] | None = STEPS,
) -> RunConfig:
    """The config with what the command line says put over it; a limit holds for the steps that are taken."""
    words = list(overrides or ())
    if name is not None:
        words.append(f"name={json.dumps(name)}")
    if seed is not None:
        words.append(f"seed={seed}")
    config = load_config(source, words)
    if limit is None:
        return config
    values = config.as_json()
    for step, key in (("construct", "instances"), ("sample", "points"), ("evaluate", "points")):
        if steps and step in steps:
            values[step][key] = min(values[step][key], limit)
    return make_config(values)


def _word_for(config: RunConfig) -> str:
    """What a command calls the run: its name, or its folder where that is not in the usual place."""
    return config.name if config.runs == "runs" else str(config.path)


def _take(config: RunConfig, steps: tuple[Step, ...], *, dry_run: bool, redo: Step | None) -> None:
    prepared = Run(config, assemble(config), make_reporter())
    if not dry_run:
        if redo is None and not set(steps).intersection(due_steps(prepared)):
            refuse_another_config(prepared)
            typer.echo(f"run {config.name!r} in {config.path}: nothing is left to do (--redo takes a step again)")
            return
        try:
            take_steps(prepared, steps, redo=redo)
        except KeyboardInterrupt:
            sys.stderr.write("interrupted; the same command goes on from here\n")
            raise typer.Exit(130) from None
        finally:
            prepared.reporter.close()
        return
    refuse_another_config(prepared, redo=redo)
    again = STEPS[STEPS.index(redo) :] if redo else ()
    due = [step for step in STEPS if step in steps and (step in again or step in due_steps(prepared))]
    typer.echo(f"run {config.name!r} in {config.path}: {', '.join(due) or 'nothing is left to do'}")
    if "construct" in due and config.generator.kind == "openai":
        typer.echo(estimate_construction(prepared))


def _step(word: str | None) -> Step | None:
    for step in STEPS:
        if step == word:
            return step
    if word is not None:
        raise ConfigError(f"--redo {word!r} is no step; the steps are {', '.join(STEPS)}")
    return None
