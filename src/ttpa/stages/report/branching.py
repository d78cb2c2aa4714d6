"""A candidate tree as it is drawn: its trunks token by token, and at each fork the branches that leave there."""

import math
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from ttpa.records.candidates import Origin, SlotKind, slot_at
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

_TITLES: dict[Origin, str] = {
    "policy": "The policy's own turn",
    "reference": "The reference turn, as the policy sees it",
    "branch": "A branch",
    "drawn": "A turn drawn at random",
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
    """One candidate that leaves a trunk, or a branch of it."""

    first: Chip
    rest: tuple[tuple[int, str], ...]
    """Runs of equal heat with their text."""
    verdict: Verdict
    forks: "tuple[ForkView, ...]"
    """Those on the branch itself."""


class ForkView(NamedTuple):
    number: int
    wavers: str
    """What the token spells."""
    own: str
    """The token that the turn has here."""
    odds: str
    branches: tuple[Branch, ...]


class Segment(NamedTuple):
    """A stretch of the trunk and the fork at its end."""

    runs: tuple[Run, ...]
    fork: ForkView | None


class TrunkView(NamedTuple):
    """A turn that is drawn whole."""

    title: str
    segments: tuple[Segment, ...]
    verdict: Verdict
    hidden: str
    """How many of its tokens are not drawn; empty where all are."""


class TreeCard(NamedTuple):
    name: str
    question: str
    reference: str
    trunks: tuple[TrunkView, ...]
    right: int
    wrong: int
    facts: str


def tree_card(view: TreeView, pairs: Iterable[PreferencePair]) -> TreeCard:
    """The tree with its forks in the order of their positions; `pairs` mark what was chosen and rejected."""
    tree = view.tree
    own = [pair for pair in pairs if pair.tree_id == tree.id]
    verdicts = [_verdict(view, leaf, own) for leaf in range(len(tree.leaves))]
    tones = [verdict.tone for verdict in verdicts]
    drawing = _Drawing(view, verdicts)
    cost = f"{counted(tree.cost.prefilled, 'token')} prefilled, {count(tree.cost.decoded)} decoded"
    return TreeCard(
        name=visible(tree.id),
        question=_question(view),
        reference=calls_text(view.scored.reference) or "no call: answer in words",
        trunks=tuple(drawing.trunk(leaf) for leaf, one in enumerate(tree.leaves) if one.fork is None),
        right=tones.count("right"),
        wrong=tones.count("wrong"),
        facts=f"{counted(len(tree.leaves), 'candidate')}, {counted(len(tree.forks), 'fork')}; {cost}",
    )


def _question(view: TreeView) -> str:
    said = [message.content for message in view.point.history if isinstance(message, UserMessage)]
    return clipped(said[-1], 600) if said else ""


class _Drawing:
    """One tree on its way to the page; forks are numbered in the order in which they are read."""

    def __init__(self, view: TreeView, verdicts: Sequence[Verdict]) -> None:
        self._view = view
        self._verdicts = verdicts
        self._drawn = 0

    def trunk(self, leaf: int) -> TrunkView:
        """The trunk cut before each fork's token: what stands before it is what its branches share."""
        forks = self._forks_on(leaf)
        views: list[ForkView] = []
        number_at: dict[int, int] = {}
        for index in forks:
            position = self._view.tree.forks[index].position
            views.append(self._fork(index))
            number_at[position] = views[-1].number
        labelled = self._labelled(leaf, number_at)
        segments: list[Segment] = []
        start = 0
        for index, fork_view in zip(forks, views, strict=True):
            position = self._view.tree.forks[index].position
            segments.append(Segment(_runs(labelled[start:position]), fork_view))
            start = max(start, position)
        tokens = len(self._view.pieces[leaf])
        return TrunkView(
            title=_TITLES[self._view.tree.leaves[leaf].origin],
            segments=(*segments, Segment(_runs(labelled[start:]), None)),
            verdict=self._verdicts[leaf],
            hidden=f"{counted(tokens - _MAX_CHIPS, 'more token')} not drawn" if tokens > _MAX_CHIPS else "",
        )

    def _forks_on(self, leaf: int) -> list[int]:
        forks = self._view.tree.forks
        return sorted((i for i, fork in enumerate(forks) if fork.leaf == leaf), key=lambda i: forks[i].position)

    def _labelled(self, leaf: int, number_at: dict[int, int]) -> list[tuple[str, str, int, Chip]]:
        """Every token that is drawn, with the kind and label of its slot and where that begins."""
        logprobs = self._view.tree.logprobs(leaf)
        slots = self._view.tree.leaves[leaf].slots
        result: list[tuple[str, str, int, Chip]] = []
        for token, text in enumerate(self._view.pieces[leaf][:_MAX_CHIPS]):
            chip = _chip(text, logprobs[token], number_at.get(token))
            if not slots:
                result.append(("structure", "", -1, chip))
                continue
            slot = slot_at(slots, token)
            named = slot.kind == "argument_value" and slot.path is not None
            label = visible(slot.path or "") if named else _LABELS[slot.kind]
            result.append((slot.kind, label, slot.start, chip))
        return result

    def _fork(self, index: int) -> ForkView:
        fork = self._view.tree.forks[index]
        self._drawn += 1
        number = self._drawn
        leaves = [leaf for leaf, candidate in enumerate(self._view.tree.leaves) if candidate.fork == index]
        pieces = self._view.pieces[fork.leaf]
        return ForkView(
            number=number,
            wavers=" ".join([words(fork.slot), *([visible(fork.path)] if fork.path is not None else [])]),
            own=piece(pieces[fork.position - self._view.start(fork.leaf)]),
            odds=odds(fork.logprob),
            branches=tuple(self._branch(leaf, fork.position) for leaf in leaves),
        )

    def _branch(self, leaf: int, position: int) -> Branch:
        verdict = self._verdicts[leaf]
        pieces, logprobs = self._view.pieces[leaf], self._view.tree.logprobs(leaf)[position:]
        if not pieces:
            return Branch(_chip("", math.nan, None), (), verdict, ())
        tokens = list(zip(pieces, logprobs, strict=True))[1:]
        shown = [(_heat(logprob), text) for text, logprob in tokens[:_MAX_BRANCH_TOKENS]]
        rest = [
            (heat, visible("".join(text for _, text in members)))
            for heat, members in groupby(shown, key=lambda t: t[0])
        ]
        if len(tokens) > _MAX_BRANCH_TOKENS:
            rest.append((0, f" ... [{counted(len(tokens) - _MAX_BRANCH_TOKENS, 'more token')} not shown]"))
        forks = tuple(self._fork(index) for index in self._forks_on(leaf))
        return Branch(_chip(pieces[0], logprobs[0], None), tuple(rest), verdict, forks)


def _runs(labelled: Sequence[tuple[str, str, int, Chip]]) -> tuple[Run, ...]:
    return tuple(
        Run(kind, label, tuple(chip for *_, chip in members))
        for (kind, label, _), members in groupby(labelled, key=lambda item: item[:3])
    )


def _chip(text: str, logprob: float, fork: int | None) -> Chip:
    return Chip(piece(text), _heat(logprob), odds(logprob), fork)


def _heat(logprob: float) -> int:
    share = probability(logprob)
    return sum(1 for floor in HEAT_FLOORS if not share >= floor)


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
