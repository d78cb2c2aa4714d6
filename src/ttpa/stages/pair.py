"""Pair: scored turns -> preference pairs (METHOD: pair).

Chosen is a right candidate, else the reference; rejected is the most probable wrong turn of each kind of error first,
then the most probable others.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from ttpa.records.candidates import CandidateTree
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.pairs import PreferencePair
from ttpa.records.record import Record
from ttpa.records.scores import ErrorKind, ScoredCandidate, ScoredTurn
from ttpa.records.strict_json import canonical_json

_ROUNDING = 1e-9
"""1 less a score of 0.9 is a little less than 0.1."""


class PairConfig(Record):
    """What makes a pair."""

    threshold: float = Field(default=1.0, gt=0, le=1)
    """The score from which a turn is right; 1 is a turn without any error, and the released code takes 0.8."""
    margin: float = Field(default=0.0, ge=0, le=1)
    """By how much a rejected turn must score lower than the reference, beyond being wrong."""
    max_rejected: int = Field(default=3, ge=1)
    """Pairs a turn at most."""
    rejected: Literal["kinds", "probable"] = "kinds"
    """Which wrong turns come first: the most probable one of each kind of error, or the most probable ones."""
    tail: Literal["kept", "cut"] = "kept"
    """Tokens with which both turns of a pair end alike: `kept` leaves them in, `cut` takes them out, so that no loss
    counts them."""


def pair(
    tree: CandidateTree, scored: ScoredTurn, reference_ids: Sequence[int], config: PairConfig
) -> list[PreferencePair] | Discard:
    """The preference pairs of one turn, or a discard where there is nothing to prefer.

    `reference_ids` are the tokens of the reference turn as the policy would say it, end token included; none where the
    data holds no text for a turn without calls, so that there is nothing to choose.
    """
    right = [one for one in scored.candidates if one.score >= config.threshold and tree.leaves[one.leaf].finished]
    # The released formula gives some turns without an error less than 1: equal calls are never a pair.
    below = [one for one in scored.candidates if one.score < config.threshold and one.errors]
    wrong = _distinct(tree, below)
    if not wrong:
        return Discard(id=tree.id, stage="pair", reason=DiscardReason.ALL_RIGHT)
    rejected = [candidate for candidate in wrong if 1.0 - candidate.score >= config.margin - _ROUNDING]
    pairs: list[PreferencePair] = []
    for candidate in _choose_rejected(tree, rejected, config):
        chosen = _nearest(tree, candidate, right)
        if chosen is None and not reference_ids:
            continue
        chosen_ids = tree.token_ids(chosen.leaf) if chosen else tuple(reference_ids)
        rejected_ids = tree.token_ids(candidate.leaf)
        shared = _shared_length(chosen_ids, rejected_ids)
        if shared in (len(chosen_ids), len(rejected_ids)):
            continue  # one is cut off within the other: no token where they part
        chosen_ids, rejected_ids, shared_ids = chosen_ids[shared:], rejected_ids[shared:], chosen_ids[:shared]
        if config.tail == "cut":
            alike = _shared_length(chosen_ids[:0:-1], rejected_ids[:0:-1])
            chosen_ids, rejected_ids = chosen_ids[: len(chosen_ids) - alike], rejected_ids[: len(rejected_ids) - alike]
        fork = tree.leaves[candidate.leaf].fork
        pairs.append(
            PreferencePair(
                id=f"{tree.id}/{candidate.leaf}",
                instruction_id=tree.instruction_id,
                tree_id=tree.id,
                prompt_ids=tree.prompt_ids,
                shared_ids=shared_ids,
                chosen_ids=chosen_ids,
                rejected_ids=rejected_ids,
                chosen_from="candidate" if chosen and tree.leaves[chosen.leaf].origin != "reference" else "reference",
                slot=None if fork is None else tree.forks[fork].slot,
                chosen_score=chosen.score if chosen else 1.0,
                rejected_score=candidate.score,
                rejected_logprob=tree.logprob(candidate.leaf),
                rejected_errors=candidate.errors,
            )
        )
    if not pairs:
        detail = f"{len(wrong)} wrong candidates, none worse by {config.margin:g} that parts from the chosen turn"
        return Discard(id=tree.id, stage="pair", reason=DiscardReason.NO_PAIR, detail=detail)
    return pairs


def _distinct(tree: CandidateTree, candidates: Sequence[ScoredCandidate]) -> list[ScoredCandidate]:
    """One candidate for each set of calls, the most probable, in order of probability."""
    ranked = sorted(candidates, key=lambda candidate: (-tree.logprob(candidate.leaf), candidate.leaf))
    distinct: dict[str, ScoredCandidate] = {}
    for candidate in ranked:
        if candidate.calls is None:
            key = tree.leaves[candidate.leaf].text
        else:
            key = "\n".join(sorted(canonical_json(call.model_dump(mode="json")) for call in candidate.calls))
        distinct.setdefault(key, candidate)
    return list(distinct.values())


def _choose_rejected(
    tree: CandidateTree, candidates: Sequence[ScoredCandidate], config: PairConfig
) -> list[ScoredCandidate]:
    """The most probable wrong candidates, first those that bring an error of a new kind where kinds count."""
    chosen: list[ScoredCandidate] = []
    seen: set[frozenset[ErrorKind]] = set()
    for candidate in candidates:
        kinds = frozenset(error.kind for error in candidate.errors)
        if config.rejected == "kinds" and kinds not in seen:
            seen.add(kinds)
            chosen.append(candidate)
    chosen.extend(candidate for candidate in candidates if candidate not in chosen)
    return sorted(chosen[: config.max_rejected], key=lambda candidate: -tree.logprob(candidate.leaf))


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
