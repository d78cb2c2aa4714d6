"""Instructions from dialogue files, in the place of construct."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ttpa.errors import RunError
from ttpa.records.discards import Discard
from ttpa.runs.record_files import write_records
from ttpa.stages.importing import ToldTurns, assign_splits, import_dialogue, name_sources
from ttpa.steps.run import Account, Run, count_splits


def import_instructions(run: Run, files: Sequence[Path]) -> None:
    """Dialogue files -> `1-construct/instructions.jsonl`. Raises `RunError` where a file cannot be read."""
    account = Account(run, "construct", takes="lines", gives="instructions", label="import")
    sources = zip(name_sources(files), files, strict=True)
    lines = [(name, number, line) for name, file in sources for number, line in _numbered_lines(file)]
    run.reporter.start("import", len(lines))
    discards: list[Discard] = []
    told = ToldTurns()
    for source, number, line in lines:
        read = import_dialogue(line, source=source, number=number)
        run.reporter.advance(1)
        discards.extend([read] if isinstance(read, Discard) else told.add(f"{source}:line {number}", read))
    instructions = told.instructions
    if not instructions:
        reasons = Counter(discard.reason.value for discard in discards).most_common()
        counts = ", ".join(f"{count} {reason}" for reason, count in reasons) or "no line holds anything"
        first = f"; the first: {discards[0].id}: {discards[0].detail}" if discards else ""
        raise RunError(f"none of {len(lines)} lines could be imported ({counts}){first}")
    instructions = assign_splits(instructions, run.config.import_, seed=run.config.seed, dialogues=told.dialogues)
    write_records(run.directory.instructions, instructions)
    repeated = {"turns that another line tells": str(told.repeated)} if told.repeated else {}
    facts = count_splits(instructions) | repeated
    account.close(len(lines), len(lines) - len(discards), len(instructions), discards, facts)


def _numbered_lines(file: Path) -> list[tuple[int, str]]:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise RunError(f"{str(file)!r} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RunError(f"{str(file)!r} is not UTF-8 text: {error}") from error
    if text.lstrip().startswith("["):
        raise RunError(f"{str(file)!r} is a JSON array; write each of its dialogues as one line (JSON Lines)")
    return [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
