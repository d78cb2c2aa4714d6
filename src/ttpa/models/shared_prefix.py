"""Attention of rows that go on from the same tokens: the keys and values of those are held, and read, once.

A decision point's branches share its prompt and most of its turn, whole turns drawn at one point share its prompt. Rows
with a prefix keep only their own new tokens in their cache; the weights over both parts are one softmax, so the result
is that of attention over copies (the idea of cascade inference, Ye et al. 2024; vLLM's and SGLang's shared prefixes).
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

SHARED_ATTENTION = "ttpa_shared_prefix"


@dataclass(frozen=True)
class SharedPrefix:
    """What a batch of rows goes on from."""

    layers: list[tuple[Tensor, Tensor]]
    """Keys and values of each layer, (trunks, key-value heads, columns, head size)."""
    trunk: Tensor
    """(rows,), on which trunk each row goes on."""
    seen: Tensor
    """(rows, columns), whether the row sees the trunk's column."""

    def select(self, keep: Tensor) -> "SharedPrefix":
        """That of the rows with these indices; trunks that no row needs any more are let go."""
        trunks, trunk = torch.unique(self.trunk[keep], return_inverse=True)
        layers = self.layers
        if len(trunks) < len(layers[0][0]):
            layers = [(keys[trunks], values[trunks]) for keys, values in layers]
        return SharedPrefix(layers, trunk, self.seen[keep])

    @cached_property
    def layout(self) -> "_Layout":
        """The rows of each trunk side by side; found once for all layers and steps."""
        return _Layout(self.trunk, len(self.layers[0][0]))


def shared_prefix_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    prefix: SharedPrefix | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    """Attention as transformers calls it: (rows, tokens, heads, head size); without a prefix it is scaled dot product.

    `attention_mask`, with a prefix (rows, 1, tokens, own columns), is of the rows' own tokens.
    """
    if prefix is None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **options)
    keys, values = prefix.layers[int(module.layer_idx)]  # pyright: ignore[reportArgumentType]
    if expand := getattr(module, "expand_kv", None):
        keys, values = expand(keys, values)  # multi-head latent attention caches what both are made of
    rows, heads, tokens, size = query.shape
    shared, groups = key.shape[1], heads // key.shape[1]
    scaled = (query * (size**-0.5 if scaling is None else scaling)).reshape(rows, shared, groups * tokens, size)
    layout = prefix.layout
    there = layout.regroup(layout.by_trunk(scaled) @ keys.mT)
    there = there.masked_fill(~prefix.seen[:, None, None], float("-inf"))
    own = scaled @ key.mT
    if attention_mask is not None:
        own = own.masked_fill(~attention_mask.repeat(1, 1, groups, 1), float("-inf"))
    weights = torch.softmax(torch.cat([there, own], dim=-1), dim=-1, dtype=torch.float32).to(query.dtype)
    there, own = weights.split([there.shape[-1], own.shape[-1]], dim=-1)
    found = layout.regroup(layout.by_trunk(there) @ values) + own @ value
    return found.reshape(rows, heads, tokens, value.shape[-1]).transpose(1, 2).contiguous(), None


class _Layout:
    """The rows of each trunk side by side, so that one product reads the trunk once."""

    def __init__(self, trunk: Tensor, trunks: int) -> None:
        same = trunk[:, None] == trunk[None]
        self._trunk, self._slot = trunk, same.tril(-1).sum(-1)  # the rows before that go on from the same trunk
        self._shape = trunks, int(self._slot.max()) + 1

    def by_trunk(self, rows: Tensor) -> Tensor:
        """(rows, heads, queries, size) as (trunks, heads, rows of a trunk times queries, size)."""
        _, heads, queries, size = rows.shape
        trunks, most = self._shape
        padded = rows.new_zeros(trunks, most, heads, queries, size)
        padded[self._trunk, self._slot] = rows
        return padded.transpose(1, 2).reshape(trunks, heads, most * queries, size)

    def regroup(self, found: Tensor) -> Tensor:
        """The other way round."""
        trunks, most = self._shape
        _, heads, together, size = found.shape
        return found.view(trunks, heads, most, together // most, size).transpose(1, 2)[self._trunk, self._slot]


AttentionInterface.register(SHARED_ATTENTION, shared_prefix_attention)
AttentionMaskInterface.register(SHARED_ATTENTION, sdpa_mask)
