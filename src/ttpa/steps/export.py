"""A run's instructions -> files that another trainer reads."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ttpa.errors import RunError
from ttpa.records.summaries import StepSummary
from ttpa.runs.manifest import write_manifest
from ttpa.runs.record_files import read_record, write_text
from ttpa.runs.row_files import RowFiles
from ttpa.stages.export import FORMATS, CardCounts, write_card
from ttpa.steps.origin import tell_origin
from ttpa.steps.run import Run


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file that was written."""

    path: Path
    rows: int | None = None
    """None where it holds no data, as the card."""


def export(
    run: Run, format_name: str, output: Path, *, license_name: str = "other", rows_a_file: int | None = None
) -> list[ExportedFile]:
    """Writes a file a split, or several, the card, what else the format wants, and last a manifest; the files in order.

    Raises `RunError` for a format that is not known or reads no split from several files, and for an output that is
    there already.
    """
    chosen = FORMATS.get(format_name)
    if chosen is None:
        raise RunError(f"format {format_name!r} is none of {', '.join(FORMATS)}")
    if rows_a_file is not None and not chosen.takes_many_files:
        able = ", ".join(name for name, one in FORMATS.items() if one.takes_many_files)
        raise RunError(f"format {format_name!r} has one file a split; several are read by {able}")
    if output.exists():
        raise RunError(f"{str(output)!r} is there already; give the export a folder of its own")
    by_split: dict[str, RowFiles] = {}
    counts = CardCounts()
    with ExitStack() as stack:
        for instruction in run.stream_instructions():
            if not chosen.takes(instruction):
                counts.leave_out("instructions in which nothing is said")
                continue
            split = instruction.split
            if split not in by_split:
                opened = RowFiles(output, split, chosen.kind, columns=chosen.columns, rows_a_file=rows_a_file)
                by_split[split] = stack.enter_context(opened)
            counts.add(instruction)
            counts.leave_out(*chosen.loses(instruction))
            for row in chosen.rows(instruction):
                by_split[split].add(row)
    files = {split: rows.pattern for split, rows in by_split.items()}
    written = [ExportedFile(path, count) for rows in by_split.values() for path, count in rows.files.items()]
    summary = read_record(run.directory.summary("construct"), StepSummary)
    config = run.config
    facts = {
        "made by": f"ttpa, seed {config.seed}",
        **tell_origin(run),
        **summary.facts,
    }
    card = write_card(config.name, counts, files, summary=summary, facts=facts, license_name=license_name)
    for name, text in {"README.md": card, **chosen.beside(files)}.items():
        write_text(output / name, text)
        written.append(ExportedFile(output / name))
    write_manifest(output, identity=f"{config.name}/{format_name}")
    return written
