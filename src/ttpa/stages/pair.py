"""Pair: scored turns -> preference pairs (METHOD: pair).

Chosen is a right candidate, else the reference; rejected is the most probable wrong turn of each kind of error first,
then the most probable others.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from pydantic import Field

from ttpa.records.candidates import CandidateTree
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.pairs import PreferencePair
from ttpa.records.record import Record
from ttpa.records.scores import ErrorKind, ScoredCandidate, ScoredTurn

_ROUNDING = 1e-9
"""1 less a score of 0.9 is a little less than 0.1."""


class PairConfig(Record):
    """What makes a pair."""

    threshold: float = Field(default=1.0, gt=0, le=1)
    """The score from which a turn is right; 1 is a turn without any error, and the released code takes 0.8."""
    margin: float = Field(default=0.0, ge=0, le=1)
    """By how much a rejected turn must score lower than the reference, beyond being wrong."""
    max_rejected: int = Field(default=3, ge=1)
    """Pairs per turn at most."""
    rejected: Literal["kinds", "probable"] = "kinds"
    """Which wrong turns come first: the most probable one of each kind of error, or the most probable ones."""
    tail: Literal["kept", "cut"] = "kept"
    """Tokens with which both turns of a pair end alike: `kept` leaves them in, `cut` takes them out, so that no loss
    counts them."""


class _Parted(NamedTuple):
    """A wrong turn beside the one that is chosen in its place."""

    rejected: ScoredCandidate
    chosen: ScoredCandidate | None
    """None for the reference turn."""
    rejected_ids: tuple[int, ...]
    chosen_ids: tuple[int, ...]
    shared: int
    """Tokens that both begin with."""


def pair(
    tree: CandidateTree,
    scored: ScoredTurn,
    say_reference: Callable[[], Sequence[int]],
    config: PairConfig,
    *,
    ordered: bool = False,
) -> list[PreferencePair] | Discard:
    """The preference pairs of one turn, or a discard where there is nothing to prefer.

    `say_reference` gives the tokens of the reference turn as the policy would say it, end token included; none where
    the data holds no text for a turn without calls. It is asked only where no candidate can be chosen. Where `ordered`,
    the same calls in another order are another turn.
    """
    right = [one for one in scored.candidates if one.score >= config.threshold and tree.leaves[one.leaf].finished]
    # The released formula gives some turns without an error less than 1: equal calls are never a pair.
    below = [one for one in scored.candidates if one.score < config.threshold and one.errors]
    wrong = _distinct(tree, below, ordered=ordered)
    if not wrong:
        return Discard(id=tree.id, stage="pair", reason=DiscardReason.ALL_RIGHT)
    worse = [candidate for candidate in wrong if 1.0 - candidate.score >= config.margin - _ROUNDING]
    reference_ids = tuple(say_reference()) if worse and not right else ()
    if worse and not right and not reference_ids:
        detail = "no candidate is right, and the data holds no text of the reference turn that could be chosen"
        return Discard(id=tree.id, stage="pair", reason=DiscardReason.NO_PAIR, detail=detail)
    parted = [each for candidate in worse if (each := _part(tree, candidate, right, reference_ids)) is not None]
    if not parted:
        detail = f"{len(wrong)} wrong candidates, none worse by {config.margin:g} that parts from the chosen turn"
        return Discard(id=tree.id, stage="pair", reason=DiscardReason.NO_PAIR, detail=detail)
    return [_make_pair(tree, each, config) for each in _choose_rejected(tree, parted, config)]


def _part(
    tree: CandidateTree,
    rejected: ScoredCandidate,
    right: Sequence[ScoredCandidate],
    reference_ids: tuple[int, ...],
) -> _Parted | None:
    """The wrong turn beside the chosen one; none where one is cut off within the other, so that no token parts them."""
    chosen = _nearest(tree, rejected, right)
    chosen_ids = tree.token_ids(chosen.leaf) if chosen else reference_ids
    rejected_ids = tree.token_ids(rejected.leaf)
    shared = _shared_length(chosen_ids, rejected_ids)
    if shared in (len(chosen_ids), len(rejected_ids)):
        return None
    return _Parted(rejected, chosen, rejected_ids, chosen_ids, shared)


def _make_pair(tree: CandidateTree, parted: _Parted, config: PairConfig) -> PreferencePair:
    rejected, chosen, rejected_ids, chosen_ids, shared = parted
    shared_ids, chosen_ids, rejected_ids = chosen_ids[:shared], chosen_ids[shared:], rejected_ids[shared:]
    if config.tail == "cut":
        alike = _shared_length(chosen_ids[:0:-1], rejected_ids[:0:-1])
        chosen_ids, rejected_ids = chosen_ids[: len(chosen_ids) - alike], rejected_ids[: len(rejected_ids) - alike]
    fork = tree.leaves[rejected.leaf].fork
    return PreferencePair(
        id=f"{tree.id}/{rejected.leaf}",
        instruction_id=tree.instruction_id,
        tree_id=tree.id,
        prompt_ids=tree.prompt_ids,
        shared_ids=shared_ids,
        chosen_ids=chosen_ids,
        rejected_ids=rejected_ids,
        chosen_from="candidate" if chosen and tree.leaves[chosen.leaf].origin != "reference" else "reference",
        slot=None if fork is None else tree.forks[fork].slot,
        chosen_score=chosen.score if chosen else 1.0,
        rejected_score=rejected.score,
        rejected_logprob=tree.logprob(rejected.leaf),
        rejected_errors=rejected.errors,
    )


def _distinct(tree: CandidateTree, candidates: Sequence[ScoredCandidate], *, ordered: bool) -> list[ScoredCandidate]:
    """One candidate for each set (or, where `ordered`, row) of calls, the most probable, in order of probability."""
    ranked = sorted(candidates, key=lambda candidate: (-tree.logprob(candidate.leaf), candidate.leaf))
    distinct: dict[str, ScoredCandidate] = {}
    for candidate in ranked:
        if candidate.calls is None:
            key = tree.leaves[candidate.leaf].text
        else:
            calls = [call.identity() for call in candidate.calls]
            key = "\n".join(calls if ordered else sorted(calls))
        distinct.setdefault(key, candidate)
    return list(distinct.values())


def _choose_rejected(tree: CandidateTree, parted: Sequence[_Parted], config: PairConfig) -> list[_Parted]:
    """The most probable ones, but first, where kinds count, those that bring an error of a new kind."""
    first: list[_Parted] = []
    others: list[_Parted] = []
    seen: set[ErrorKind] = set()
    for each in parted:
        kinds = {error.kind for error in each.rejected.errors}
        is_first = config.rejected == "kinds" and not kinds <= seen
        (first if is_first else others).append(each)
        seen |= kinds
    return sorted([*first, *others][: config.max_rejected], key=lambda each: -tree.logprob(each.rejected.leaf))


def _nearest(
    tree: CandidateTree, rejected: ScoredCandidate, right: Sequence[ScoredCandidate]
) -> ScoredCandidate | None:
    """The right candidate that shares most tokens with the rejected one: a sibling of one fork where there is one."""
    ids = tree.token_ids(rejected.leaf)
    return max(
        right,
        key=lambda candidate: (
            _shared_length(tree.token_ids(candidate.leaf), ids),
            tree.logprob(candidate.leaf),
        ),
        default=None,
    )


def _shared_length(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two turns have in common at their start."""
    length = 0
    for token, other_token in zip(one, other, strict=False):
        if token != other_token:
            break
        length += 1
    return length
