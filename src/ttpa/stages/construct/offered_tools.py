"""The tools that an instruction offers: those it uses, and distractors that resemble them."""

import random
import re
from collections.abc import Sequence

from ttpa.records.tools import ToolSpec
from ttpa.stages.construct.plan import Plan


def choose_offer(used: Sequence[str], plan: Plan, count: int, *, without: Sequence[str] = ()) -> tuple[ToolSpec, ...]:
    """The tools an instruction offers: the used ones and distractors up to `count`, in random order.

    Every other distractor is the tool that resembles a used one most (a single one always is); the rest are drawn.
    """
    rng = random.Random(f"{plan.seed}/offer")
    offer = [tool for tool in plan.pool if tool.name in used]
    others = [tool for tool in plan.pool if tool.name not in used and tool.name not in without]
    near = [tool for tool in plan.pool if tool.name in used or tool.name in without]
    rng.shuffle(others)
    by_likeness = sorted(others, key=lambda tool: -max((likeness(tool, other) for other in near), default=0.0))
    while len(offer) < count and others:
        chosen = by_likeness[0] if (count - len(offer)) % 2 else others[0]
        offer.append(chosen)
        others.remove(chosen)
        by_likeness.remove(chosen)
    rng.shuffle(offer)
    return tuple(offer)


def likeness(one: ToolSpec, other: ToolSpec) -> float:
    """Share of words that two tools' names and descriptions have in common, in [0, 1]."""
    ours, theirs = (set(re.findall(r"[a-z]+", f"{tool.name} {tool.description}".lower())) for tool in (one, other))
    return len(ours & theirs) / max(1, len(ours | theirs))
