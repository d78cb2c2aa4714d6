"""Turns over tools that a policy never saw, and what it does at them, kind by kind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Literal, get_args

from ttpa.pretrain.world.stream import SHAPES, Shape, World
from ttpa.records.evaluations import CaseResult
from ttpa.records.instructions import DecisionPoint, Instruction

OFFERED = (2, 4, 8)
"""How many generated tools are on offer."""
Kind = Literal["one call", "several calls", "later call", "answer", "no tool fits", "missing value"]
"""What is due at a turn: at the first one call or several, at a later one a call or only the answer, or from the start
no call, since no tool fits or a value is missing."""
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class HeldOutTurn:
    """A decision point, with what is due there."""

    point: DecisionPoint
    kind: Kind
    offered: int


@dataclass(frozen=True, slots=True)
class Accuracies:
    """Shares of the turns of a group, in [0, 1]; none where no turn of the group can show it."""

    turns: int
    tool_names: float | None
    """Turns that call the due tools, of those that are due a call."""
    exact: float | None
    """Turns without any error, of those that are due a call."""
    values: float | None
    """Due arguments whose value is right, in turns that call the due tools."""
    no_call: float | None
    """Turns without a call, of those that are due none."""


def generated_turns(seed: int, per_offer: int, *, offered: Sequence[int] = OFFERED) -> list[HeldOutTurn]:
    """`per_offer` turns for each number of offered tools, over tools that are named with the test's words."""
    return [turn for tools in offered for turn in islice(_generate(seed, tools), per_offer)]


def turns_of(instruction: Instruction) -> list[HeldOutTurn]:
    """The turns of an instruction with their kinds."""
    return [HeldOutTurn(p, _kind(p, instruction), len(p.tools)) for p in instruction.decision_points()]


def accuracies(cases: Sequence[CaseResult]) -> Accuracies:
    """What the cases add up to."""
    due = [case for case in cases if case.call_is_due]
    named = [case for case in due if case.names_right]
    return Accuracies(
        turns=len(cases),
        tool_names=_mean([case.names_right for case in due]),
        exact=_mean([case.exact for case in due]),
        values=_mean([case.parts.values for case in named]),
        no_call=_mean([case.exact for case in cases if not case.call_is_due]),
    )


def _generate(seed: int, tools: int) -> Iterator[HeldOutTurn]:
    shapes: list[Shape] = [shape for shape, weight in SHAPES.items() for _ in range(weight)]
    for index in count():
        # 37 has no factor in common with the 100 shapes, so they come evenly spread and each in its share.
        yield from turns_of(
            World(seed, "test", index * 100 + tools, tools=tools).draw(shapes[index * 37 % len(shapes)])
        )


def _kind(point: DecisionPoint, instruction: Instruction) -> Kind:
    if point.turn:
        return "later call" if point.reference else "answer"
    if point.reference:
        return "one call" if len(point.reference) == 1 else "several calls"
    return "missing value" if instruction.kind == "missing_value" else "no tool fits"


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
