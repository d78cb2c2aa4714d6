"""Fork rules: at which tokens of a turn the policy wavers (METHOD: ours, the paper's rule is unknown)."""

import math
from collections.abc import Sequence
from random import Random
from typing import Literal

from pydantic import Field

from ttpa.models.base import Completion
from ttpa.records.candidates import Alternative, Fork, Slot, SlotKind, slot_at
from ttpa.records.record import Record

# Measured on real errors of many models: values and names are wrong most often, then the number of calls.
_RANK: dict[SlotKind, int] = {
    "tool_name": 0,
    "argument_value": 0,
    "argument_name": 1,
    "structure": 1,
    "end": 1,
    "text": 2,
}


class ForkRules(Record):
    """When a position is a fork."""

    min_probability: float = Field(default=0.02, gt=0, le=1)
    """Of the alternative."""
    max_gap: float = Field(default=2.0, ge=0)
    """In nats, between the turn's token and the alternative; an alternative that is more probable has none."""
    min_entropy: float = Field(default=0.0, ge=0)
    """Of the policy's distribution at the position, in nats."""
    tool_name_min_probability: float = Field(default=0.05, gt=0, le=1)
    """From here on the first token of a tool's name forks whatever gap and entropy are."""
    max_forks: int = Field(default=4, ge=0)
    """Per turn; the first by `ranking`."""
    ranking: Literal["slots", "probability"] = "slots"
    """Which forks come first: those in names and values, then by the alternative's probability; or by that alone."""
    quotas: dict[SlotKind, int] = {}
    """Of those, how many may be of one kind; a kind that is not named has no quota."""
    alternatives: int = Field(default=2, ge=1)
    """At most this many are forced per fork."""
    depth: Literal[1, 2] = 1
    """With 2 a branch forks once more, where it wavers most."""


def find_forks(
    turn: Completion, slots: Sequence[Slot], rules: ForkRules, *, start: int = 0, most: int | None = None
) -> list[Fork]:
    """The forks of a turn from `start` on, in order of their positions; `most` of them, `rules.max_forks` if not given.

    `turn.top` needs at least `alternatives + 1` tokens at each position from `start` on.
    """
    forks: list[Fork] = []
    for position in range(start, len(turn.token_ids)):
        slot = slot_at(slots, position)
        if slot.kind == "text" and position > 0:
            continue  # inside of free text another word is no other decision
        own = turn.logprobs[position]
        starts_name = slot.kind == "tool_name" and slot.start == position
        alternatives = [
            Alternative(token_id=other, logprob=logprob)
            for other, logprob in turn.top[position]
            if other != turn.token_ids[position]
            and _wavers(own, logprob, turn.entropies[position], rules, starts_name=starts_name)
        ]
        if alternatives:
            forks.append(_fork(turn, position, slot, alternatives[: rules.alternatives]))
    by_slot = rules.ranking == "slots"
    forks.sort(key=lambda fork: (by_slot * _RANK[fork.slot], -fork.alternatives[0].logprob, fork.position))
    left = dict(rules.quotas)
    chosen: list[Fork] = []
    for fork in forks:
        if len(chosen) == (rules.max_forks if most is None else most):
            break
        if left.get(fork.slot, 1) > 0:
            chosen.append(fork)
            if fork.slot in left:
                left[fork.slot] -= 1
    return sorted(chosen, key=lambda fork: fork.position)


def draw_forks(turn: Completion, slots: Sequence[Slot], rules: ForkRules, rng: Random) -> list[Fork]:
    """Forks at random positions, whatever the policy's certainty: the baseline that `find_forks` must beat."""
    forks: list[Fork] = []
    for position in sorted(rng.sample(range(len(turn.token_ids)), min(rules.max_forks, len(turn.token_ids)))):
        others = [
            Alternative(token_id=other, logprob=logprob)
            for other, logprob in turn.top[position]
            if other != turn.token_ids[position] and math.isfinite(logprob)
        ]
        if others:
            forks.append(_fork(turn, position, slot_at(slots, position), others[: rules.alternatives]))
    return forks


def _fork(turn: Completion, position: int, slot: Slot, alternatives: Sequence[Alternative]) -> Fork:
    return Fork(
        position=position,
        slot=slot.kind,
        path=slot.path,
        logprob=turn.logprobs[position],
        alternatives=tuple(alternatives),
    )


def _wavers(logprob: float, other: float, entropy: float, rules: ForkRules, *, starts_name: bool) -> bool:
    if starts_name and other >= math.log(rules.tool_name_min_probability):
        return True
    return (
        other >= math.log(rules.min_probability) and logprob - other <= rules.max_gap and entropy >= rules.min_entropy
    )
