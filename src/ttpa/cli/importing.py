"""`ttpa import`: instructions from your own dialogues."""

from pathlib import Path
from typing import Annotated

import typer

from ttpa.assemble import assemble
from ttpa.cli.words import Overrides, Seed, load, tell, word_for
from ttpa.pipeline import take_import
from ttpa.progress import make_reporter
from ttpa.steps.run import Run


def import_(
    files: Annotated[list[Path], typer.Argument(help="JSON Lines: messages and tools, gold calls in OpenAI form.")],
    name: Annotated[str, typer.Option("--run", help="The run that gets the instructions.")],
    config_file: Annotated[str | None, typer.Option("--config", help="A TOML file for the run.")] = None,
    overrides: Overrides = None,
    seed: Seed = None,
) -> None:
    """Make instructions from your own dialogues, in the place of construct."""
    config = load(config_file, overrides, name, seed)
    prepared = Run(config, assemble(config), make_reporter())
    take_import(prepared, files)
    refused = prepared.directory.discards("construct")
    tell(f"what was refused, and why: {refused}")
    tell(f"next: ttpa run {word_for(config)}")
