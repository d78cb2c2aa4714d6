"""Attention of branches for CPUs: block after block of queries, each against the keys on its way and no others.

A block holds its scores while it needs them and computes them again backwards, as in FlashAttention (Dao et al. 2022):
memory grows with the nodes and not with their square, and keys of branches that have ended are not looked at.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_ROWS = 128
"""Queries of a block: enough to fill a product, few enough that little of it is masked."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some queries in a row, and the keys that any of them sees."""

    start: int
    end: int
    keys: Tensor | slice
    """Nodes, in order."""
    first_masked: int
    """The keys before this one are seen by all queries."""
    hidden: Tensor
    """(queries, keys from the first masked one), True where a key is not seen."""


def cut_blocks(first: int, subtree_ends: Tensor, rows: int = _ROWS) -> tuple[Block, ...]:
    """The blocks of one tree's nodes from `first` on; `subtree_ends` and nodes count from its root."""
    count = len(subtree_ends)
    return tuple(_block(row, min(row + rows, count), subtree_ends) for row in range(first, count, rows))


def _block(start: int, end: int, subtree_ends: Tensor) -> Block:
    before = torch.nonzero(subtree_ends[:start] > start)[:, 0]  # all on the way to the first query
    nodes = torch.cat([before, torch.arange(start, end)])
    queries = torch.arange(start, end)
    seen = (nodes[None] <= queries[:, None]) & (subtree_ends[nodes][None] > queries[:, None])
    for_all = seen.all(dim=0)
    first_masked = int(torch.argmin(for_all.int())) if not bool(for_all.all()) else len(nodes)
    keys = slice(0, end) if len(nodes) == end else nodes
    return Block(start, end, keys, first_masked, ~seen[:, first_masked:])


def block_attention(query: Tensor, key: Tensor, value: Tensor, blocks: tuple[Block, ...], scale: float) -> Tensor:
    """Attention of `query` (heads, queries of the blocks, size) to `key` and `value` (key-value heads, nodes, size).

    Gives (heads, queries, size of the values), which is another one in multi-head latent attention.
    """
    heads, count, size = query.shape
    groups = heads // key.shape[0]
    told: Any = _BlockAttention.apply(query.reshape(-1, groups, count, size) * scale, key, value, blocks)
    return told.reshape(heads, count, value.shape[-1])


class _BlockAttention(torch.autograd.Function):
    """On queries (key-value heads, groups, nodes, size) that are scaled already."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, blocks: tuple[Block, ...]) -> Tensor:
        out = query.new_empty(*query.shape[:3], value.shape[-1])
        sums = torch.empty(query.shape[:3], dtype=torch.float32)
        for block in blocks:
            place = _place(block, blocks)
            rows = query[:, :, place]
            scores = _scores(rows, key[:, block.keys], block)
            sums[:, :, place] = total = torch.logsumexp(scores, dim=-1)
            weights = scores.sub_(total[..., None]).exp_().to(value.dtype)
            out[:, :, place] = (weights.flatten(1, 2) @ value[:, block.keys]).view(*rows.shape[:3], -1)
        ctx.save_for_backward(query, key, value, out, sums)
        ctx.blocks = blocks
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        query, key, value, out, sums = ctx.saved_tensors
        [grad] = grads
        for_query = torch.empty_like(query)
        for_key = torch.zeros(key.shape, dtype=torch.float32)
        for_value = torch.zeros(value.shape, dtype=torch.float32)
        share = (grad * out).sum(dim=-1, dtype=torch.float32)
        for block in ctx.blocks:
            place = _place(block, ctx.blocks)
            rows, keys, values = query[:, :, place], key[:, block.keys], value[:, block.keys]
            above = grad[:, :, place].flatten(1, 2).to(value.dtype)
            weights = _scores(rows, keys, block).sub_(sums[:, :, place, None]).exp_()
            for_weights = (above @ values.transpose(1, 2)).view_as(weights).float()
            for_scores = for_weights.sub_(share[:, :, place, None]).mul_(weights).to(query.dtype).flatten(1, 2)
            for_query[:, :, place] = (for_scores @ keys).view_as(rows)
            for_key[:, block.keys] += for_scores.transpose(1, 2) @ rows.flatten(1, 2)
            for_value[:, block.keys] += weights.to(value.dtype).flatten(1, 2).transpose(1, 2) @ above
        return for_query, for_key.to(key.dtype), for_value.to(value.dtype), None


def _place(block: Block, blocks: tuple[Block, ...]) -> slice:
    """Where a block's queries stand among those of all."""
    return slice(block.start - blocks[0].start, block.end - blocks[0].start)


def _scores(rows: Tensor, keys: Tensor, block: Block) -> Tensor:
    """(key-value heads, groups, queries, keys) in float32, minus infinity where a key is not seen."""
    products = rows.flatten(1, 2) @ keys.transpose(1, 2)
    scores = products.view(*rows.shape[:3], keys.shape[1]).float()
    scores[..., block.first_masked :].masked_fill_(block.hidden, float("-inf"))
    return scores
