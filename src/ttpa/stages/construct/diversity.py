"""What a set of instructions is made of: how much of each kind, and how evenly over the tools."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.diversity import Diversity
from ttpa.records.instructions import Instruction, Step
from ttpa.records.json_shapes import leaves
from ttpa.records.strict_json import canonical_json
from ttpa.stages.construct.checks import find_leaked_tool, find_ungrounded
from ttpa.stages.construct.contamination import BenchmarkQuestions, drop_overlap
from ttpa.stages.construct.duplicates import drop_duplicates
from ttpa.stages.construct.plan import Plan

_OF_A_CALL = (DiscardReason.INVALID_ARGUMENTS, DiscardReason.FAILED_EXECUTION, DiscardReason.NOT_REPRODUCIBLE)
"""Reasons whose detail begins with the tool that was called."""
_OFTEN = 10
"""A tool that so many plans showed should have been called, whatever the others are."""
_MOST_NAMED = 5


def describe(
    instructions: Sequence[Instruction], *, near_duplicate: float = 0.9, benchmarks: BenchmarkQuestions | None = None
) -> Diversity:
    """Counts of constructed instructions, all taken from the instructions themselves."""
    with_calls = [one for one in instructions if one.steps]
    used: Counter[str] = Counter()
    pairs: set[tuple[str, ...]] = set()
    signatures: set[str] = set()
    values: list[str] = []
    for one in with_calls:
        calls = [call for step in one.steps for call in step.calls]
        names = sorted({call.name for call in calls})
        used.update(names)
        pairs.update(combinations(names, 2))
        signatures.add(canonical_json([call.model_dump(mode="json") for call in calls]))
        told = [value for call in calls for _, value in leaves(call.arguments, "") if not isinstance(value, bool)]
        values.extend(str(value) for value in told)
    return Diversity(
        instructions=len(instructions),
        without_calls=dict(sorted(Counter(str(one.kind) for one in instructions if not one.steps).items())),
        with_calls=len(with_calls),
        grounded=sum(not find_ungrounded(one.question, one.steps, one.tools) for one in with_calls),
        several_steps=sum(len(one.steps) > 1 for one in with_calls),
        chained=sum(bool(find_ungrounded(one.question, _without_results(one), one.tools)) for one in with_calls),
        parallel=sum(any(len(step.calls) > 1 for step in one.steps) for one in with_calls),
        calls=dict(sorted(Counter(sum(len(step.calls) for step in one.steps) for one in with_calls).items())),
        distinct_signatures=len(signatures),
        distinct_values=len(set(values)) / len(values) if values else 0.0,
        tools=dict(used.most_common()),
        evenness=_evenness(used),
        pairs=len(pairs),
        simulated=sum(any(result.simulated for step in one.steps for result in step.results) for one in with_calls),
        named_tools=sum(find_leaked_tool(one.question, one.tools) is not None for one in instructions),
        near_duplicates=len(drop_duplicates(instructions, near_duplicate)[1]),
        overlaps=None if benchmarks is None else len(drop_overlap(instructions, benchmarks)[1]),
    )


def describe_uncalled(plans: Sequence[Plan], diversity: Diversity, discards: Sequence[Discard]) -> str:
    """The tools that no instruction calls although plans showed them, and why most often; empty where there are none.

    A tool without a failed call is left out where few plans showed it.
    """
    shown = Counter(tool.name for plan in plans if plan.kind == "calls" for tool in plan.shown)
    failed: dict[str, Counter[str]] = {}
    for discard in discards:
        if discard.reason in _OF_A_CALL:
            failed.setdefault(discard.detail.partition(": ")[0], Counter())[discard.reason.value] += 1
    uncalled = [name for name in shown if name not in diversity.tools and (name in failed or shown[name] >= _OFTEN)]
    uncalled.sort(key=lambda name: (-failed[name].total() if name in failed else 0, -shown[name], name))
    told: list[str] = []
    for name in uncalled[:_MOST_NAMED]:
        why = "".join(f", {count} {reason}" for reason, count in failed.get(name, Counter[str]()).most_common(1))
        told.append(f"{name} (shown in {shown[name]} plans{why})")
    more = len(uncalled) - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")


def _without_results(instruction: Instruction) -> list[Step]:
    return [step.model_copy(update={"results": ()}) for step in instruction.steps]


def _evenness(counts: Counter[str]) -> float:
    total = sum(counts.values())
    if len(counts) < 2:
        return 1.0
    return -sum(n / total * math.log(n / total) for n in counts.values()) / math.log(len(counts))
