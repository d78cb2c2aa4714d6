"""Attention within a forest by FlexAttention, for GPUs: the same visibility as a mask over blocks of keys.

A block of keys that no query of a block of queries sees is skipped, one that all see is not masked; which it is, the
largest and the least subtree end in it tell. Reference: Dong et al. 2024.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as nn_functional
from torch.nn.attention.flex_attention import BlockMask, flex_attention

if TYPE_CHECKING:
    from ttpa.stages.train.tree import Forest

BLOCK = 128
"""Queries, and keys, of a block: what the kernels take."""
_CLASSES = 8
"""Lengths between one power of two and the next: at most an eighth of a row is filling."""


def fill_up(nodes: int, block: int = BLOCK) -> int:
    """To how many nodes a row is filled up: whole blocks, so that one compiled kernel does for every length.

    There are few such lengths, so that memory is found again in the sizes that it was given back in.
    """
    blocks = -(-nodes // block)
    step = max(1, (1 << (blocks - 1).bit_length()) // (2 * _CLASSES))
    return -(-blocks // step) * step * block


def make_block_mask(subtree_ends: Tensor, block: int = BLOCK) -> BlockMask:
    """The visibility among all nodes of a forest, filled up with nodes that see themselves alone."""
    nodes, device = len(subtree_ends), subtree_ends.device
    length = fill_up(nodes, block)
    ends = torch.cat([subtree_ends, torch.arange(nodes + 1, length + 1, device=device)]).to(torch.int32)
    largest, least = ends.view(-1, block).amax(dim=1), ends.view(-1, block).amin(dim=1)
    first = torch.arange(0, length, block, device=device)[:, None]
    is_before = torch.ones(len(first), len(first), dtype=torch.bool, device=device).tril(-1)
    is_full = is_before & (least[None] > first + block - 1)
    is_seen = is_before & (largest[None] > first)
    on_diagonal = torch.eye(len(first), dtype=torch.bool, device=device)

    def is_visible(_: Tensor, __: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return (key <= query) & (ends[key] > query)

    return BlockMask.from_kv_blocks(
        *_list(on_diagonal | (is_seen & ~is_full)),
        *_list(is_full),
        BLOCK_SIZE=block,
        mask_mod=is_visible,
        seq_lengths=(length, length),
    )


def flex_tree_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    forest: "Forest | None" = None,
    **_: object,
) -> tuple[Tensor, None]:
    """The attended values (1, nodes, heads, head size), as `tree_attention` gives them; without dropout.

    Compiled on a GPU; on a CPU computed as it is written, and without gradients. Raises `ValueError` without a forest.
    """
    if forest is None:
        raise ValueError("tree attention was asked for without a forest")
    del module, attention_mask, dropout
    if torch.is_autocast_enabled(query.device.type):
        narrow = torch.get_autocast_dtype(query.device.type)
        query, key, value = query.to(narrow), key.to(narrow), value.to(narrow)
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


def _list(blocks: Tensor) -> tuple[Tensor, Tensor]:
    """For each row how many blocks are marked, and which, those first: (1, 1, rows) and (1, 1, rows, blocks)."""
    order = torch.argsort(blocks.to(torch.int8), dim=1, descending=True, stable=True)
    return blocks.sum(dim=1).to(torch.int32)[None, None], order.to(torch.int32)[None, None]
