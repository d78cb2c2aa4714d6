"""What a set of instructions is made of: how much of each kind, and how evenly over the tools."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from ttpa.records.instructions import Instruction
from ttpa.records.strict_json import canonical_json
from ttpa.stages.construct.checks import find_leaked_tool, find_ungrounded


def describe(instructions: Sequence[Instruction]) -> dict[str, str]:
    """Facts about constructed instructions, in words; shares are of those with calls where nothing else is said."""
    with_calls = [one for one in instructions if one.steps]
    used: Counter[str] = Counter()
    pairs: Counter[tuple[str, ...]] = Counter()
    signatures: set[str] = set()
    for one in with_calls:
        calls = [call for step in one.steps for call in step.calls]
        names = sorted({call.name for call in calls})
        used.update(names)
        pairs.update(combinations(names, 2))
        signatures.add(canonical_json([call.model_dump(mode="json") for call in calls]))
    leaks = sum(find_leaked_tool(one.question, one.tools) is not None for one in instructions)
    grounded = sum(not find_ungrounded(one.question, one.steps, one.tools) for one in with_calls)
    return {
        "without calls, of all": _share(len(instructions) - len(with_calls), len(instructions)),
        "grounded": _share(grounded, len(with_calls)),
        "several steps": _share(sum(len(one.steps) > 1 for one in with_calls), len(with_calls)),
        "several calls in a step": _share(
            sum(any(len(step.calls) > 1 for step in one.steps) for one in with_calls), len(with_calls)
        ),
        "calls": _counts(Counter(sum(len(step.calls) for step in one.steps) for one in with_calls)),
        "distinct sequences of calls": _share(len(signatures), len(with_calls)),
        "tools used": str(len(used)),
        "evenness over tools": f"{_evenness(used):.2f}",
        "pairs of tools": str(len(pairs)),
        "questions that name a tool": str(leaks),
    }


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"


def _counts(counts: Counter[int]) -> str:
    return ", ".join(f"{number}: {count}" for number, count in sorted(counts.items()))


def _evenness(counts: Counter[str]) -> float:
    """Entropy over its maximum: 1 where all are used equally often (Pielou 1966)."""
    total = sum(counts.values())
    if len(counts) < 2:
        return 1.0
    return -sum(n / total * math.log(n / total) for n in counts.values()) / math.log(len(counts))
