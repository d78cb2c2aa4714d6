"""Words that several commands take, and the config they make together."""

import json
from typing import Annotated

import typer

from ttpa.assemble import assemble
from ttpa.config import RunConfig, load_config, make_config
from ttpa.progress import Reporter, SilentReporter
from ttpa.runs.layout import STEPS, Step
from ttpa.steps.run import Run
from ttpa.visible_text import visible

Source = Annotated[
    str, typer.Argument(metavar="CONFIG", help="A TOML file, or the name or folder of a run that was begun.")
]
Overrides = Annotated[list[str] | None, typer.Option("--set", help="section.key=value, as often as needed.")]
Name = Annotated[str | None, typer.Option("--run", help="The run's name, in place of the config's.")]
Seed = Annotated[int | None, typer.Option(help="In place of the config's.")]
Limit = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="At most this many instances, sampled turns, and held-out turns per split. The run keeps it: use another "
        "--run for a full run.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")]
Runs = Annotated[str, typer.Option(help="The folder of all runs.")]


def load(
    source: str | None,
    overrides: list[str] | None = None,
    name: str | None = None,
    seed: int | None = None,
    limit: int | None = None,
    steps: tuple[Step, ...] = STEPS,
) -> RunConfig:
    """The config with what the command line says put over it; a limit holds for the steps that are taken."""
    words = list(overrides or ())
    if name is not None:
        words.append(f"name={toml_string(name)}")
    if seed is not None:
        words.append(f"seed={seed}")
    config = load_config(source, words)
    if limit is None:
        return config
    values = config.as_json()
    for step, key in (("construct", "instances"), ("sample", "points"), ("evaluate", "points")):
        if step in steps:
            values[step][key] = min(values[step][key], limit)
    return make_config(values)


def open_run(name: str, runs: str, reporter: Reporter | None = None) -> Run:
    """The run of this name below `runs`, or in this folder. Raises `ConfigError` where there is none."""
    config = load_config(name, [f"runs={runs}"] if "/" not in name else [])
    return Run(config, assemble(config), reporter or SilentReporter())


def toml_string(text: str) -> str:
    """The text as TOML writes it, which knows no surrogate pairs and takes a delete character by its number alone."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def tell(line: str) -> None:
    """Prints a line for a person; what tools, models and files wrote into it cannot act on the terminal."""
    typer.echo(visible(line))


def tell_json(value: object) -> None:
    """Prints one JSON document, in ASCII: whatever is in it, it reads back the same and acts on no terminal."""
    typer.echo(json.dumps(value, indent=1))


def word_for(config: RunConfig) -> str:
    """What a command calls the run: its name, or its folder where that is not in the usual place."""
    if config.runs == "runs":
        return config.name
    folder = str(config.path)
    return folder if "/" in folder else f"./{folder}"
