"""Sequences as one forest of tokens: what they share is computed once, exactly.

The tokens of all sequences of a batch are the nodes of tries, laid out depth first in one row. A node's position is its
depth; key k is visible to query q iff `k <= q` and `subtree_end[k] > q`, that is, if k is q or lies on the way to it.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask

from ttpa.stages.train.tree_block_mask import make_block_mask
from ttpa.stages.train.tree_blocks import Block, cut_blocks


@dataclass(frozen=True, slots=True)
class Part:
    """One tree of the forest: a trunk that all its sequences share, and what comes after it."""

    start: int
    trunk_end: int
    end: int

    @property
    def slices(self) -> tuple[slice, slice, slice]:
        """The nodes of the trunk, those after it, and all."""
        return slice(self.start, self.trunk_end), slice(self.trunk_end, self.end), slice(self.start, self.end)


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
    sequence_tokens: int
    """Tokens of all sequences, each counted as often as it stands in one."""

    @cached_property
    def masks(self) -> tuple[Tensor | None, ...]:
        """For each part (nodes after the trunk, nodes of the part), True where a key is visible; none if no branch."""
        return tuple(_mask(part, self.subtree_ends) for part in self.parts)

    @cached_property
    def blocks(self) -> tuple[tuple[Block, ...], ...]:
        """The same as blocks of queries with the keys that they see; nodes count from the part's root."""
        return tuple(
            cut_blocks(part.trunk_end - part.start, self.subtree_ends[part.start : part.end] - part.start)
            for part in self.parts
        )

    @cached_property
    def block_mask(self) -> BlockMask:
        """The same over all parts at once, for FlexAttention."""
        return make_block_mask(self.subtree_ends)

    def to(self, device: torch.device | str) -> "Forest":
        """The same on another device."""
        return Forest(
            self.token_ids.to(device),
            self.positions.to(device),
            self.subtree_ends.to(device),
            self.parents.to(device),
            self.paths.to(device),
            self.parts,
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
    return Forest(
        token_ids=torch.from_numpy(np.concatenate(ids)),
        positions=torch.from_numpy(np.concatenate(depths)),
        subtree_ends=torch.from_numpy(ends),
        parents=torch.from_numpy(parents),
        paths=torch.from_numpy(paths),
        parts=parts,
        sequence_tokens=sum(len(array) for array in arrays),
    )


def _shared(one: "np.ndarray[Any, Any]", other: "np.ndarray[Any, Any]") -> int:
    """How many tokens two sequences have in common at their start."""
    length = min(len(one), len(other))
    parted = np.flatnonzero(one[:length] != other[:length])
    return int(parted[0]) if len(parted) else length


def _mask(part: Part, subtree_ends: Tensor) -> Tensor | None:
    if part.trunk_end == part.end:
        return None
    queries = torch.arange(part.trunk_end, part.end, device=subtree_ends.device)[:, None]
    keys = torch.arange(part.start, part.end, device=subtree_ends.device)[None]
    return (keys <= queries) & (subtree_ends[part.start : part.end][None] > queries)
