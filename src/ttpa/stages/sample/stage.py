"""Sample: decision points -> candidate trees (METHOD: token-level preference sampling).

The policy's own greedy turn is the trunk; where it wavers, the other token is forced and the turn goes on greedily.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from pydantic import Field

from ttpa.dialects.base import Dialect
from ttpa.models.base import Branch, Completion, Growth, TokenModel
from ttpa.records.candidates import CandidateTree, Fork, Leaf, SampleCost, Slot, Span
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import DecisionPoint
from ttpa.records.record import Record
from ttpa.stages.sample.forks import ForkRules, find_forks
from ttpa.stages.sample.slots import label_tokens


class SampleConfig(Record):
    """Which decision points are sampled, and how."""

    points: int = Field(default=1000, ge=1)
    """Decision points at most, drawn from the `train` split by the run's seed."""
    max_new_tokens: int = Field(default=160, ge=1)
    """Tokens of a turn at most."""
    batch: int = Field(default=64, ge=1)
    """Decision points that are handed to the model together."""
    forks: ForkRules = ForkRules()


def sample(
    points: Sequence[DecisionPoint], *, model: TokenModel, dialect: Dialect, config: SampleConfig
) -> list[CandidateTree | Discard]:
    """A candidate tree for each decision point, in order, or a discard where prompt and turn do not fit the model."""
    prompts = [model.tokenizer.prompt_ids(point.history, point.tools) for point in points]
    fitting = [i for i, prompt in enumerate(prompts) if len(prompt) + config.max_new_tokens <= model.max_length]
    labelled: dict[int, tuple[tuple[Slot, ...], list[Fork]]] = {}

    def find_branches(index: int, trunk: Completion) -> list[Branch]:
        slots = label_tokens(model.tokenizer.pieces(trunk.token_ids), dialect, finished=trunk.finished)
        forks = find_forks(trunk, slots, config.forks) if _is_finite(trunk) else []
        labelled[index] = slots, forks
        return [
            Branch(fork.position, alternative.token_id, alternative.logprob)
            for fork in forks
            for alternative in fork.alternatives
        ]

    growths = model.grow(
        [prompts[i] for i in fitting],
        find_branches,
        max_new_tokens=config.max_new_tokens,
        top_k=config.forks.alternatives + 1,
    )
    outcomes: list[CandidateTree | Discard] = [
        Discard(
            id=point.id,
            stage="sample",
            reason=DiscardReason.CONTEXT_OVERFLOW,
            detail=f"{len(prompt)} prompt tokens and {config.max_new_tokens} new ones; at most {model.max_length} fit",
        )
        for point, prompt in zip(points, prompts, strict=True)
    ]
    for order, (index, growth) in enumerate(zip(fitting, growths, strict=True)):
        slots, forks = labelled[order]
        if _is_finite(growth.trunk):
            outcomes[index] = _build_tree(points[index], prompts[index], growth, slots, forks, model)
        else:
            outcomes[index] = Discard(
                id=points[index].id,
                stage="sample",
                reason=DiscardReason.NO_CANDIDATE,
                detail="the policy's log-probabilities are not finite",
            )
    return outcomes


def _build_tree(
    point: DecisionPoint,
    prompt_ids: tuple[int, ...],
    growth: Growth,
    slots: tuple[Slot, ...],
    forks: list[Fork],
    model: TokenModel,
) -> CandidateTree:
    """The trunk is cut at its forks; each branch is one more span below the cut."""
    trunk = growth.trunk
    cuts = [fork.position for fork in forks]
    bounds = [0, *(cut for cut in cuts if cut > 0), len(trunk.token_ids)]
    spans = [
        Span(
            parent=index - 1 if index else None,
            token_ids=trunk.token_ids[start:end],
            logprobs=trunk.logprobs[start:end],
        )
        for index, (start, end) in enumerate(pairwise(bounds))
    ]
    span_before = {end: index for index, end in enumerate(bounds[1:])}
    leaves = [_leaf(len(spans) - 1, trunk.token_ids, trunk, None, model)]
    for branch, completion in growth.branches:
        if not all(math.isfinite(logprob) for logprob in completion.logprobs):
            continue
        parent = span_before[branch.position] if branch.position else None
        spans.append(Span(parent=parent, token_ids=completion.token_ids, logprobs=completion.logprobs))
        turn_ids = (*trunk.token_ids[: branch.position], *completion.token_ids)
        leaves.append(_leaf(len(spans) - 1, turn_ids, completion, cuts.index(branch.position), model))
    return CandidateTree(
        id=point.id,
        instruction_id=point.instruction_id,
        turn=point.turn,
        prompt_ids=prompt_ids,
        spans=tuple(spans),
        leaves=tuple(leaves),
        slots=slots,
        forks=tuple(forks),
        cost=SampleCost(prefilled=growth.prefilled, decoded=growth.decoded),
    )


def _leaf(span: int, turn_ids: tuple[int, ...], completion: Completion, fork: int | None, model: TokenModel) -> Leaf:
    spoken = turn_ids[:-1] if completion.finished else turn_ids
    text = "".join(model.tokenizer.pieces(spoken))
    return Leaf(span=span, text=text, fork=fork, finished=completion.finished)


def _is_finite(completion: Completion) -> bool:
    return all(math.isfinite(logprob) for logprob in completion.logprobs)
