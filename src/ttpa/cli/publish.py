"""`ttpa publish`: a trained policy for others to load."""

from pathlib import Path
from typing import Annotated

import typer

from ttpa.cli.words import Runs, open_run, tell
from ttpa.steps.publish import publish as publish_policy


def publish(
    name: Annotated[str, typer.Argument(metavar="RUN", help="The run's name or folder.")],
    to: Annotated[Path | None, typer.Option(help="The folder to write; it must not be there yet.")] = None,
    hub: Annotated[str | None, typer.Option(help="A name on the Hugging Face hub, as in `me/my-policy`.")] = None,
    policy: Annotated[str | None, typer.Option(help="One of the run's policies; by default the last aligned.")] = None,
    public: Annotated[bool, typer.Option("--public", help="For all to see; else private.")] = False,
    license_name: Annotated[str, typer.Option("--license", help="Of the policy, for its card.")] = "other",
    runs: Runs = "runs",
) -> None:
    """Write a trained policy with its card to a folder, or put it on the hub, privately."""
    told = publish_policy(open_run(name, runs), policy=policy, to=to, hub=hub, public=public, license_name=license_name)
    for line in told:
        tell(line)
