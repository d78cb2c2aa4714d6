"""Candidate trees: what the policy says at one decision point, each token stored once."""

from typing import Literal

from ttpa.records.record import Record

SlotKind = Literal["text", "structure", "tool_name", "argument_name", "argument_value", "end"]
"""What a token spells."""


class Slot(Record):
    """A run of trunk tokens that spell one thing."""

    kind: SlotKind
    start: int
    """Index of the first token, counted from the start of the turn."""
    end: int
    """Index after the last token."""
    call: int | None = None
    """Index of the call it belongs to."""
    path: str | None = None
    """JSON path of the argument, as in `$.guests[0].name`."""


class Alternative(Record):
    """A token that was not the trunk's choice."""

    token_id: int
    logprob: float


class Fork(Record):
    """A trunk position where the policy wavers."""

    position: int
    """Index of the token, counted from the start of the turn."""
    slot: SlotKind
    path: str | None
    logprob: float
    """Of the trunk's own token, in nats."""
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
    fork: int | None = None
    """Index of the fork it branched at; none for the trunk."""
    finished: bool = True
    """Whether the policy ended the turn itself, rather than the token limit."""


class SampleCost(Record):
    """What a tree cost, in tokens."""

    prefilled: int
    decoded: int


class CandidateTree(Record):
    """All candidates of one decision point; leaf 0 is the trunk, the policy's own greedy turn."""

    id: str
    """The decision point's id."""
    instruction_id: str
    turn: int
    prompt_ids: tuple[int, ...]
    spans: tuple[Span, ...]
    leaves: tuple[Leaf, ...]
    slots: tuple[Slot, ...]
    """Labels of the trunk's tokens, in order and without gaps."""
    forks: tuple[Fork, ...]
    cost: SampleCost

    def token_ids(self, leaf: int) -> tuple[int, ...]:
        """The turn's tokens of one leaf, its end token included where it has one."""
        return tuple(token_id for span in self._path(leaf) for token_id in span.token_ids)

    def logprob(self, leaf: int) -> float:
        """Log-probability of one leaf's turn under the policy, in nats."""
        return sum(logprob for span in self._path(leaf) for logprob in span.logprobs)

    def _path(self, leaf: int) -> list[Span]:
        path: list[Span] = []
        index: int | None = self.leaves[leaf].span
        while index is not None:
            path.append(self.spans[index])
            index = self.spans[index].parent
        return path[::-1]
