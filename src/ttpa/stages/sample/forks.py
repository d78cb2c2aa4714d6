"""Fork rules: at which tokens of its turn the policy wavers (METHOD: ours, the paper's rule is unknown)."""

import math
from collections.abc import Sequence

from pydantic import Field

from ttpa.models.base import Completion
from ttpa.records.candidates import Alternative, Fork, Slot, SlotKind
from ttpa.records.record import Record
from ttpa.stages.sample.slots import slot_at

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
    """In nats, between the trunk's token and the alternative."""
    tool_name_min_probability: float = Field(default=0.05, gt=0, le=1)
    """At the first token of a tool's name the gap does not count, only this."""
    max_forks: int = Field(default=4, ge=0)
    """A turn; tool names and values first, then by the alternative's probability."""
    alternatives: int = Field(default=2, ge=1)
    """Forced at one fork at most."""


def find_forks(trunk: Completion, slots: Sequence[Slot], rules: ForkRules) -> list[Fork]:
    """The forks of a trunk, in order of their positions. `trunk.top` needs at least `alternatives + 1` tokens."""
    forks: list[Fork] = []
    for position, (token_id, logprob, top) in enumerate(zip(trunk.token_ids, trunk.logprobs, trunk.top, strict=True)):
        slot = slot_at(slots, position)
        if slot.kind == "text" and position > 0:
            continue  # inside of free text another word is no other decision
        starts_name = slot.kind == "tool_name" and slot.start == position
        alternatives = [
            Alternative(token_id=other, logprob=other_logprob)
            for other, other_logprob in top
            if other != token_id and _wavers(logprob, other_logprob, rules, starts_name=starts_name)
        ]
        if alternatives:
            forks.append(
                Fork(
                    position=position,
                    slot=slot.kind,
                    path=slot.path,
                    logprob=logprob,
                    alternatives=tuple(alternatives[: rules.alternatives]),
                )
            )
    ranked = sorted(forks, key=lambda fork: (_RANK[fork.slot], -fork.alternatives[0].logprob, fork.position))
    return sorted(ranked[: rules.max_forks], key=lambda fork: fork.position)


def _wavers(logprob: float, other: float, rules: ForkRules, *, starts_name: bool) -> bool:
    if starts_name:
        return other >= math.log(rules.tool_name_min_probability)
    return other >= math.log(rules.min_probability) and logprob - other <= rules.max_gap
