"""Records beside their decision points: read side by side, and a clear word where they do not belong together."""

from collections.abc import Iterator

import pytest

from conftest import MakeInstruction
from ttpa.errors import DataError
from ttpa.records.candidates import CandidateTree, Leaf, SampleCost, Span
from ttpa.records.instructions import DecisionPoint
from ttpa.records.scores import ScoredTurn
from ttpa.steps.joining import beside_points, beside_turns


def tree(point_id: str) -> CandidateTree:
    return CandidateTree(
        id=point_id,
        instruction_id=point_id.split("#")[0],
        turn=0,
        prompt_ids=(1,),
        spans=(Span(parent=None, token_ids=(1,), logprobs=(0.0,)),),
        leaves=(Leaf(span=0, text="x", origin="policy"),),
        forks=(),
        cost=SampleCost(prefilled=1, decoded=1),
    )


def turn(point_id: str) -> ScoredTurn:
    return ScoredTurn(id=point_id, tree_id=point_id, instruction_id=point_id, turn=0, reference=(), candidates=())


@pytest.fixture
def points(make_instruction: MakeInstruction) -> list[DecisionPoint]:
    return [point for name in "abc" for point in make_instruction(name).decision_points()]


def test_points_without_a_tree_are_passed_over(points: list[DecisionPoint]) -> None:
    joined = list(beside_points([tree("a#1"), tree("c#0")], points))
    assert [(one.id, point.id) for one, point in joined] == [("a#1", "a#1"), ("c#0", "c#0")]


def test_nothing_is_read_ahead(points: list[DecisionPoint]) -> None:
    read: list[str] = []

    def reading() -> Iterator[DecisionPoint]:
        for point in points:
            read.append(point.id)
            yield point

    next(beside_points([tree("a#1"), tree("c#0")], reading()))
    assert read == ["a#0", "a#1"]


@pytest.mark.parametrize("ids", [["b#0", "a#0"], ["a#0", "a#0"], ["x#0"]])
def test_a_tree_of_no_point_or_out_of_order_is_named(points: list[DecisionPoint], ids: list[str]) -> None:
    with pytest.raises(DataError, match=f"the tree '{ids[-1]}' is of no turn in 'train', or stands out of order"):
        list(beside_points(map(tree, ids), points))


def test_each_tree_has_its_scored_turn() -> None:
    pairs = list(beside_turns(map(tree, ["a", "b"]), map(turn, ["a", "b"])))
    assert [(one.id, scored.id) for one, scored in pairs] == [("a", "a"), ("b", "b")]


@pytest.mark.parametrize(
    ("trees", "turns", "told"),
    [
        (["a", "b"], ["a", "c"], "the scored turn of 'b' was due; 'c' stands there"),
        (["a", "b"], ["a"], "the scored turn of 'b' was due; none is left"),
        (["a"], ["a", "b"], "the scored turn 'b' is of no tree"),
    ],
)
def test_turns_that_do_not_fit_are_named(trees: list[str], turns: list[str], told: str) -> None:
    with pytest.raises(DataError, match=told):
        list(beside_turns(map(tree, trees), map(turn, turns)))
