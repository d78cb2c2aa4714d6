"""Candidate trees: what the policy says at one decision point, each token stored once."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal

from ttpa.records.record import Record

SlotKind = Literal["text", "structure", "tool_name", "argument_name", "argument_value", "end"]
"""What a token spells."""


class Slot(Record):
    """A run of tokens that spell one thing.

    A token that straddles two things stands at the end of the one slot and at the start of the other.
    """

    kind: SlotKind
    start: int
    """Index of the first token, counted from the start of the turn."""
    end: int
    """Index after the last token."""
    call: int | None = None
    """Index of the call it belongs to."""
    path: str | None = None
    """JSON path of the argument, as in `$.guests[0].name`."""
    skip: int = 0
    """Characters of the first token that belong to what comes before."""
    cut: int = 0
    """Characters of the last token that belong to what comes after."""


Origin = Literal["policy", "reference", "branch", "drawn"]
"""Where a candidate comes from: the policy's greedy turn, the reference turn, a branch of one of these, or a turn drawn
at random."""


class Alternative(Record):
    """A token that was not the trunk's choice."""

    token_id: int
    logprob: float


class Fork(Record):
    """A token of a candidate at which the policy wavers."""

    leaf: int = 0
    """Index of the candidate."""
    position: int
    """Index of the token, counted from the start of the turn."""
    slot: SlotKind
    path: str | None
    logprob: float
    """Of the candidate's own token, in nats."""
    alternatives: tuple[Alternative, ...]
    """The most probable other tokens that were forced here, most probable first."""


class Span(Record):
    """A run of tokens between two forks, stored once for all leaves below it."""

    parent: int | None
    """Index of the span before it; none at the root."""
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    """Of each token given everything before it, in nats."""


class Leaf(Record):
    """One whole candidate turn: the tokens on the way from the root to its span."""

    span: int
    text: str
    """The turn's text without its end token."""
    origin: Origin
    fork: int | None = None
    """Index of the fork that it branched at."""
    finished: bool = True
    """Whether the policy ended the turn itself, rather than the token limit."""
    slots: tuple[Slot, ...] = ()
    """Labels of its tokens, in order and without gaps, where it was searched for forks."""


class SampleCost(Record):
    """What a tree cost, in tokens."""

    prefilled: int
    """Prompt tokens that were not read for a prompt sampled beside it, and tokens that were not the policy's choice."""
    decoded: int


class CandidateTree(Record):
    """All candidates of one decision point, no two alike; leaf 0 is a trunk, where there is one."""

    id: str
    """The decision point's id."""
    instruction_id: str
    turn: int
    prompt_ids: tuple[int, ...]
    spans: tuple[Span, ...]
    leaves: tuple[Leaf, ...]
    forks: tuple[Fork, ...]
    cost: SampleCost

    def token_ids(self, leaf: int) -> tuple[int, ...]:
        """The turn's tokens of one leaf, its end token included where it has one."""
        return tuple(token_id for span in self._path(leaf) for token_id in span.token_ids)

    def logprobs(self, leaf: int) -> tuple[float, ...]:
        """Of each token of one leaf's turn, in nats."""
        return tuple(logprob for span in self._path(leaf) for logprob in span.logprobs)

    def logprob(self, leaf: int) -> float:
        """Log-probability of one leaf's turn under the policy, in nats."""
        return sum(self.logprobs(leaf))

    def _path(self, leaf: int) -> list[Span]:
        path: list[Span] = []
        index: int | None = self.leaves[leaf].span
        while index is not None:
            path.append(self.spans[index])
            index = self.spans[index].parent
        return path[::-1]


# Of the things that one token spells, the first is what matters most to a call.
_PRIORITY: tuple[SlotKind, ...] = ("tool_name", "argument_value", "argument_name", "text", "structure", "end")


def slot_at(slots: Sequence[Slot], position: int) -> Slot:
    """What the token at `position` spells, of slots in order; of two things the one that matters more to a call."""
    held: list[Slot] = []
    for index in range(bisect_right(slots, position, key=lambda slot: slot.start) - 1, -1, -1):
        slot = slots[index]
        if slot.end > position:
            held.append(slot)
        elif slot.start < position:  # an empty one says nothing of those before it
            break
    return min(reversed(held), key=lambda slot: _PRIORITY.index(slot.kind))
