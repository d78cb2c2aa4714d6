"""Where fine-tuning and preferences would move the fine-tuned policy, seen from turns that neither learns from.

`python -m benchmarks.evidence.gradients [--out runs/evidence] [--seeds 100] [--turns 200]`, over what `python -m
benchmarks.evidence --sweep --sets quickstart --arms ttpa` has made. A direction is the gradient at the policy's weights
of what a method raises, summed over all that it learns from. It is held against the one that raises dev's reference
turns, and tried in steps of several lengths.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import argparse
import statistics
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from benchmarks.evidence.arms import MAIN
from benchmarks.evidence.data import make_fresh, make_start
from benchmarks.evidence.place import Place
from benchmarks.evidence.sampling import sampled
from benchmarks.evidence.sets import SETS
from benchmarks.evidence.sizes import FULL
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters
from transformers import AutoModelForCausalLM, PreTrainedModel

from ttpa.records.candidates import CandidateTree
from ttpa.records.instructions import DecisionPoint
from ttpa.records.pairs import PreferencePair
from ttpa.runs.layout import RunDirectory
from ttpa.runs.record_files import read_records

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
    """Prints a table: each direction's cosine with dev's, and dev's loss after a step of each length along it."""
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
    chosen, rejected = (_rests(pairs, side, None) for side in ("chosen", "rejected"))
    chosen_token, rejected_token = (_rests(pairs, side, 1) for side in ("chosen", "rejected"))

    model = AutoModelForCausalLM.from_pretrained(start.policy()).float()
    seen_from_dev = _direction(model, dev)
    up, down = _direction(model, chosen), -_direction(model, rejected)
    directions = {
        "fine-tuning: reference turns, all sampled points that are due calls": _direction(model, due),
        "fine-tuning: reference turns of the points that gave pairs": _direction(model, paired),
        "DPO's first step: chosen up, rejected down": up + down,
        "its first half: chosen up": up,
        "its other half: rejected down": down,
        "the same at the forks' tokens alone": _direction(model, chosen_token) - _direction(model, rejected_token),
    }
    print(f"seed {place.seed}: {len(trees)} trees, {len(pairs)} pairs, {len(due)} turns that are due calls; ", end="")
    print(f"{len(dev)} of dev, {_loss(model, dev):.3f} nats each\n")
    print("| direction | cosine with dev's | " + " | ".join(f"dev, nats after {step:g}" for step in STEPS) + " |")
    print("|---|---|" + "---|" * len(STEPS))
    for says, direction in directions.items():
        cosine = float(torch.nn.functional.cosine_similarity(direction, seen_from_dev, dim=0))
        after = [_loss_after(model, direction / direction.norm() * step, dev) for step in STEPS]
        print(f"| {says} | {cosine:+.3f} | " + " | ".join(f"{loss:.3f}" for loss in after) + " |", flush=True)


def _rests(pairs: Sequence[PreferencePair], side: str, tokens: int | None) -> list[Said]:
    """What a side of each pair goes on with after the fork, or the first tokens of it."""
    rests = [pair.chosen_ids if side == "chosen" else pair.rejected_ids for pair in pairs]
    return [
        ([*pair.prompt_ids, *pair.shared_ids], list(rest[:tokens])) for pair, rest in zip(pairs, rests, strict=True)
    ]


def _direction(model: PreTrainedModel, said: Sequence[Said]) -> Tensor:
    """The gradient of the sum of all log-probabilities, as one vector."""
    model.zero_grad()
    for one in said:
        _log_prob(model, one).backward()
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    return torch.cat([gradient.flatten() for gradient in gradients]).clone()


def _loss(model: PreTrainedModel, said: Sequence[Said]) -> float:
    """In nats a turn."""
    with torch.no_grad():
        return -statistics.fmean(float(_log_prob(model, one)) for one in said)


def _loss_after(model: PreTrainedModel, step: Tensor, said: Sequence[Said]) -> float:
    with _moved(model, step):
        return _loss(model, said)


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


if __name__ == "__main__":
    main()
