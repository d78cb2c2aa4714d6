"""A candidate tree as it is drawn: its turns token by token, and at each fork the branches that leave there."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from ttpa.records.candidates import Origin, Slot, SlotKind, slot_at
from ttpa.records.instructions import Split
from ttpa.records.messages import UserMessage
from ttpa.records.pairs import PreferencePair
from ttpa.records.record import Record
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
"""Lowest probabilities of the heats 0 to 3; what is lower is of heat 4."""

_MAX_TRUNK_TOKENS = 600
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


class Run(Record):
    """Neighbouring tokens that spell one thing; the columns have an entry a token."""

    kind: SlotKind
    label: str
    texts: tuple[str, ...]
    odds: tuple[str, ...]
    heats: str
    """A digit a token."""


class Mistake(Record):
    """One error of a candidate, in words."""

    kind: str
    place: str
    expected: str
    got: str


class Verdict(Record):
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


class ForkView(Record):
    """A token where the policy wavers, and what leaves there."""

    number: int
    at: int
    """Index of its token among those that are drawn of the turn it is on."""
    wavers: str
    """What the token spells."""
    own: str
    """The token that the turn has here."""
    odds: str
    branches: "tuple[TurnView, ...]"


class TurnView(Record):
    """A candidate turn: a trunk from its first token on, a branch from its fork on."""

    title: str
    runs: tuple[Run, ...]
    forks: tuple[ForkView, ...]
    verdict: Verdict
    hidden: str
    """How many of its tokens are not drawn; empty where all are."""


class TreeCard(Record):
    """One decision point: what was asked, what is due, and what the policy made of it."""

    name: str
    split: Split
    question: str
    reference: str
    trunks: tuple[TurnView, ...]
    right: int
    wrong: int
    facts: str
    kinds: tuple[str, ...]
    """Kinds of errors that its candidates hold, in words."""
    tools: tuple[str, ...]
    """Tools that the reference or a candidate calls."""
    slots: tuple[str, ...]
    """What the tokens at its forks spell, in words."""


def pairs_by_tree(pairs: Iterable[PreferencePair]) -> dict[str, list[PreferencePair]]:
    """The pairs of each tree, by the tree's id."""
    found: dict[str, list[PreferencePair]] = defaultdict(list)
    for pair in pairs:
        found[pair.tree_id].append(pair)
    return found


def tree_card(view: TreeView, pairs: Mapping[str, Sequence[PreferencePair]]) -> TreeCard:
    """The tree with its forks in the order of their positions; `pairs`, by tree, mark what was chosen and rejected."""
    tree = view.tree
    verdicts = [_verdict(view, leaf, pairs.get(tree.id, ())) for leaf in range(len(tree.leaves))]
    tones = [verdict.tone for verdict in verdicts]
    drawing = _Drawing(view, verdicts)
    cost = f"{counted(tree.cost.prefilled, 'token')} prefilled, {count(tree.cost.decoded)} decoded"
    called = [*view.scored.reference, *(call for found in view.scored.candidates for call in found.calls or ())]
    return TreeCard(
        name=visible(tree.id),
        split=view.point.split,
        question=_question(view),
        reference=calls_text(view.scored.reference) or "no call: answer in words",
        trunks=tuple(drawing.trunk(leaf) for leaf, one in enumerate(tree.leaves) if one.fork is None),
        right=tones.count("right"),
        wrong=tones.count("wrong"),
        facts=f"{counted(len(tree.leaves), 'candidate')}, {counted(len(tree.forks), 'fork')}; {cost}",
        kinds=tuple(dict.fromkeys(mistake.kind for verdict in verdicts for mistake in verdict.mistakes)),
        tools=tuple(dict.fromkeys(clipped(call.name, 80) for call in called)),
        slots=tuple(dict.fromkeys(words(fork.slot) for fork in tree.forks)),
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

    def trunk(self, leaf: int) -> TurnView:
        return self._turn(leaf, _TITLES[self._view.tree.leaves[leaf].origin], _MAX_TRUNK_TOKENS)

    def _turn(self, leaf: int, title: str, limit: int) -> TurnView:
        tokens = len(self._view.pieces[leaf])
        return TurnView(
            title=title,
            runs=self._runs(leaf, limit),
            forks=tuple(self._fork(index) for index in self._forks_on(leaf)),
            verdict=self._verdicts[leaf],
            hidden=f"{counted(tokens - limit, 'more token')} not drawn" if tokens > limit else "",
        )

    def _forks_on(self, leaf: int) -> list[int]:
        forks = self._view.tree.forks
        return sorted((i for i, fork in enumerate(forks) if fork.leaf == leaf), key=lambda i: forks[i].position)

    def _runs(self, leaf: int, limit: int) -> tuple[Run, ...]:
        start = self._view.start(leaf)
        pieces = self._view.pieces[leaf][:limit]
        logprobs = self._view.tree.logprobs(leaf)[start : start + limit]
        slots = self._view.tree.leaves[leaf].slots
        held = [slot_at(slots, token) if slots else None for token in range(start, start + len(pieces))]
        runs: list[Run] = []
        for _, members in groupby(range(len(pieces)), key=lambda index: _label(held[index])):
            indices = list(members)
            kind, label, _ = _label(held[indices[0]])
            runs.append(
                Run(
                    kind=kind,
                    label=label,
                    texts=tuple(piece(pieces[index]) for index in indices),
                    odds=tuple(odds(logprobs[index]) for index in indices),
                    heats="".join(str(_heat(logprobs[index])) for index in indices),
                )
            )
        return tuple(runs)

    def _fork(self, index: int) -> ForkView:
        tree = self._view.tree
        fork = tree.forks[index]
        self._drawn += 1
        number = self._drawn
        leaves = [leaf for leaf, candidate in enumerate(tree.leaves) if candidate.fork == index]
        at = fork.position - self._view.start(fork.leaf)
        return ForkView(
            number=number,
            at=at,
            wavers=" ".join([words(fork.slot), *([visible(fork.path)] if fork.path is not None else [])]),
            own=piece(self._view.pieces[fork.leaf][at]),
            odds=odds(fork.logprob),
            branches=tuple(self._turn(leaf, _TITLES["branch"], _MAX_BRANCH_TOKENS) for leaf in leaves),
        )


def _label(slot: Slot | None) -> tuple[SlotKind, str, int]:
    """The kind of a slot, what is written below it, and where it begins, which tells it from its neighbour."""
    if slot is None:
        return "structure", "", -1
    named = slot.kind == "argument_value" and slot.path is not None
    return slot.kind, visible(slot.path or "") if named else _LABELS[slot.kind], slot.start


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
    return Mistake(
        kind=words(error.kind),
        place=error_place(error),
        expected=value_text(error.expected),
        got=value_text(error.got),
    )
