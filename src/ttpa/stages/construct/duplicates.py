"""Duplicates among constructed instructions: equal ones, the same calls in other words, and nearly equal questions."""

from collections.abc import Sequence

from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import Instruction
from ttpa.records.strict_json import canonical_json
from ttpa.records.words import split_words

_SPLIT_ORDER = {"train": 0, "test": 1, "test_unseen": 2}


def drop_duplicates(
    instructions: Sequence[Instruction], near_duplicate: float
) -> tuple[list[Instruction], list[Discard]]:
    """The instructions without repetitions, in their order, and a discard for each repetition.

    Of two equal ones the one in `train` is kept, so that no test instruction was trained on. Near-duplicates make the
    same calls, in whatever order, or call the same tools and share at least `near_duplicate` of the question's words
    (Jaccard).
    """
    first: dict[str, str] = {}
    by_calls: dict[str, str] = {}
    words_by_tools: dict[tuple[str, ...], list[tuple[frozenset[str], str]]] = {}
    repeated: dict[str, Discard] = {}
    for instruction in sorted(instructions, key=lambda item: _SPLIT_ORDER[item.split]):
        calls = [call for step in instruction.steps for call in step.calls]
        tools = tuple(call.name for call in calls) or ("", *sorted(tool.name for tool in instruction.tools))
        made = sorted(canonical_json(call.model_dump(mode="json")) for call in calls)
        key = canonical_json([instruction.question, *made])
        words = frozenset(split_words(instruction.question))
        same = words_by_tools.setdefault(tools, [])
        near = by_calls.get("\n".join(made)) if made else None
        near = near or next((other for known, other in same if jaccard(words, known) >= near_duplicate), None)
        if (equal := first.get(key)) is not None:
            repeated[instruction.id] = _discard(instruction, DiscardReason.DUPLICATE, equal)
        elif near is not None:
            repeated[instruction.id] = _discard(instruction, DiscardReason.NEAR_DUPLICATE, near)
        else:
            first[key] = instruction.id
            by_calls["\n".join(made)] = instruction.id
            same.append((words, instruction.id))
    kept = [instruction for instruction in instructions if instruction.id not in repeated]
    return kept, [repeated[instruction.id] for instruction in instructions if instruction.id in repeated]


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of common elements, in [0, 1]."""
    return len(one & other) / max(1, len(one | other))


def _discard(instruction: Instruction, reason: DiscardReason, other: str) -> Discard:
    return Discard(id=instruction.id, stage="construct", reason=reason, detail=f"like {other}")
