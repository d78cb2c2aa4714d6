"""One arm under one budget -> one policy, and what it cost. `unit.json` is written last: with it a unit is done."""

import time
from dataclasses import replace
from pathlib import Path

from benchmarks.evidence.arms import Arm, merge
from benchmarks.evidence.budget import BudgetKind, main_budget
from benchmarks.evidence.data import make_fresh, make_start
from benchmarks.evidence.learning import (
    chosen_turns,
    drawing_cost,
    own_right_turns,
    point_turns,
    prefer,
    reward,
    train_examples,
    tune,
)
from benchmarks.evidence.objectives import Objective, Trained, reference_turns, train_turns, tree_turns
from benchmarks.evidence.pairing import make_pairs, score_trees
from benchmarks.evidence.place import Place, train_config
from benchmarks.evidence.sampling import sample_at, sampled, sampling_cost

from ttpa.errors import TtpaError
from ttpa.records.candidates import CandidateTree
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.instructions import DecisionPoint
from ttpa.records.record import JsonObject, Record
from ttpa.records.scores import ScoredTurn
from ttpa.runs.record_files import read_record, write_record
from ttpa.steps.run import Run


class Round(Record):
    """What one round did and cost."""

    learned_from: int
    """Pairs, sequences, or prompts that turns were drawn at; 0 where there was nothing to learn from, and the policy
    stayed as it was."""
    steps: int
    allowed: int
    """Tokens that the budget left to training."""
    training_tokens: int
    sampling_tokens: int
    sampling_seconds: float
    """Of all the points, also where several arms share the trees."""
    training_seconds: float
    """Of its last start where it was cut off; with scoring and pairing, and with the turns that GRPO draws."""


class Unit(Record):
    """One arm under one budget."""

    arm: str
    settings: JsonObject
    """Of the arm, when it was made."""
    budget: str
    policy: str
    """The folder of the policy that it came to."""
    rounds: tuple[Round, ...]


def make_unit(place: Place, arm: Arm, kind: BudgetKind) -> Unit:
    """The unit, made where it is not there yet. Raises `TtpaError` where its arm had other settings then."""
    folder = place.unit(arm.name, kind)
    done = folder / "unit.json"
    if done.exists():
        unit = read_record(done, Unit)
        if unit.settings != arm.settings():
            raise TtpaError(
                f"{str(folder)!r} was made when {arm.name!r} had other settings: {unit.settings}; delete it"
            )
        return unit
    start = make_start(place, arm.data, arm.start)
    policy = start.policy()
    rounds: list[Round] = []
    trained = replace(arm, train=merge(arm.train, arm.train_total)) if kind == "total" else arm
    for number in range(1, arm.rounds + 1) if arm.method != "none" else ():
        made, policy = _take_round(place, trained, kind, start, policy, number)
        rounds.append(made)
    unit = Unit(arm=arm.name, settings=arm.settings(), budget=kind, policy=policy, rounds=tuple(rounds))
    write_record(done, unit)
    return unit


def _take_round(place: Place, arm: Arm, kind: BudgetKind, start: Run, policy: str, number: int) -> tuple[Round, str]:
    folder = place.unit(arm.name, kind) / f"round-{number}"
    trees = _sample(place, arm, folder, policy, number) if arm.samples else None
    sampling, sampling_seconds = sampling_cost(trees) if trees else (0, 0.0)
    allowed = main_budget(place, arm).left(kind, arm, sampling)
    started = time.monotonic()
    learned_from = 0
    if arm.method == "grpo":
        points, both = _main_points(place, arm), kind == "total"
        checkpoint = reward(start, arm, policy, points, allowed, folder / "policy", with_drawing=both)
        learned_from, sampling = drawing_cost(checkpoint, train_config("grpo", arm.train).grpo)
        allowed -= sampling if both else 0
    else:
        checkpoint = _train(place, arm, start, trees, policy, allowed, folder)
        learned_from = checkpoint.examples if checkpoint else 0
    seconds = time.monotonic() - started
    made = Round(
        learned_from=learned_from,
        steps=checkpoint.steps if checkpoint else 0,
        allowed=allowed,
        training_tokens=checkpoint.tokens if checkpoint else 0,
        sampling_tokens=sampling,
        sampling_seconds=sampling_seconds,
        training_seconds=round(seconds, 3),
    )
    return made, str(folder / "policy") if checkpoint else policy


