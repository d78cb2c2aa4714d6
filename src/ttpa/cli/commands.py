"""The table of commands: a command is one file beside this one and one line here."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

import typer

from ttpa.cli import run
from ttpa.cli.compare import compare
from ttpa.cli.doctor import doctor
from ttpa.cli.evaluate import evaluate
from ttpa.cli.export import export
from ttpa.cli.importing import import_
from ttpa.cli.init import init
from ttpa.cli.publish import publish
from ttpa.cli.score_file import score_file
from ttpa.cli.status import status
from ttpa.cli.tools import tools

COMMANDS: dict[str, Callable[..., None]] = {
    "init": init,
    "run": run.run,
    "construct": run.construct,
    "sample": run.sample,
    "score": run.score,
    "pair": run.pair,
    "train": run.train,
    "evaluate": evaluate,
    "report": run.report,
    "compare": compare,
    "import": import_,
    "score-file": score_file,
    "status": status,
    "tools": tools,
    "doctor": doctor,
    "export": export,
    "publish": publish,
}
"""By the word that calls it, in the order of the help."""


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(version("ttpa"))
        raise typer.Exit


app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def options(
    is_asked: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Say which version this is.")
    ] = False,
) -> None:
    """Teach a model to call your tools without mistakes."""
    del is_asked


for _word, _command in COMMANDS.items():
    app.command(_word)(_command)
