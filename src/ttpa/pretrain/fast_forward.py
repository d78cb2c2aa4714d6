"""A causal forward over the parameters of a small model, faster than the model's own modules.

Equal to transformers' `Qwen3ForCausalLM` and `LlamaForCausalLM` up to rounding in bfloat16: attention by PyTorch's
kernels on a GPU, and on a CPU in blocks of rows so that what causality hides is mostly not computed; one product for
queries, keys and values and one for gate and up, logits only where a loss is taken, and what lies between the products
fused by `torch.compile`.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from ttpa.pretrain.family import SmallModel, head_size
from ttpa.pretrain.induction import rotary_angles

_BLOCK = 128
"""Rows of one attention block."""


class FastForward:
    """Losses of a model on chosen positions."""

    def __init__(self, model: SmallModel, *, compiled: bool = True) -> None:
        """Shares the parameters of `model`; with `compiled` the parts between the products are fused."""
        config = model.config
        self._eps, self._head = float(config.rms_norm_eps), head_size(model)
        self._angles = rotary_angles(model)
        self._embedding = model.get_parameter("model.embed_tokens.weight")
        self._final_norm = model.get_parameter("model.norm.weight")
        self._layers = [_layer(model, index) for index in range(config.num_hidden_layers)]
        wrap: Callable[[Callable[..., Any]], Callable[..., Any]] = (
            (lambda function: torch.compile(function, dynamic=True)) if compiled else (lambda function: function)
        )
        self._before, self._after, self._score = wrap(_before_attention), wrap(_after_attention), wrap(_cross_entropy)

    def losses(self, input_ids: Tensor, chosen: Tensor, target_ids: Tensor) -> Tensor:
        """Cross entropy in nats, (chosen,), of `target_ids` (chosen,) after the positions `chosen` of the flat batch.

        `input_ids` is (rows, columns), padded on the right; causality keeps the padding out of sight.
        """
        turned = torch.arange(input_ids.shape[1], device=input_ids.device)[:, None] * self._angles
        cosines, sines = turned.cos(), turned.sin()
        hidden = functional.embedding(input_ids, self._embedding)
        for norm, q, k, v, q_norm, k_norm, o, after_norm, gate, up, down in self._layers:
            queries, keys, values = self._before(
                hidden, cosines, sines, norm, q, k, v, q_norm, k_norm, self._head, self._eps
            )
            attended = _attend(queries, keys, values)
            hidden = self._after(hidden, attended, o, after_norm, gate, up, down, self._eps)
        return self._score(hidden.flatten(0, 1)[chosen], self._final_norm, self._embedding, target_ids, self._eps)


def _attend(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Causal attention over (heads, tokens, head size); queries are scaled before."""
    if queries.is_cuda:
        with sdpa_kernel([SDPBackend.FLASH_ATTENTION, SDPBackend.MATH], set_priority=True):  # repeatable, both
            inputs = (queries[None], keys[None], values[None])
            return functional.scaled_dot_product_attention(*inputs, is_causal=True, scale=1.0)[0]
    return _BlockAttention.apply(queries, keys, values)


