"""Where the policy wavers over a whole run: forks by what the token spells, and what came of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ttpa.records.candidates import CandidateTree, Fork, SlotKind
from ttpa.records.scores import ScoredTurn
from ttpa.stages.report.inputs import SlotForks
from ttpa.stages.report.wording import count, percent, words


class SlotRow(NamedTuple):
    """One kind of slot, in words."""

    slot: str
    forks: str
    share: str
    """Of all forks."""
    wrong: str
    repaired: str
    kinds: tuple[tuple[str, str], ...]
    """Kinds of errors with the share of the slot's forks that led to one."""


def count_forks(trees: Iterable[CandidateTree], turns: Mapping[str, ScoredTurn]) -> tuple[SlotForks, ...]:
    """The forks of all trees by slot, most forks first; `turns` are their verdicts by the tree's id."""
    forks: Counter[SlotKind] = Counter()
    wrong: Counter[SlotKind] = Counter()
    repaired: Counter[SlotKind] = Counter()
    kinds: dict[SlotKind, Counter[str]] = {}
    for tree in trees:
        errors = {candidate.leaf: candidate.errors for candidate in turns[tree.id].candidates}
        said = [tree.token_ids(leaf) for leaf in range(len(tree.leaves))]
        for fork in tree.forks:
            branches = [errors[leaf] for leaf in _find_branches(fork, said) if leaf in errors]
            found = {error.kind.value for branch in branches for error in branch}
            forks[fork.slot] += 1
            wrong[fork.slot] += bool(found)
            repaired[fork.slot] += bool(errors.get(fork.leaf)) and any(not branch for branch in branches)
            kinds.setdefault(fork.slot, Counter()).update(found)
    return tuple(
        SlotForks(
            slot=slot, forks=number, wrong=wrong[slot], repaired=repaired[slot], kinds=dict(kinds[slot].most_common())
        )
        for slot, number in forks.most_common()
    )


def _find_branches(fork: Fork, said: Sequence[tuple[int, ...]]) -> list[int]:
    """The leaves that a fork's alternatives led to: of the turns that begin so the first, which goes on greedily.

    A branch may have led to a turn that was there already, so that its leaf names another fork, or none.
    """
    before = said[fork.leaf][: fork.position]
    starts = [(*before, other.token_id) for other in fork.alternatives]
    found = [next((leaf for leaf, ids in enumerate(said) if ids[: len(start)] == start), None) for start in starts]
    return [leaf for leaf in found if leaf is not None]


def slot_rows(wavering: Iterable[SlotForks]) -> list[SlotRow]:
    """The table's rows, in the order of `wavering`."""
    found = list(wavering)
    every = sum(one.forks for one in found)
    return [
        SlotRow(
            slot=words(one.slot),
            forks=count(one.forks),
            share=percent(one.forks / every, 0),
            wrong=percent(one.wrong / one.forks, 0),
            repaired=percent(one.repaired / one.forks, 0),
            kinds=tuple((words(kind), percent(number / one.forks, 0)) for kind, number in one.kinds.items()),
        )
        for one in found
        if one.forks
    ]
