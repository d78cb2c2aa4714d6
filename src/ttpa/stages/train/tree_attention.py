"""Attention within a forest, in the signature of transformers' attention functions.

A causal kernel for each trunk; what comes after it attends to its whole tree: on CPUs block after block, elsewhere
through a mask.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import torch
from torch import Tensor
from torch.nn import functional as nn_functional

from ttpa.stages.train.tree import Forest
from ttpa.stages.train.tree_blocks import block_attention


def tree_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    forest: Forest | None = None,
    **_: object,
) -> tuple[Tensor, None]:
    """The attended values (1, nodes, heads, head size).

    `query` (1, heads, nodes, head size), `key` and `value` (1, key-value heads, nodes, head size). Raises `ValueError`
    without a forest.
    """
    if forest is None:
        raise ValueError("tree attention was asked for without a forest")
    del attention_mask
    query, key, value = as_autocast(query, key, value)
    rate = dropout if module.training else 0.0
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    groups = query.shape[1] // key.shape[1]
    many_keys, many_values = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)

    def attend(queries: slice, keys: slice, mask: Tensor | None) -> Tensor:
        rows = query[:, :, queries], many_keys[:, :, keys], many_values[:, :, keys]
        return nn_functional.scaled_dot_product_attention(
            *rows, attn_mask=mask, is_causal=mask is None, scale=scale, dropout_p=rate
        )

    in_blocks = query.device.type == "cpu" and not rate
    done: list[Tensor] = []
    for number, part in enumerate(forest.parts):
        trunk, rest, tree = part.slices
        done.append(attend(trunk, trunk, None))
        if part.trunk_end < part.end and in_blocks:
            blocks = forest.blocks[number]
            done.append(block_attention(query[0, :, rest], key[0, :, tree], value[0, :, tree], blocks, scale)[None])
        elif part.trunk_end < part.end:
            done.append(attend(rest, tree, forest.masks[number]))
    return torch.cat(done, dim=2).transpose(1, 2).contiguous(), None


def as_autocast(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The three in the type that autocast asks for; as they are where it is off."""
    if not torch.is_autocast_enabled(query.device.type):
        return query, key, value
    narrow = torch.get_autocast_dtype(query.device.type)
    return query.to(narrow), key.to(narrow), value.to(narrow)
