"""What else might be learned where trees are: from all turns of a tree at once, or from the reference turn alone.

`risk` is the chance that the policy says a wrong turn, among the candidates of a tree and the reference turn, their
probabilities renormalised among themselves (minimum risk training, Shen et al. 2016, eq. 7 and 8, with sharpness 1).
`expected` is the score that the policy may expect, as far as it says a turn of the tree, above what a turn of the tree
has on average: the policy gradient over all of a tree's turns at once, nothing drawn (Ciosek and Whiteson 2018).
`probability` raises that of the reference turn, of which fine-tuning raises the logarithm; it needs no tree, and so
dialogues may be read as a whole (`stages/train/call_probability.py`). docs/experiment.md says what came of them.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple, TypeVar

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

T = TypeVar("T")
Objective = Literal["risk", "expected", "probability"]
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
    scores: tuple[float, ...]
    """1 for a right one."""

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
            found.append(PointTurns(point.instruction_id, tuple(prompt), (tuple(ids),), (1.0,)))
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
            said = dict.fromkeys(one.turns, 1.0)
            for candidate in verdicts[point.id].candidates:
                if tree.leaves[candidate.leaf].finished:
                    said.setdefault(tree.token_ids(candidate.leaf), candidate.score)
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
    model = _load(base, seed)
    add_tree_forward(model)
    dpo = train_config("dpo", {}).dpo
    size = min(dpo.batch_size, len(points))
    steps = max(1, round(tokens / sum(point.tokens for point in points) * len(points) / size))

    def lose(batch: Sequence[PointTurns]) -> Iterator[Tensor]:
        learned = sum(len(point.turns[0]) for point in batch)
        for first in range(0, size, _AT_ONCE):
            part = batch[first : first + _AT_ONCE]
            with torch.autocast("cpu", dtype=torch.bfloat16):
                each = log_probs(model, part)
            aims = torch.stack([_lose(objective, one, point) for one, point in zip(each, part, strict=True)])
            likelihoods = torch.stack([one[0] for one in each])
            yield aims.sum() / size - nll_weight * likelihoods.sum() / learned

    drawn = list(_batches(points, [point.instruction_id for point in points], size, steps, seed))
    _optimise(model, map(lose, drawn), steps, learning_rate)
    _save(model, base, output)
    return Trained(len(points), steps, sum(point.tokens for batch in drawn for point in batch))


def _load(base: str, seed: int) -> Any:
    torch.manual_seed(seed)
    model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return model.train()


def _optimise(model: Any, batches: Iterable[Iterator[Tensor]], steps: int, learning_rate: float) -> None:
    """A step a batch, whose losses come part by part and add up."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.0)
    warmup = train_config("dpo", {}).dpo.warmup_share
    schedule: Any = get_scheduler("linear", optimizer, max(1, round(warmup * steps)), steps)
    for losses in batches:
        for loss in losses:
            loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()


def _save(model: Any, base: str, output: Path) -> None:
    shutil.rmtree(output, ignore_errors=True)
    model.save_pretrained(output)
    AutoTokenizer.from_pretrained(base).save_pretrained(output)


def _lose(objective: Objective, log_probs: Tensor, point: PointTurns) -> Tensor:
    if objective == "probability":
        return -log_probs[0].exp()
    scores = torch.tensor(point.scores)
    if objective == "risk":
        return log_probs.softmax(0)[scores < 1].sum()
    mean = (log_probs.detach().softmax(0) * scores).sum()
    return -(log_probs.exp() * (scores - mean)).sum()


def log_probs(model: Any, points: Sequence[PointTurns]) -> list[Tensor]:
    """Of each turn of each point, by a model that reads forests."""
    sequences = [(len(point.prompt_ids), [*point.prompt_ids, *turn]) for point in points for turn in point.turns]
    labels = torch.full((len(sequences), max(len(ids) for _, ids in sequences)), -100)
    for row, (prompt, ids) in enumerate(sequences):
        labels[row, prompt : len(ids)] = torch.tensor(ids[prompt:])
    output = model(labels=labels, forest=plant([ids for _, ids in sequences]))
    return list(output.log_probs.float().sum(1).split([len(point.turns) for point in points]))


def _batches(items: Sequence[T], groups: Sequence[str], size: int, steps: int, seed: int) -> Iterator[list[T]]:
    """Items of one group follow one another, in an order drawn anew each epoch."""
    draw = by_group(groups)
    waiting: list[int] = []
    epochs = count()
    for _ in range(steps):
        while len(waiting) < size:
            waiting += draw(Random(f"{seed}/{next(epochs)}"))
        yield [items[row] for row in waiting[:size]]
        del waiting[:size]
