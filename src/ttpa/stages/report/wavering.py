"""Where the policy wavers over a whole run: forks by what the token spells, and what came of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ttpa.records.candidates import CandidateTree, SlotKind
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
        below: dict[int, list[int]] = {}
        for leaf, candidate in enumerate(tree.leaves):
            if candidate.fork is not None:
                below.setdefault(candidate.fork, []).append(leaf)
        for index, fork in enumerate(tree.forks):
            branches = [errors[leaf] for leaf in below.get(index, ()) if leaf in errors]
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
