"""Instructions from dialogue files, in the place of construct."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ttpa.errors import RunError
from ttpa.records.counted import counted
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import Instruction
from ttpa.records.messages import UserMessage
from ttpa.runs.record_files import write_records
from ttpa.stages.construct import BenchmarkQuestions
from ttpa.stages.importing import ToldTurns, assign_splits, import_dialogue, name_sources
from ttpa.steps.run import Account, Run, count_splits


@dataclass(frozen=True, slots=True)
class ImportedDialogues:
    """What dialogue files hold, and the account that was opened when they were read."""

    lines: int
    instructions: list[Instruction]
    discards: list[Discard]
    facts: dict[str, str]
    account: Account


def read_dialogues(run: Run, files: Sequence[Path]) -> ImportedDialogues:
    """What the files hold, without what stands in the files of `construct.avoid`; nothing is written.

    Raises `RunError` where one cannot be read, or no line can be, and `ConfigError` for a file to avoid that cannot.
    """
    avoided = run.config.construct_.avoid
    benchmarks = BenchmarkQuestions(avoided) if avoided else None
    account = Account(run, "construct", takes="lines", gives="instructions", label="import")
    sources = zip(name_sources(files), files, strict=True)
    lines = [(name, number, line) for name, file in sources for number, line in _numbered_lines(file)]
    run.reporter.start("import", len(lines))
    discards: list[Discard] = []
    told = ToldTurns()
    for source, number, line in lines:
        read = import_dialogue(line, source=source, number=number)
        run.reporter.advance(1)
        place = f"{source}:line {number}"
        if not isinstance(read, Discard) and benchmarks is not None:
            read = _avoid(read, place, benchmarks)
        discards.extend([read] if isinstance(read, Discard) else told.add(place, read))
    instructions = told.instructions
    if not instructions:
        reasons = Counter(discard.reason.value for discard in discards).most_common()
        counts = ", ".join(f"{count} {reason}" for reason, count in reasons) or "no line holds anything"
        first = f"; the first: {discards[0].id}: {discards[0].detail}" if discards else ""
        raise RunError(f"none of {len(lines)} lines could be imported ({counts}){first}")
    instructions = assign_splits(instructions, run.config.import_, seed=run.config.seed, dialogues=told.dialogues)
    facts = count_splits(instructions)
    if run.config.import_.test_share and facts.keys() == {"train"}:
        count = len({dialogue for tellers in told.dialogues.values() for dialogue in tellers})
        few = f"{counted(count, 'dialogues')} {'is' if count == 1 else 'are'} too few"
        facts["test"] = f"none, {few} to hold some out (import.test_share)"
    if told.repeated:
        facts["turns that another line tells"] = str(told.repeated)
    if told.alike:
        facts["turns with the question and calls of another"] = f"{told.alike}, in one split with it"
    return ImportedDialogues(len(lines), instructions, discards, facts, account)


def keep_instructions(run: Run, read: ImportedDialogues) -> None:
    """What was read -> `1-construct/instructions.jsonl`."""
    write_records(run.directory.instructions, read.instructions)
    used = read.lines - len(read.discards)
    read.account.close(read.lines, used, len(read.instructions), read.discards, read.facts)


def _avoid(read: list[Instruction], line: str, benchmarks: BenchmarkQuestions) -> list[Instruction] | Discard:
    """What a line tells; a discard of all of it where its user says what stands in a benchmark."""
    said = [message.content for message in read[-1].context if isinstance(message, UserMessage)]
    file = benchmarks.find_dialogue(said)
    if file is None:
        return read
    return Discard(id=line, stage="import", reason=DiscardReason.BENCHMARK_OVERLAP, detail=f"as in {file}")


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
