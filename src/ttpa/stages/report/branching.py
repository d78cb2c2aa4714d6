"""A candidate tree as it is drawn: the trunk token by token, and at each fork the branches that leave it."""

import math
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from ttpa.records.candidates import CandidateTree, Fork, SlotKind
from ttpa.records.messages import UserMessage
from ttpa.records.pairs import PreferencePair
from ttpa.records.scores import CallError, ScoredCandidate
from ttpa.stages.report.inputs import TreeView
from ttpa.stages.report.wording import (
    calls_text,
    clipped,
    count,
    counted,
    decimal,
    error_place,
    odds,
    piece,
    probability,
    value_text,
    visible,
    words,
)

HEAT_FLOORS = (0.99, 0.9, 0.7, 0.4)
"""Lowest probabilities of the classes `h0` to `h3`; what is lower is `h4`."""

_MAX_CHIPS = 600
_MAX_BRANCH_TOKENS = 160
_LABELS: dict[SlotKind, str] = {
    "text": "text",
    "structure": "",
    "tool_name": "tool",
    "argument_name": "argument",
    "argument_value": "value",
    "end": "end",
}


class Chip(NamedTuple):
    """One token of the trunk."""

    text: str
    heat: int
    odds: str
    fork: int | None
    """Number of the fork at this token, from 1."""


class Run(NamedTuple):
    """Neighbouring tokens that spell one thing."""

    kind: str
    label: str
    chips: tuple[Chip, ...]


class Mistake(NamedTuple):
    kind: str
    place: str
    expected: str
    got: str


class Verdict(NamedTuple):
    """What scoring says about one candidate."""

    tone: str
    """`right`, `wrong` or `unscored`."""
    score: str
    mistakes: tuple[Mistake, ...]
    roles: tuple[str, ...]
    """What it became in a preference pair: `chosen`, `rejected`."""
    odds: str
    """Probability of the whole turn."""
    cut: bool
    """Whether the token limit, not the policy, ended it."""


class Branch(NamedTuple):
    """One candidate that leaves the trunk."""

    first: Chip
    rest: tuple[tuple[int, str], ...]
    """Runs of equal heat with their text."""
    verdict: Verdict


class ForkView(NamedTuple):
    number: int
    wavers: str
    """What the trunk's token spells."""
    trunk: str
    """The trunk's own token."""
    odds: str
    branches: tuple[Branch, ...]


class Segment(NamedTuple):
    """A stretch of the trunk and the fork at its end."""

    runs: tuple[Run, ...]
    fork: ForkView | None


class TreeCard(NamedTuple):
    name: str
    question: str
    reference: str
    segments: tuple[Segment, ...]
    trunk: Verdict
    hidden: str
    """How many trunk tokens are not drawn; empty where all are."""
    right: int
    wrong: int
    facts: str


def tree_card(view: TreeView, pairs: Iterable[PreferencePair]) -> TreeCard:
    """The tree with its forks in the order of their positions; `pairs` mark what was chosen and rejected."""
    tree = view.tree
    own = [pair for pair in pairs if pair.tree_id == tree.id]
    verdicts = [_verdict(view, leaf, own) for leaf in range(len(tree.leaves))]
    tones = [verdict.tone for verdict in verdicts]
    tokens = len(view.pieces[0]) if view.pieces else 0
    cost = f"{counted(tree.cost.prefilled, 'token')} prefilled, {count(tree.cost.decoded)} decoded"
    return TreeCard(
        name=visible(tree.id),
        question=_question(view),
        reference=calls_text(view.scored.reference) or "no call: answer in words",
        segments=_segments(view, verdicts),
        trunk=verdicts[0],
        hidden=f"{counted(tokens - _MAX_CHIPS, 'more token')} not drawn" if tokens > _MAX_CHIPS else "",
        right=tones.count("right"),
        wrong=tones.count("wrong"),
        facts=f"{counted(len(tree.leaves), 'candidate')}, {counted(len(tree.forks), 'fork')}; {cost}",
    )


def _question(view: TreeView) -> str:
    said = [message.content for message in view.point.history if isinstance(message, UserMessage)]
    return clipped(said[-1], 600) if said else ""


def _segments(view: TreeView, verdicts: Sequence[Verdict]) -> tuple[Segment, ...]:
    """The trunk cut before each fork's token: what stands before it is what its branches share."""
    ordered = sorted(enumerate(view.tree.forks), key=lambda item: item[1].position)
    number_at = {fork.position: number for number, (_, fork) in enumerate(ordered, 1)}
    labelled = _labelled(view, number_at)
    segments: list[Segment] = []
    start = 0
    for index, fork in ordered:
        fork_view = _fork(view, index, fork, number_at[fork.position], verdicts)
        segments.append(Segment(_runs(labelled[start : fork.position]), fork_view))
        start = max(start, fork.position)
    return (*segments, Segment(_runs(labelled[start:]), None))


