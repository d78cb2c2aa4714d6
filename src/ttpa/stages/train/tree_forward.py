"""A model's log-probabilities on a forest: one forward over its nodes, then each sequence's tokens from the edges."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false

import types
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import AttentionInterface, PreTrainedModel
from trl.trainer.utils import _CHUNKED_LOGPROB_CHUNK_SIZE, FusedCausalLMOutput, _ChunkedLogProbFunction

from ttpa.errors import ModelError
from ttpa.models.transformers_layers import require_forest
from ttpa.models.transformers_probe import has_its_weights, pad_right, probe_sequences, require_same
from ttpa.stages.train.stage import Attention
from ttpa.stages.train.tree import Forest, plant
from ttpa.stages.train.tree_attention import tree_attention
from ttpa.stages.train.tree_flex import flex_tree_attention

ATTENTION: dict[Attention, str] = {"sdpa": "ttpa_tree", "flex": "ttpa_tree_flex"}
AttentionInterface.register(ATTENTION["sdpa"], tree_attention)
AttentionInterface.register(ATTENTION["flex"], flex_tree_attention)
_FIELDS = ("log_probs", "entropy", "mean_logits", "is_top1")


def require_no_dropout(model: PreTrainedModel) -> None:
    """Raises `ModelError` where attention drops weights out: FlexAttention has no such thing."""
    rate = getattr(model.config, "attention_dropout", 0.0)
    if rate:
        raise ModelError(f"train.attention = 'flex' has no dropout; this model's is {rate}: take 'sdpa'")


@torch.no_grad()
def require_forest_attention(model: PreTrainedModel) -> None:
    """Raises `ModelError` where a forest of a few tokens is not read as its sequences are: the attention is its own.

    Leaves the forest's attention set, by the plain kernel: that of `flex` would be compiled for it. Tries nothing where
    it has been set before, or this process does not hold the weights: of several the first one does, and a reference
    model that is shared by now is of the policy's kind.
    """
    if model.config._attn_implementation in ATTENTION.values() or not has_its_weights(model):
        return
    sequences = probe_sequences(model)
    ids, seen = pad_right(sequences, model.device)
    forest = plant(sequences).to(model.device)
    base, was_training = model.base_model, model.training  # the model's own forward may be under autocast
    model.eval()
    due = base(input_ids=ids, attention_mask=seen.long(), use_cache=False).last_hidden_state[seen]

    def read_forest() -> Tensor:
        model.set_attn_implementation(ATTENTION["sdpa"])
        return _read_nodes(model, forest)[forest.paths[seen]]

    require_same(
        model,
        due,
        read_forest,
        refusal=f"{type(model).__name__} reads a forest otherwise than its sequences, as models do whose attention is "
        "their own: take train.packing = 'pairs'",
    )
    model.train(was_training)


def add_tree_forward(model: PreTrainedModel, attention: Attention = "sdpa", *, temperature: float = 1.0) -> None:
    """Lets `model(labels=..., forest=...)` compute on the forest what TRL asks for, of logits over a temperature.

    The result is TRL's, to the last token: what is not a label is zero. Without a forest, and with the attention that
    it had, the model computes as before. Raises `ModelError` for a model with other than full attention, for one that
    does not attend as it is told to, and with `flex` for one whose attention drops out.
    """
    require_forest(model.config)
    if attention == "flex":
        require_no_dropout(model)
    require_forest_attention(model)
    model.set_attn_implementation(ATTENTION[attention])  # kept: activation checkpointing comes back to it backwards
    usual = model.forward

    def forward(
        self: PreTrainedModel, *given: Any, forest: Forest | None = None, labels: Tensor | None = None, **named: Any
    ) -> Any:
        if forest is None:
            return usual(*given, labels=labels, **named)
        assert labels is not None
        return _read_edges(self, _read_nodes(self, forest), forest, labels, temperature)

    model.forward = types.MethodType(forward, model)


def read_turns(model: Any, input_ids: Tensor, seen: Tensor, columns: int) -> tuple[Tensor, Tensor]:
    """Log-probabilities and entropies of the turns in the last columns, (rows, columns), by a tree forward.

    `seen` (rows, all columns) is False where a row is padded: prompts on the left, turns on the right.
    """
    sequences = [row[there] for row, there in zip(input_ids, seen, strict=True)]
    turns = seen[:, -columns:].sum(-1)
    labels = pad_sequence(sequences, batch_first=True, padding_value=-100)
    prompts = seen.sum(-1) - turns
    labels = labels.masked_fill(torch.arange(labels.shape[1], device=labels.device) < prompts[:, None], -100)
    forest = plant([row.tolist() for row in sequences]).to(input_ids.device)
    output = model(labels=labels, forest=forest)
    place = torch.arange(columns, device=labels.device)
    there = (prompts[:, None] - 1 + place).clamp(max=labels.shape[1] - 2)
    is_turn = place < turns[:, None]
    log_probs, entropies = (
        field.gather(1, there).masked_fill(~is_turn, 0) for field in (output.log_probs, output.entropy)
    )
    return log_probs, entropies


def _read_nodes(model: PreTrainedModel, forest: Forest) -> Tensor:
    """The last hidden state of each node, (nodes, hidden size)."""
    output = model.base_model(
        input_ids=forest.token_ids[None], position_ids=forest.positions[None], use_cache=False, forest=forest
    )
    return output.last_hidden_state[0]


def _read_edges(
    model: PreTrainedModel, hidden: Tensor, forest: Forest, labels: Tensor, temperature: float
) -> FusedCausalLMOutput:
    """What each sequence's labels get; an edge that several sequences take is computed once."""
    nodes = forest.paths[:, 1:]
    wanted = labels[:, 1:] != -100
    edges = torch.unique(nodes[wanted])
    head = model.get_output_embeddings()
    assert isinstance(head, torch.nn.Module)
    told = _ChunkedLogProbFunction.apply(
        hidden[forest.parents[edges]],
        head.weight,
        getattr(head, "bias", None),
        forest.token_ids[edges],
        temperature,
        _CHUNKED_LOGPROB_CHUNK_SIZE,
        getattr(model.config, "final_logit_softcapping", None),
        _logit_scale(model),
        _FIELDS,
    )
    places = torch.zeros(len(forest.token_ids), dtype=torch.long, device=hidden.device)
    places[edges] = torch.arange(len(edges), device=hidden.device)
    log_probs, entropy, _, mean_logits, is_top1 = (
        None if field is None else field[places[nodes]].masked_fill(~wanted, 0) for field in told
    )
    assert log_probs is not None
    loss = -log_probs.sum() / wanted.sum().clamp(min=1)
    return FusedCausalLMOutput(
        loss=loss, log_probs=log_probs, entropy=entropy, mean_logits=mean_logits, is_top1=is_top1, label_mask=wanted
    )


def _logit_scale(model: PreTrainedModel) -> float:
    """What TRL multiplies the logits of a few families by."""
    for name in ("logit_scale", "output_multiplier", "lm_head_multiplier"):
        if getattr(model.config, name, None) is not None:
            return float(getattr(model.config, name))
    scaling = getattr(model.config, "logits_scaling", None)
    return 1.0 if scaling is None else 1.0 / float(scaling)
