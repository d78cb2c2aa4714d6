"""What else might be learned where trees are: from all turns of a tree at once, or from the reference turn alone.

`risk` is the chance that the policy says a wrong turn, among the candidates of a tree and the reference turn, their
probabilities renormalised among themselves (minimum risk training, Shen et al. 2016, eq. 7 and 8, with sharpness 1).
`probability` raises that of the reference turn, of which fine-tuning raises the logarithm; it needs no tree.
docs/experiment.md says what came of them.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple

import torch
from benchmarks.evidence.place import train_config
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, get_scheduler

from ttpa.models.base import ChatTokenizer
from ttpa.records.candidates import CandidateTree
from ttpa.records.instructions import DecisionPoint
from ttpa.records.scores import ScoredTurn
from ttpa.stages.train.order import by_group
from ttpa.stages.train.tree import plant
from ttpa.stages.train.tree_forward import add_tree_forward

Objective = Literal["risk", "probability"]
_AT_ONCE = 4
"""Points in one forward."""


class Trained(NamedTuple):
    """What a training took."""

    examples: int
    steps: int
    tokens: int


@dataclass(frozen=True)
class PointTurns:
    """What may be said at a decision point, the reference turn first."""

    instruction_id: str
    prompt_ids: tuple[int, ...]
    turns: tuple[tuple[int, ...], ...]
    wrong: tuple[bool, ...]

    @property
    def tokens(self) -> int:
        """Each as often as it stands in a sequence."""
        return sum(len(self.prompt_ids) + len(turn) for turn in self.turns)


def reference_turns(points: Sequence[DecisionPoint], tokenizer: ChatTokenizer) -> list[PointTurns]:
    """The reference turn of each point that has one to say."""
    found: list[PointTurns] = []
    for point in points:
        turn = point.reference_turn()
        if turn.tool_calls or turn.content:
            prompt, ids = tokenizer.turn_ids(point.history, point.tools, turn)
            found.append(PointTurns(point.instruction_id, tuple(prompt), (tuple(ids),), (False,)))
    return found


def tree_turns(
    points: Sequence[DecisionPoint],
    trees: Sequence[CandidateTree],
    scored: Sequence[ScoredTurn],
    tokenizer: ChatTokenizer,
) -> list[PointTurns]:
    """The finished candidates of each tree, and the reference turn before them."""
    by_id = {tree.id: tree for tree in trees}
    verdicts = {turn.tree_id: turn for turn in scored}
    found: list[PointTurns] = []
    for point in points:
        for one in reference_turns([point], tokenizer):
            tree = by_id[point.id]
            said = dict.fromkeys(one.turns, False)
            for candidate in verdicts[point.id].candidates:
                if tree.leaves[candidate.leaf].finished:
                    said.setdefault(tree.token_ids(candidate.leaf), bool(candidate.errors))
            found.append(PointTurns(one.instruction_id, one.prompt_ids, tuple(said), tuple(said.values())))
    return found


def train_turns(
    base: str,
    points: Sequence[PointTurns],
    output: Path,
    *,
    objective: Objective,
    learning_rate: float,
    nll_weight: float,
    tokens: int,
    seed: int,
) -> Trained:
    """Trains `base` for about so many tokens and writes it to `output`.

    `nll_weight` is of the mean negative log-likelihood of a reference token, beside the objective.
    """
    torch.manual_seed(seed)
    model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    add_tree_forward(model)
    model.train()
    dpo = train_config("dpo", {}).dpo
    size = min(dpo.batch_size, len(points))
    steps = max(1, round(tokens / sum(point.tokens for point in points) * len(points) / size))
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.0)
    schedule: Any = get_scheduler("linear", optimizer, max(1, round(dpo.warmup_share * steps)), steps)
    read = 0
    for batch in _batches(points, size, steps, seed):
        learned = sum(len(point.turns[0]) for point in batch)
        for first in range(0, size, _AT_ONCE):
            part = batch[first : first + _AT_ONCE]
            read += sum(point.tokens for point in part)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                each = log_probs(model, part)
            aims = torch.stack([_lose(objective, one, point) for one, point in zip(each, part, strict=True)])
            likelihoods = torch.stack([one[0] for one in each])
            (aims.sum() / size - nll_weight * likelihoods.sum() / learned).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    shutil.rmtree(output, ignore_errors=True)
    model.save_pretrained(output)
    AutoTokenizer.from_pretrained(base).save_pretrained(output)
    return Trained(len(points), steps, read)


def _lose(objective: Objective, log_probs: Tensor, point: PointTurns) -> Tensor:
    if objective == "probability":
        return -log_probs[0].exp()
    return log_probs.softmax(0)[torch.tensor(point.wrong)].sum()


def log_probs(model: Any, points: Sequence[PointTurns]) -> list[Tensor]:
    """Of each turn of each point, by a model that reads forests."""
    sequences = [(len(point.prompt_ids), [*point.prompt_ids, *turn]) for point in points for turn in point.turns]
    labels = torch.full((len(sequences), max(len(ids) for _, ids in sequences)), -100)
    for row, (prompt, ids) in enumerate(sequences):
        labels[row, prompt : len(ids)] = torch.tensor(ids[prompt:])
    output = model(labels=labels, forest=plant([ids for _, ids in sequences]))
    return list(output.log_probs.float().sum(1).split([len(point.turns) for point in points]))


def _batches(points: Sequence[PointTurns], size: int, steps: int, seed: int) -> Iterator[list[PointTurns]]:
    """Points of one instruction follow one another, in an order drawn anew each epoch."""
    draw = by_group([point.instruction_id for point in points])
    waiting: list[int] = []
    epochs = count()
    for _ in range(steps):
        while len(waiting) < size:
            waiting += draw(Random(f"{seed}/{next(epochs)}"))
        yield [points[row] for row in waiting[:size]]
        del waiting[:size]