class _BlockAttention(torch.autograd.Function):
    """The same, in blocks of rows."""

    @staticmethod
    def forward(ctx: Any, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:  # type: ignore[override]
        length = queries.shape[1]
        mask = torch.full((_BLOCK, _BLOCK), float("-inf"), dtype=queries.dtype, device=queries.device).triu(1)
        output = torch.empty_like(queries)
        weights: list[Tensor] = []
        for start in range(0, length, _BLOCK):
            end = min(start + _BLOCK, length)
            scores = torch.bmm(queries[:, start:end], keys[:, :end].mT)
            scores[:, :, start:end] += mask[: end - start, : end - start]
            weights.append(torch.softmax(scores, -1))
            output[:, start:end] = torch.bmm(weights[-1], values[:, :end])
        ctx.save_for_backward(queries, keys, values, *weights)
        return output

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # type: ignore[override]
        queries, keys, values, *weights = ctx.saved_tensors
        gradient = gradient.contiguous()
        length = queries.shape[1]
        to_queries = torch.empty_like(queries)
        to_keys, to_values = torch.zeros_like(keys), torch.zeros_like(values)
        for start, weight in zip(range(0, length, _BLOCK), weights, strict=True):
            end = min(start + _BLOCK, length)
            to_weights = torch.bmm(gradient[:, start:end], values[:, :end].mT)
            to_scores = torch.ops.aten._softmax_backward_data(to_weights, weight, -1, weight.dtype)
            to_queries[:, start:end] = torch.bmm(to_scores, keys[:, :end])
            to_keys[:, :end] += torch.bmm(to_scores.mT, queries[:, start:end])
            to_values[:, :end] += torch.bmm(weight.mT, gradient[:, start:end])
        return to_queries, to_keys, to_values


def _layer(model: SmallModel, index: int) -> tuple[Any, ...]:
    """The layer's weights; none where queries and keys have no norms."""
    names = (
        "input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.q_norm",
        "self_attn.k_norm", "self_attn.o_proj", "post_attention_layernorm", "mlp.gate_proj", "mlp.up_proj",
        "mlp.down_proj",
    )  # fmt: skip
    there = dict(model.named_parameters())
    return tuple(there.get(f"model.layers.{index}.{name}.weight") for name in names)


def _norm(hidden: Tensor, weight: Tensor, eps: float) -> Tensor:
    exact = hidden.float()
    return (exact * torch.rsqrt(exact.square().mean(-1, keepdim=True) + eps) * weight).bfloat16()


def _turn(hidden: Tensor, weight: Tensor | None, scale: float, cosines: Tensor, sines: Tensor, eps: float) -> Tensor:
    """Normalised, where there is a weight for it, scaled, and turned by its position."""
    exact = hidden.float()
    if weight is None:
        exact = exact * scale
    else:
        exact = exact * torch.rsqrt(exact.square().mean(-1, keepdim=True) + eps) * (weight * scale)
    first, second = exact.chunk(2, -1)
    return torch.cat([first * cosines - second * sines, second * cosines + first * sines], -1).bfloat16()


def _before_attention(
    hidden: Tensor, cosines: Tensor, sines: Tensor, norm: Tensor, q: Tensor, k: Tensor, v: Tensor,
    q_norm: Tensor | None, k_norm: Tensor | None, head: int, eps: float,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    rows, columns, _ = hidden.shape
    query_heads, key_heads = q.shape[0] // head, k.shape[0] // head
    mixed = _norm(hidden, norm, eps) @ torch.cat([q, k, v]).bfloat16().T
    queries, keys, values = mixed.view(rows, columns, -1, head).split([query_heads, key_heads, key_heads], 2)
    shape = (rows, key_heads, query_heads // key_heads, columns, head)
    flat = (rows * query_heads, columns, head)
    queries = _turn(queries.transpose(1, 2), q_norm, head**-0.5, cosines, sines, eps).reshape(flat)
    keys = _turn(keys.transpose(1, 2), k_norm, 1.0, cosines, sines, eps)[:, :, None].expand(shape).reshape(flat)
    return queries, keys, values.transpose(1, 2)[:, :, None].expand(shape).reshape(flat)


def _after_attention(
    hidden: Tensor, attended: Tensor, o: Tensor, norm: Tensor, gate: Tensor, up: Tensor, down: Tensor, eps: float
) -> Tensor:
    rows, columns, _ = hidden.shape
    heads = attended.view(rows, -1, columns, attended.shape[-1]).transpose(1, 2).reshape(rows, columns, -1)
    hidden = hidden + heads @ o.bfloat16().T
    gated, lifted = (_norm(hidden, norm, eps) @ torch.cat([gate, up]).bfloat16().T).chunk(2, -1)
    return hidden + (functional.silu(gated.float()) * lifted.float()).bfloat16() @ down.bfloat16().T


def _cross_entropy(hidden: Tensor, norm: Tensor, embedding: Tensor, target_ids: Tensor, eps: float) -> Tensor:
    logits = _norm(hidden, norm, eps) @ embedding.bfloat16().T
    return functional.cross_entropy(logits.float(), target_ids, reduction="none")
