"""`ttpa export`: a run's instructions for another trainer."""

from pathlib import Path
from typing import Annotated

import typer

from ttpa.cli.words import AsJson, Runs, open_run, tell, tell_json
from ttpa.records.counted import counted
from ttpa.stages.export import FORMATS
from ttpa.steps.export import export as export_run


def export(
    name: Annotated[str, typer.Argument(metavar="RUN", help="A run with instructions.")],
    out: Annotated[Path, typer.Option(help="The folder to write; it must not be there yet.")],
    form: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")] = "openai",
    license_name: Annotated[str, typer.Option("--license", help="Of the data, for its card.")] = "other",
    rows_a_file: Annotated[
        int | None, typer.Option(min=1, help="Rows per file at most; several files per split, which `hf` alone reads.")
    ] = None,
    runs: Runs = "runs",
    as_json: AsJson = False,
) -> None:
    """Write a run's instructions for another trainer."""
    opened = open_run(name, runs)
    files = export_run(opened, form, out, license_name=license_name, rows_a_file=rows_a_file)
    if as_json:
        tell_json({"format": form, "files": [{"path": str(file.path), "rows": file.rows} for file in files]})
        return
    for file in files:
        tell(f"{file.path}" if file.rows is None else f"{file.path}: {counted(file.rows, 'rows')}")
