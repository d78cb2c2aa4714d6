"""A run's instructions -> files that another trainer reads."""

import json
from dataclasses import dataclass
from pathlib import Path

from ttpa.errors import RunError
from ttpa.records.instructions import Instruction
from ttpa.records.record import JsonObject
from ttpa.records.summaries import StepSummary
from ttpa.runs.record_files import read_record, write_text
from ttpa.stages.export import FORMATS, ExportFormat, write_card
from ttpa.steps.run import Run


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file that was written."""

    path: Path
    rows: int | None = None
    """None where it holds no data, as the card."""


def export(run: Run, format_name: str, output: Path, *, license_name: str = "other") -> list[ExportedFile]:
    """Writes one file a split, the card and what else the format wants to `output`; the files, data first.

    Raises `RunError` for a format that is not known and for an output that is there already.
    """
    chosen = FORMATS.get(format_name)
    if chosen is None:
        raise RunError(f"format {format_name!r} is none of {', '.join(FORMATS)}")
    if output.exists():
        raise RunError(f"{str(output)!r} is there already; give the export a folder of its own")
    instructions = run.read(run.directory.instructions, Instruction, "construct")
    by_split: dict[str, list[JsonObject]] = {}
    for instruction in instructions:
        by_split.setdefault(instruction.split, []).extend(chosen.rows(instruction))
    files = {split: f"{split}.{chosen.kind}" for split in by_split}
    written: list[ExportedFile] = []
    for split, rows in by_split.items():
        _write(chosen, output / files[split], rows)
        written.append(ExportedFile(output / files[split], len(rows)))
    summary = read_record(run.directory.summary("construct"), StepSummary)
    config = run.config
    facts = {
        "made by": f"ttpa, seed {config.seed}",
        "tools from": config.tools.source if summary.step == "construct" else "the dialogues",
        "generator": config.generator.model or config.generator.kind if summary.step == "construct" else "none",
        **summary.facts,
    }
    card = write_card(config.name, instructions, files, summary=summary, facts=facts, license_name=license_name)
    for name, text in {"README.md": card, **chosen.beside(files)}.items():
        write_text(output / name, text)
        written.append(ExportedFile(output / name))
    return written


def _write(chosen: ExportFormat, path: Path, rows: list[JsonObject]) -> None:
    if chosen.kind == "jsonl":
        write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        return
    try:
        from datasets import Dataset
    except ImportError as error:
        raise RunError(f"{path.name} needs an extra: pip install 'ttpa[train]'") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    Dataset.from_list(rows).to_parquet(str(path))  # pyright: ignore[reportUnknownMemberType]
