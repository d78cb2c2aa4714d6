"""`ttpa score-file`: the turns of a file against their references."""

from pathlib import Path
from typing import Annotated

import typer

from ttpa.cli.words import AsJson, tell, tell_json
from ttpa.config import make_config
from ttpa.steps.score_file import score_file as score_cases


def score_file(
    cases: Annotated[
        Path, typer.Argument(help="JSON Lines: tools, reference_calls, and candidate_calls or candidate_text.")
    ],
    out: Annotated[
        Path, typer.Option("--out", help="The file for the cases with their verdicts; it must not be there yet.")
    ],
    strings: Annotated[str, typer.Option(help="exact, or folded as in BFCL's checker.")] = "exact",
    ordered: Annotated[bool, typer.Option("--ordered", help="The calls must come in the reference's order.")] = False,
    as_json: AsJson = False,
) -> None:
    """Score the turns of a file against their references."""
    config = make_config({"score": {"strings": strings, "ordered": ordered}}).score
    summary = score_cases(cases, out, config)
    if as_json:
        tell_json(summary.model_dump(mode="json"))
        return
    for line in summary.lines():
        tell(line)