def _labelled(view: TreeView, number_at: dict[int, int]) -> list[tuple[str, str, int, Chip]]:
    """Every trunk token that is drawn, with the kind and label of its slot and the slot's index."""
    logprobs = _logprobs(view.tree, 0)
    slot_of = {token: index for index, slot in enumerate(view.tree.slots) for token in range(slot.start, slot.end)}
    result: list[tuple[str, str, int, Chip]] = []
    for token, text in enumerate(view.pieces[0][:_MAX_CHIPS]):
        index = slot_of.get(token, -1)
        chip = _chip(text, logprobs[token], number_at.get(token))
        if index < 0:
            result.append(("structure", "", -1, chip))
            continue
        slot = view.tree.slots[index]
        named = slot.kind == "argument_value" and slot.path is not None
        result.append((slot.kind, visible(slot.path or "") if named else _LABELS[slot.kind], index, chip))
    return result


def _runs(labelled: Sequence[tuple[str, str, int, Chip]]) -> tuple[Run, ...]:
    return tuple(
        Run(kind, label, tuple(chip for *_, chip in members))
        for (kind, label, _), members in groupby(labelled, key=lambda item: item[:3])
    )


def _fork(view: TreeView, index: int, fork: Fork, number: int, verdicts: Sequence[Verdict]) -> ForkView:
    leaves = [leaf for leaf, candidate in enumerate(view.tree.leaves) if candidate.fork == index]
    return ForkView(
        number=number,
        wavers=" ".join([words(fork.slot), *([visible(fork.path)] if fork.path is not None else [])]),
        trunk=piece(view.pieces[0][fork.position]),
        odds=odds(fork.logprob),
        branches=tuple(_branch(view, leaf, fork.position, verdicts[leaf]) for leaf in leaves),
    )


def _branch(view: TreeView, leaf: int, position: int, verdict: Verdict) -> Branch:
    pieces, logprobs = view.pieces[leaf], _logprobs(view.tree, leaf)[position:]
    if not pieces:
        return Branch(_chip("", math.nan, None), (), verdict)
    tokens = list(zip(pieces, logprobs, strict=True))[1:]
    shown = [(_heat(logprob), text) for text, logprob in tokens[:_MAX_BRANCH_TOKENS]]
    rest = [
        (heat, visible("".join(text for _, text in members))) for heat, members in groupby(shown, key=lambda t: t[0])
    ]
    if len(tokens) > _MAX_BRANCH_TOKENS:
        rest.append((0, f" ... [{counted(len(tokens) - _MAX_BRANCH_TOKENS, 'more token')} not shown]"))
    return Branch(_chip(pieces[0], logprobs[0], None), tuple(rest), verdict)


def _chip(text: str, logprob: float, fork: int | None) -> Chip:
    return Chip(piece(text), _heat(logprob), odds(logprob), fork)


def _heat(logprob: float) -> int:
    share = probability(logprob)
    return sum(1 for floor in HEAT_FLOORS if not share >= floor)


def _logprobs(tree: CandidateTree, leaf: int) -> list[float]:
    """Of each token of one leaf's turn, in nats."""
    result: list[float] = []
    index: int | None = tree.leaves[leaf].span
    while index is not None:
        result[:0] = tree.spans[index].logprobs
        index = tree.spans[index].parent
    return result


def _verdict(view: TreeView, leaf: int, pairs: Sequence[PreferencePair]) -> Verdict:
    scored = next((candidate for candidate in view.scored.candidates if candidate.leaf == leaf), None)
    return Verdict(
        tone=_tone(scored),
        score=decimal(scored.score) if scored else "not scored",
        mistakes=tuple(_mistake(error) for error in scored.errors) if scored else (),
        roles=_roles(view.tree.token_ids(leaf), pairs),
        odds=odds(view.tree.logprob(leaf)),
        cut=not view.tree.leaves[leaf].finished,
    )


def _tone(scored: ScoredCandidate | None) -> str:
    if scored is None:
        return "unscored"
    return "wrong" if scored.errors else "right"


def _roles(token_ids: tuple[int, ...], pairs: Sequence[PreferencePair]) -> tuple[str, ...]:
    chosen = any(pair.shared_ids + pair.chosen_ids == token_ids for pair in pairs)
    rejected = any(pair.shared_ids + pair.rejected_ids == token_ids for pair in pairs)
    return (*(("chosen",) if chosen else ()), *(("rejected",) if rejected else ()))


def _mistake(error: CallError) -> Mistake:
    return Mistake(words(error.kind), error_place(error), value_text(error.expected), value_text(error.got))
