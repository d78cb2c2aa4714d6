"""Objectives over whole trees: what they raise, and what they learn from."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import math
from pathlib import Path

import pytest
import torch
from benchmarks.evidence.objectives import (
    Objective,
    PointTurns,
    reference_turns,
    train_turns,
    tree_turns,
)
from transformers import AutoModelForCausalLM

from conftest import MakeInstruction, WriteTinyPolicy
from ttpa.models.transformers_tokenizer import TransformersTokenizer
from ttpa.records.candidates import CandidateTree, Leaf, SampleCost, Span
from ttpa.records.instructions import DecisionPoint
from ttpa.records.scores import CallError, ErrorKind, ScoredCandidate, ScoredTurn, ScoreParts


@pytest.fixture(scope="module")
def policy(
    tmp_path_factory: pytest.TempPathFactory, write_tiny_policy: WriteTinyPolicy, make_instruction: MakeInstruction
) -> str:
    instructions = [make_instruction(f"i{number}", f"Rain in Oslo on day {number}?") for number in range(8)]
    return write_tiny_policy(tmp_path_factory.mktemp("policy") / "base", instructions, 32)


@pytest.fixture(scope="module")
def tokenizer(policy: str) -> TransformersTokenizer:
    return TransformersTokenizer(policy)


@pytest.fixture(scope="module")
def decision_points(make_instruction: MakeInstruction) -> list[DecisionPoint]:
    made = [make_instruction(f"i{number}", f"Rain in Oslo on day {number}?") for number in range(8)]
    return [instruction.decision_points()[0] for instruction in made]


@pytest.fixture(scope="module")
def points(decision_points: list[DecisionPoint], tokenizer: TransformersTokenizer) -> list[PointTurns]:
    """Each with its reference turn, and one that has another token in the midst of it."""
    found: list[PointTurns] = []
    for one in reference_turns(decision_points, tokenizer):
        (right,) = one.turns
        wrong = (*right[:4], right[5], *right[5:])
        found.append(PointTurns(one.instruction_id, one.prompt_ids, (right, wrong), (1.0, 0.5)))
    return found


def probabilities(policy: str, point: PointTurns) -> list[float]:
    """Of each turn, in nats, one sequence at a time."""
    model = AutoModelForCausalLM.from_pretrained(policy, dtype=torch.float32)
    found: list[float] = []
    for turn in point.turns:
        ids = torch.tensor([[*point.prompt_ids, *turn]])
        with torch.no_grad():
            logits = model(ids).logits[0, len(point.prompt_ids) - 1 : -1].log_softmax(-1)
        found.append(float(logits.gather(-1, torch.tensor(turn)[:, None]).sum()))
    return found


def wrong_share(policy: str, point: PointTurns) -> float:
    right, wrong = probabilities(policy, point)
    return 1 / (1 + math.exp(right - wrong))


def train(policy: str, points: list[PointTurns], output: Path, objective: Objective, *, nll_weight: float = 0.0) -> str:
    tokens = 10 * sum(point.tokens for point in points)
    made = train_turns(
        policy, points, output, objective=objective, learning_rate=3e-3, nll_weight=nll_weight, tokens=tokens, seed=0
    )
    assert made.examples == len(points)
    assert made.steps == 10
    assert made.tokens == tokens
    return str(output)


def test_risk_takes_probability_from_wrong_turns_and_gives_it_to_the_right_ones(
    policy: str, points: list[PointTurns], tmp_path: Path
) -> None:
    trained = train(policy, points, tmp_path / "policy", "risk")
    assert wrong_share(policy, points[0]) > 0.05
    assert wrong_share(trained, points[0]) < wrong_share(policy, points[0]) / 4


def test_expected_moves_probability_from_the_worse_turns_of_a_tree_to_the_better(
    policy: str, points: list[PointTurns], tmp_path: Path
) -> None:
    """The first token of each reference turn and another: turns that may be won at once."""
    firsts = [
        PointTurns(one.instruction_id, one.prompt_ids, (one.turns[0][:1], one.turns[0][1:2]), one.scores)
        for one in points
    ]
    trained = train(policy, firsts, tmp_path / "policy", "expected")
    before, after = (probabilities(path, firsts[0]) for path in (policy, trained))
    assert after[0] > before[0] + 0.5
    assert after[0] - after[1] > before[0] - before[1] + 0.5


def test_what_is_as_good_as_impossible_is_left_to_the_likelihood(
    policy: str, points: list[PointTurns], tmp_path: Path
) -> None:
    alone = train(policy, points, tmp_path / "alone", "probability")
    beside = train(policy, points, tmp_path / "beside", "probability", nll_weight=1.0)
    before, left, raised = (probabilities(path, points[0])[0] for path in (policy, alone, beside))
    assert left == pytest.approx(before, abs=0.1 * abs(before))
    assert raised > before + 5


def test_a_trees_turns_are_its_finished_candidates_after_the_reference_turn_each_once(
    decision_points: list[DecisionPoint], tokenizer: TransformersTokenizer
) -> None:
    point = decision_points[0]
    (reference,) = reference_turns([point], tokenizer)
    said = reference.turns[0]
    spans = tuple(Span(parent=None, token_ids=ids, logprobs=(-1.0,) * len(ids)) for ids in (said, said[:3], said[:5]))
    leaves = tuple(
        Leaf(span=index, text="", origin="drawn", finished=finished)
        for index, finished in enumerate((True, True, False))
    )
    tree = CandidateTree(
        id=point.id, instruction_id=point.instruction_id, turn=0, prompt_ids=reference.prompt_ids, spans=spans,
        leaves=leaves, forks=(), cost=SampleCost(prefilled=1, decoded=1),
    )  # fmt: skip
    wrong = CallError(kind=ErrorKind.NO_CALL, call=None, path=None, expected=None, got=None)
    parts = ScoreParts(name=1, required=1, argument_names=1, types=1, values=1)
    verdicts = tuple(
        ScoredCandidate(leaf=leaf, calls=(), score=score, parts=parts, errors=errors)
        for leaf, score, errors in ((0, 1.0, ()), (1, 0.0, (wrong,)), (2, 0.0, (wrong,)))
    )
    scored = ScoredTurn(
        id=point.id, tree_id=point.id, instruction_id=point.instruction_id, turn=0, reference=point.reference,
        candidates=verdicts,
    )  # fmt: skip
    (found,) = tree_turns([point], [tree], [scored], tokenizer)
    assert found.turns == (said, said[:3])
    assert found.scores == (1.0, 0.0)
