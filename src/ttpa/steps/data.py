"""Where instructions come from: constructed over tools, or imported from dialogue files."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ttpa.errors import RunError
from ttpa.models.recorded_chat import ForgetfulStore
from ttpa.models.spending import Spending
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import Instruction
from ttpa.runs.journal import Journal
from ttpa.runs.record_files import Outcomes, write_records, write_text
from ttpa.stages.construct import (
    BenchmarkQuestions,
    construct,
    drop_duplicates,
    drop_overlap,
    estimate_cost,
    plan_construction,
)
from ttpa.stages.importing import assign_splits, import_dialogue
from ttpa.steps.run import Account, Run, batched
from ttpa.tools.base import Toolset

_PLANS_A_WRITE = 100


def construct_instructions(run: Run) -> None:
    """Tools -> `1-construct/instructions.jsonl`."""
    account = Account(run, "construct", takes="plans", gives="instructions")
    config = run.config.construct_
    outcomes = Outcomes(run.directory.instructions, Instruction)
    benchmarks = BenchmarkQuestions(config.avoid) if config.avoid else None
    journal = Journal(run.directory.journal)
    generator_config = run.config.generator
    spending = Spending(generator_config.budget, generator_config.prices, before=journal.spent())
    with run.parts.open_toolset(journal, spending) as toolset:
        generator = run.parts.make_generator(journal, spending)
        plans = plan_construction(toolset.specs, config, seed=run.config.seed)
        pinned = _pin_tools(run, toolset)
        waiting = [plan for plan in plans if plan.id not in outcomes.by_id]
        run.reporter.start("construct", len(waiting))
        made = run.parts.generator_engine.map(
            lambda plan: construct(plan, generator=generator, toolset=toolset, config=config), waiting
        )
        paid = generator_config.kind == "openai"
        for batch in batched(made, 1 if paid else _PLANS_A_WRITE):
            outcomes.add(batch)
            run.reporter.advance(len(batch), spending.line() if spending.spent.requests else "")
        if toolset.definitions() != pinned:
            raise RunError(
                f"the tools of run {run.config.name!r} changed while it constructed; take it again under another name"
            )
        left_out = len(toolset.left_out)
    journal.close()
    finished, discards = outcomes.in_order([plan.id for plan in plans])
    instructions, repeated = drop_duplicates(finished, config.near_duplicate)
    if benchmarks is not None:
        instructions, overlapping = drop_overlap(instructions, benchmarks)
        repeated = [*repeated, *overlapping]
    write_records(run.directory.instructions, instructions)
    discards = sorted([*discards, *repeated], key=lambda discard: discard.id)
    facts = _count_splits(instructions) | ({"tools left out": str(left_out)} if left_out else {})
    if spending.spent.requests:
        facts["generator"] = spending.line()
    account.close(len(plans), len(instructions), len(instructions), discards, facts)
    outcomes.clear()


def estimate_construction(run: Run) -> str:
    """What construction will about ask of a paid generator, in words; loads the tools, and asks nothing."""
    config = run.config
    spending = Spending(config.generator.budget, config.generator.prices)
    with run.parts.open_toolset(ForgetfulStore(), spending) as toolset:
        plans = plan_construction(toolset.specs, config.construct_, seed=config.seed)
    return f"construct: {len(plans)} instances, about {estimate_cost(plans, config.construct_).line(spending.prices)}"


def _pin_tools(run: Run, toolset: Toolset) -> str:
    """The hash of what the tools' source says of them, kept with the run from its first construction on.

    Raises `RunError` where it says something else than when the run began.
    """
    told = toolset.definitions()
    if run.directory.tools.exists():
        pinned = json.loads(run.directory.tools.read_text(encoding="utf-8"))
        if pinned["definitions"] != told:
            raise RunError(
                f"the tools of run {run.config.name!r} are not those that it began with; "
                "give this one another name, or take the run again with --redo construct"
            )
    else:
        offered = [spec.model_dump(mode="json") for spec in toolset.specs]
        kept = {"definitions": told, "offered": offered, "left_out": dict(toolset.left_out)}
        write_text(run.directory.tools, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    return told


def import_instructions(run: Run, files: Sequence[Path]) -> None:
    """Dialogue files -> `1-construct/instructions.jsonl`. Raises `RunError` where a file cannot be read."""
    account = Account(run, "construct", takes="lines", gives="instructions", label="import")
    lines = [(name, number, line) for name, file in _name_sources(files) for number, line in _numbered_lines(file)]
    run.reporter.start("import", len(lines))
    instructions: list[Instruction] = []
    discards: list[Discard] = []
    known: set[str] = set()
    used = 0
    for source, number, line in lines:
        read = import_dialogue(line, source=source, number=number)
        if isinstance(read, Discard):
            discards.append(read)
        elif known.intersection(keys := [key for instruction in read for key in _identity(instruction)]):
            detail = f"id {read[0].id!r}, or a dialogue with the same messages and tools, was there before"
            reason = DiscardReason.DUPLICATE
            discards.append(Discard(id=f"{source}:line {number}", stage="import", reason=reason, detail=detail))
        else:
            known.update(keys)
            instructions.extend(read)
            used += 1
        run.reporter.advance(1)
    if not instructions:
        reasons = Counter(discard.reason.value for discard in discards).most_common()
        told = ", ".join(f"{count} {reason}" for reason, count in reasons) or "no line holds anything"
        first = f"; the first: {discards[0].id}: {discards[0].detail}" if discards else ""
        raise RunError(f"none of {len(lines)} lines could be imported ({told}){first}")
    instructions = assign_splits(instructions, run.config.import_, seed=run.config.seed)
    write_records(run.directory.instructions, instructions)
    account.close(len(lines), used, len(instructions), discards, _count_splits(instructions))


def _name_sources(files: Sequence[Path]) -> list[tuple[str, Path]]:
    """Each file with the name its records carry: its stem, with its folder where two files share a stem."""
    stems = Counter(file.stem for file in files)
    return [(file.stem if stems[file.stem] == 1 else f"{file.parent.name}/{file.stem}", file) for file in files]


def _identity(instruction: Instruction) -> tuple[str, str]:
    """What tells an instruction from every other: its id, and its content."""
    return instruction.id, instruction.model_dump_json(exclude={"id", "source", "split"})


def _numbered_lines(file: Path) -> list[tuple[int, str]]:
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise RunError(f"{str(file)!r} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RunError(f"{str(file)!r} is not UTF-8 text: {error}") from error
    return [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _count_splits(instructions: Sequence[Instruction]) -> dict[str, str]:
    counts = Counter(instruction.split for instruction in instructions)
    return {split: str(count) for split, count in sorted(counts.items())}
