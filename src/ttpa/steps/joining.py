"""Records beside the decision points that they belong to, read side by side: both stand in the same order."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from ttpa.errors import DataError
from ttpa.records.candidates import CandidateTree
from ttpa.records.instructions import DecisionPoint
from ttpa.records.scores import ScoredTurn

TREES_TOGETHER = 32
"""Trees that are handed to a worker at once: one is scored in about a millisecond."""

Sampled = TypeVar("Sampled", CandidateTree, tuple[CandidateTree, ScoredTurn])


def beside_points(
    records: Iterable[Sampled], points: Iterable[DecisionPoint]
) -> Iterator[tuple[Sampled, DecisionPoint]]:
    """Each record with the decision point of its tree; points without a record are passed over.

    Raises `DataError` for a tree of no point, or one that does not stand in the order of the points.
    """
    waiting = iter(points)
    for record in records:
        tree = record[0] if isinstance(record, tuple) else record
        point = next((point for point in waiting if point.id == tree.id), None)
        if point is None:
            raise DataError(f"the tree {tree.id!r} is of no turn in 'train', or stands out of order")
        yield record, point


def beside_turns(
    trees: Iterable[CandidateTree], turns: Iterable[ScoredTurn]
) -> Iterator[tuple[CandidateTree, ScoredTurn]]:
    """Each tree with its scored turn. Raises `DataError` where they do not belong together, or one is missing."""
    waiting = iter(turns)
    for tree in trees:
        turn = next(waiting, None)
        if turn is None or turn.tree_id != tree.id:
            found = "none is left" if turn is None else f"{turn.tree_id!r} stands there"
            raise DataError(f"the scored turn of {tree.id!r} was due; {found}")
        yield tree, turn
    if (extra := next(waiting, None)) is not None:
        raise DataError(f"the scored turn {extra.id!r} is of no tree")
