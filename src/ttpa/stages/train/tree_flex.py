"""Attention within a forest by FlexAttention, for GPUs: compiled kernels over the forest's mask of blocks."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import warnings
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as nn_functional
from torch.nn.attention.flex_attention import BlockMask, flex_attention

from ttpa.stages.train.tree import Forest
from ttpa.stages.train.tree_attention import as_autocast


def flex_tree_attention(
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
    """The attended values (1, nodes, heads, head size), as `tree_attention` gives them; without dropout.

    Compiled on a GPU; on a CPU computed as it is written, and without gradients. Raises `ValueError` without a forest.
    """
    if forest is None:
        raise ValueError("tree attention was asked for without a forest")
    del module, attention_mask, dropout
    query, key, value = as_autocast(query, key, value)
    nodes, mask = query.shape[2], forest.block_mask
    filling = (0, 0, 0, mask.seq_lengths[0] - nodes)
    query, key, value = (nn_functional.pad(rows, filling) for rows in (query, key, value))
    attend = _compiled() if query.device.type != "cpu" else _as_written
    attended = attend(query, key, value, block_mask=mask, scale=scaling, enable_gqa=True)
    return attended[:, :, :nodes].transpose(1, 2).contiguous(), None


@cache
def _compiled() -> Any:
    return torch.compile(flex_attention, dynamic=True)


def _as_written(
    query: Tensor, key: Tensor, value: Tensor, *, block_mask: BlockMask, scale: float | None, enable_gqa: bool
) -> Tensor:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*flex_attention called without torch.compile")
        return flex_attention(query, key, value, block_mask=block_mask, scale=scale, enable_gqa=enable_gqa)