def _sample(place: Place, arm: Arm, folder: Path, policy: str, number: int) -> Run:
    """The trees of a round; those of the first are shared, later ones are of points drawn anew."""
    if number == 1:
        return sampled(place, arm)
    return sample_at(place, arm, folder / "trees", policy, seed=1000 * number + place.seed)


def _train(
    place: Place, arm: Arm, start: Run, trees: Run | None, policy: str, tokens: int, folder: Path
) -> Checkpoint | Trained | None:
    """The trained policy in `folder`/policy; none where there is nothing to learn from."""
    output = folder / "policy"
    if arm.method in ("longer", "longer by calls", "longer by turns"):
        every = [one for run in _train_runs(place, arm, start) for one in train_examples(run)]
        if arm.method == "longer":
            return tune(start, arm, policy, every, tokens, output)
        if arm.method == "longer by turns":
            every = [one.model_copy(update={"calls": (True,) * len(one.calls)}) for one in every]
        return tune(start, arm, policy, every, tokens, output, "probability")
    if arm.method == "same turns":
        examples = point_turns(_main_points(place, arm), start.parts.load_tokenizer(policy))
        return tune(start, arm, policy, examples, tokens, output)
    if arm.method in ("risk", "expected", "probability"):
        return _train_otherwise(place, arm, start, trees, policy, tokens, folder, arm.method)
    assert trees is not None
    if arm.method == "own turns":
        examples = own_right_turns(score_trees(place, arm, trees, folder / "pairs"))
        return tune(start, arm, policy, examples, tokens, output) if examples else None
    pairs = make_pairs(place, arm, trees, folder / "pairs")
    if arm.method == "chosen turns":
        return tune(start, arm, policy, chosen_turns(pairs), tokens, output) if pairs else None
    return prefer(start, arm, policy, pairs, tokens, output) if pairs else None


def _train_runs(place: Place, arm: Arm, start: Run) -> list[Run]:
    """All of train: what the policy is fine-tuned on, if anything, and what it has not seen."""
    fresh = make_fresh(place, arm.data)
    return [start, fresh] if place.size.fresh_share < 1 else [fresh]


def _main_points(place: Place, arm: Arm) -> list[DecisionPoint]:
    """Where the main arm samples."""
    main = sampled(place, Arm("", "", "dpo", share=arm.share))
    points = {point.id: point for point in make_fresh(place, arm.data).points("train")}
    return [points[tree.id] for tree in main.read(main.directory.trees, CandidateTree, "sample")]


def _train_otherwise(
    place: Place,
    arm: Arm,
    start: Run,
    trees: Run | None,
    policy: str,
    tokens: int,
    folder: Path,
    objective: Objective,
) -> Trained:
    """By an objective of objectives.py."""
    tokenizer, points = start.parts.load_tokenizer(policy), _main_points(place, arm)
    if trees is None:
        turns = reference_turns(points, tokenizer)
    else:
        scored = score_trees(place, arm, trees, folder / "pairs")
        every = tree_turns(
            points,
            scored.read(scored.directory.trees, CandidateTree, "sample"),
            scored.read(scored.directory.scored, ScoredTurn, "score"),
            tokenizer,
        )
        turns = [one for one in every if min(one.scores) < 1 or arm.train["nll_weight"]]
    return train_turns(
        policy, turns, folder / "policy", objective=objective, tokens=tokens, seed=start.config.seed, **arm.train
    )
