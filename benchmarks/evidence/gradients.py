"""Where fine-tuning and preferences would move the fine-tuned policy, seen from turns that neither learns from.

`python -m benchmarks.evidence.gradients [--out runs/evidence] [--seeds 100] [--turns 200]`, over what `python -m
benchmarks.evidence --sweep --sets quickstart --arms ttpa` has made. A direction is the gradient at the policy's weights
of what a method raises, summed over all that it learns from. It is held against two that dev would have: the one that
raises the log-probabilities of its reference turns, in which turns that are far from being said weigh most, and the one
that raises their probabilities, in which those weigh most that are near to be won or lost. It is also tried in steps of
several lengths.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import argparse
import math
import statistics
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch
from benchmarks.evidence.arms import MAIN
from benchmarks.evidence.data import make_fresh, make_start
from benchmarks.evidence.place import Place
from benchmarks.evidence.sampling import sampled
from benchmarks.evidence.sets import SETS
from benchmarks.evidence.sizes import FULL
from torch import Tensor
from torch.nn.functional import cosine_similarity
from torch.nn.utils import parameters_to_vector, vector_to_parameters
from transformers import AutoModelForCausalLM, PreTrainedModel

from ttpa.records.candidates import CandidateTree
from ttpa.records.instructions import DecisionPoint
from ttpa.records.pairs import PreferencePair
from ttpa.runs.layout import RunDirectory
from ttpa.runs.record_files import read_records

One = TypeVar("One")
Said = tuple[list[int], list[int]]
"""What stands there, and what is raised after it."""
STEPS = (0.02, 0.06, 0.18)
"""Lengths in the space of all weights."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence.gradients", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs") / "evidence")
    parser.add_argument("--seeds", nargs="+", type=int, default=[100])
    parser.add_argument("--turns", type=int, default=200, help="reference turns of dev with calls")
    options = parser.parse_args()
    for seed in options.seeds:
        measure(Place(options.out / "sweep", SETS["quickstart"], seed, FULL), options.turns)


def measure(place: Place, turns: int) -> None:
    """Prints a table: each direction's cosines with dev's, and what dev has after a step of each length along it."""
    start = make_start(place, "reversed")
    tokenizer = start.parts.load_tokenizer(start.policy())

    def reference(point: DecisionPoint) -> Said:
        prompt, turn = tokenizer.turn_ids(point.history, point.tools, point.reference_turn())
        return list(prompt), list(turn)

    dev = [reference(point) for point in start.points("test") if point.reference][:turns]
    points = {point.id: point for point in make_fresh(place, "reversed").points("train")}
    trees = read_records(sampled(place, MAIN).directory.trees, CandidateTree)
    pairs = read_records(RunDirectory(place.unit(MAIN.name, "training") / "round-1" / "pairs").pairs, PreferencePair)
    due = [reference(points[tree.id]) for tree in trees if points[tree.id].reference]
    paired = [reference(points[name]) for name in sorted({pair.tree_id for pair in pairs})]
    chosen = [_after_fork(pair, pair.chosen_ids) for pair in pairs]
    rejected = [_after_fork(pair, pair.rejected_ids) for pair in pairs]
    tokens = [(_after_fork(pair, pair.chosen_ids[:1]), _after_fork(pair, pair.rejected_ids[:1])) for pair in pairs]

    model = AutoModelForCausalLM.from_pretrained(start.policy()).float()
    up, down = _direction(model, _log_prob, chosen), -_direction(model, _log_prob, rejected)
    directions = {
        "fine-tuning: reference turns, all sampled points that are due calls": _direction(model, _log_prob, due),
        "fine-tuning: reference turns of the points that gave pairs": _direction(model, _log_prob, paired),
        "probabilities of reference turns, all sampled points that are due calls": _direction(model, _prob, due),
        "DPO's first step: chosen up, rejected down": up + down,
        "its first half: chosen up": up,
        "its other half: rejected down": down,
        "the same at the forks' tokens alone": _direction(model, _log_odds, tokens),
        "the share of the chosen of both tokens": _direction(model, _share, tokens),
    }
    seen_from_dev = [_direction(model, measure, dev) for measure in (_log_prob, _prob)]
    print(f"seed {place.seed}: {len(trees)} trees, {len(pairs)} pairs, {len(due)} turns that are due calls; ", end="")
    nats, probability = _likelihood(model, dev)
    print(f"{len(dev)} of dev, {nats:.3f} nats each, {probability:.3f} probable\n")
    after = " | ".join(f"dev after {step:g}" for step in STEPS)
    print(f"| direction | cosine with dev's log-probabilities | with dev's probabilities | {after} |")
    print("|---|---|---|" + "---|" * len(STEPS))
    for says, direction in directions.items():
        cosines = [f"{float(cosine_similarity(direction, other, dim=0)):+.3f}" for other in seen_from_dev]
        tried = [_after(model, direction / direction.norm() * step, dev) for step in STEPS]
        print("| " + " | ".join([says, *cosines, *tried]) + " |", flush=True)


def _after_fork(pair: PreferencePair, rest: Sequence[int]) -> Said:
    return [*pair.prompt_ids, *pair.shared_ids], list(rest)


def _direction(model: PreTrainedModel, measure: Callable[[PreTrainedModel, One], Tensor], of: list[One]) -> Tensor:
    """The gradient of the measure's sum, as one vector."""
    model.zero_grad()
    for one in of:
        measure(model, one).backward()
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    return torch.cat([gradient.flatten() for gradient in gradients])


def _likelihood(model: PreTrainedModel, of: list[Said]) -> tuple[float, float]:
    """Of a turn on average: its loss in nats, and its probability."""
    with torch.no_grad():
        log_probs = [float(_log_prob(model, one)) for one in of]
    return -statistics.fmean(log_probs), statistics.fmean(map(math.exp, log_probs))


def _after(model: PreTrainedModel, step: Tensor, dev: list[Said]) -> str:
    with _moved(model, step):
        nats, probability = _likelihood(model, dev)
    return f"{nats:.3f}, {probability:.3f}"


@contextmanager
def _moved(model: PreTrainedModel, step: Tensor) -> Generator[None]:
    """The model a step further, and back where it was afterwards."""
    with torch.no_grad():
        before = parameters_to_vector(model.parameters()).clone()
        vector_to_parameters(before + step, model.parameters())
        yield
        vector_to_parameters(before, model.parameters())


def _log_prob(model: PreTrainedModel, said: Said) -> Tensor:
    before, after = said
    logits = model(torch.tensor([before + after]), use_cache=False).logits[0, len(before) - 1 : -1]
    return logits.log_softmax(-1).gather(-1, torch.tensor(after)[:, None]).sum()


def _prob(model: PreTrainedModel, said: Said) -> Tensor:
    return _log_prob(model, said).exp()


def _log_odds(model: PreTrainedModel, sides: tuple[Said, Said]) -> Tensor:
    """Of the first over the second; both go on after the same tokens."""
    return _log_prob(model, sides[0]) - _log_prob(model, sides[1])


def _share(model: PreTrainedModel, sides: tuple[Said, Said]) -> Tensor:
    """Of the first, among both."""
    return _log_odds(model, sides).sigmoid()


if __name__ == "__main__":
    main()
