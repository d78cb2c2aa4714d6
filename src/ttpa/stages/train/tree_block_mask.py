"""The visibility within a forest as a mask over blocks of keys, for FlexAttention.

A block of keys that no query of a block of queries sees is skipped, one that all see is not masked; which it is, the
largest and the least subtree end in it tell. Reference: Dong et al. 2024.
"""

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask

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


def _list(blocks: Tensor) -> tuple[Tensor, Tensor]:
    """For each row how many blocks are marked, and which, those first: (1, 1, rows) and (1, 1, rows, blocks)."""
    order = torch.argsort(blocks.to(torch.int8), dim=1, descending=True, stable=True)
    return blocks.sum(dim=1).to(torch.int32)[None, None], order.to(torch.int32)[None, None]
