"""Sequences as one forest of tokens: what they share is computed once, exactly.

The tokens of all sequences of a batch are the nodes of tries, laid out depth first in one row. A node's position is its
depth; key k is visible to query q iff `k <= q` and `subtree_end[k] > q`, that is, if k is q or lies on the way to it.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as nn_functional


@dataclass(frozen=True, slots=True)
class Part:
    """One tree of the forest: a trunk that all its sequences share, and what comes after it."""

    start: int
    trunk_end: int
    end: int


@dataclass(frozen=True)
class Forest:
    """The layout of a batch of sequences."""

    token_ids: Tensor
    """(nodes,)"""
    positions: Tensor
    """(nodes,), each node's depth."""
    subtree_ends: Tensor
    """(nodes,), the first node after those below."""
    parents: Tensor
    """(nodes,), -1 at a root."""
    paths: Tensor
    """(sequences, longest), the node of each token of each sequence; 0 where a sequence has ended."""
    parts: tuple[Part, ...]
    masks: tuple[Tensor | None, ...]
    """For each part (nodes after the trunk, nodes of the part), True where a key is visible; none without branches."""

    sequence_tokens: int
    """Tokens of all sequences, each counted as often as it stands in one."""

    def to(self, device: torch.device | str) -> "Forest":
        """The same on another device."""
        return Forest(
            self.token_ids.to(device),
            self.positions.to(device),
            self.subtree_ends.to(device),
            self.parents.to(device),
            self.paths.to(device),
            self.parts,
            tuple(None if mask is None else mask.to(device) for mask in self.masks),
            self.sequence_tokens,
        )


def plant(sequences: Sequence[Sequence[int]]) -> Forest:
    """The forest of some sequences, none of them empty."""
    arrays = [np.asarray(sequence, dtype=np.int64) for sequence in sequences]
    longest = max(len(array) for array in arrays)
    paths = np.zeros((len(arrays), longest), dtype=np.int64)
    ids: list[np.ndarray[Any, Any]] = []
    depths: list[np.ndarray[Any, Any]] = []
    ends = np.zeros(sum(len(array) for array in arrays), dtype=np.int64)
    parents = np.full_like(ends, -1)
    starts: list[int] = []
    trunks: list[int] = []
    count = 0
    before = np.zeros(0, dtype=np.int64)
    path = np.zeros(0, dtype=np.int64)
    for index in sorted(range(len(arrays)), key=lambda i: tuple(sequences[i])):
        array = arrays[index]
        shared = _shared(before, array)
        ends[path[shared:]] = count
        if shared == 0:
            starts.append(count)
            trunks.append(len(array))
        else:
            trunks[-1] = min(trunks[-1], shared)
        new = len(array) - shared
        fresh = np.arange(count, count + new)
        if new:
            parents[fresh[1:]] = fresh[:-1]
            parents[fresh[0]] = path[shared - 1] if shared else -1
        path = np.concatenate([path[:shared], fresh])
        paths[index, : len(array)] = path
        ids.append(array[shared:])
        depths.append(np.arange(shared, len(array)))
        count += new
        before = array
    ends[path] = count
    ends, parents = ends[:count], parents[:count]
    bounds = [*starts, count]
    parts = tuple(Part(bounds[i], bounds[i] + trunks[i], bounds[i + 1]) for i in range(len(starts)))
    subtree_ends = torch.from_numpy(ends)
    return Forest(
        token_ids=torch.from_numpy(np.concatenate(ids)),
        positions=torch.from_numpy(np.concatenate(depths)),
        subtree_ends=subtree_ends,
        parents=torch.from_numpy(parents),
        paths=torch.from_numpy(paths),
        parts=parts,
        masks=tuple(_mask(part, subtree_ends) for part in parts),
        sequence_tokens=sum(len(array) for array in arrays),
    )


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
    """Attention within a forest, in the signature of transformers' attention functions.

    `query` (1, heads, nodes, head size), `key` and `value` (1, key-value heads, nodes, head size). A trunk is causal;
    what comes after it attends to its whole tree through the tree's mask. Raises `ValueError` without a forest.
    """
    if forest is None:
        raise ValueError("tree attention was asked for without a forest")
    del attention_mask
    groups = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    rate = dropout if module.training else 0.0
    done: list[Tensor] = []
    for part, mask in zip(forest.parts, forest.masks, strict=True):
        trunk = slice(part.start, part.trunk_end)
        done.append(_attend(query[:, :, trunk], key[:, :, trunk], value[:, :, trunk], None, scaling, rate))
        if mask is not None:
            rest, whole = slice(part.trunk_end, part.end), slice(part.start, part.end)
            done.append(_attend(query[:, :, rest], key[:, :, whole], value[:, :, whole], mask, scaling, rate))
    return torch.cat(done, dim=2).transpose(1, 2).contiguous(), None


def _attend(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scaling: float | None, dropout: float
) -> Tensor:
    """Softmax attention; causal where no mask is given."""
    if query.device.type != "cpu" or dropout:
        return nn_functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, is_causal=mask is None, scale=scaling, dropout_p=dropout
        )
    # On CPUs plain products are faster than the fused kernel, above all backwards.
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    visible = mask if mask is not None else _causal(query.shape[2], query.device)
    scores = (query @ key.transpose(-1, -2) * scale).masked_fill(~visible, float("-inf"))
    return torch.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype) @ value


def _causal(length: int, device: torch.device) -> Tensor:
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()


def _mask(part: Part, subtree_ends: Tensor) -> Tensor | None:
    if part.trunk_end == part.end:
        return None
    queries = torch.arange(part.trunk_end, part.end)[:, None]
    keys = torch.arange(part.start, part.end)[None]
    return (keys <= queries) & (subtree_ends[part.start : part.end][None] > queries)


def _shared(one: "np.ndarray[Any, Any]", other: "np.ndarray[Any, Any]") -> int:
    """How many tokens two sequences have in common at their start."""
    length = min(len(one), len(other))
    parted = np.flatnonzero(one[:length] != other[:length])
    return int(parted[0]) if len(parted) else length
