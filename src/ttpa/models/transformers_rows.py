"""The rows of a batch: their KV cache, which of its columns count, and where each row stands."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import DynamicCache


@dataclass
class Rows:
    """Rows that are decoded together."""

    cache: DynamicCache
    mask: torch.Tensor
    """(rows, columns), 1 where a cached token is seen."""
    positions: torch.Tensor
    """(rows,), of each row's next token."""

    @staticmethod
    def empty(cache: DynamicCache, rows: int, device: torch.device) -> "Rows":
        """Rows that hold nothing yet."""
        mask = torch.zeros(rows, 0, dtype=torch.long, device=device)
        return Rows(cache, mask, torch.zeros(rows, dtype=torch.long, device=device))

    def extend(self, tokens: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Makes room for some tokens in each row, padded on the left; their ids and positions, (rows, new columns)."""
        longest = max(len(row) for row in tokens)
        pads = [longest - len(row) for row in tokens]
        device = self.mask.device
        input_ids = torch.tensor([[0] * pad + list(row) for pad, row in zip(pads, tokens, strict=True)], device=device)
        added = torch.tensor([[0] * pad + [1] * (longest - pad) for pad in pads], device=device)
        self.mask = torch.cat([self.mask, added], dim=1)
        positions = self.positions[:, None] + (added.cumsum(-1) - 1).clamp(min=0)
        self.positions = self.positions + added.sum(-1)
        return input_ids, positions

    def branch(self, rows: Sequence[int], *, columns: Sequence[int], positions: Sequence[int]) -> "Rows":
        """Copies of some rows, each up to one of its columns, that go on from a position."""
        device = self.mask.device
        index = torch.tensor(rows, device=device)
        ends = torch.tensor(columns, device=device)
        last = max(columns)
        seen = torch.arange(last, device=device)[None] < ends[:, None]
        layers = [(keys, values) for keys, values, _ in self.cache if keys is not None and values is not None]
        return Rows(
            cache=DynamicCache([(keys[index, :, :last], values[index, :, :last]) for keys, values in layers]),
            mask=self.mask[index, :last] * seen,
            positions=torch.tensor(positions, device=device),
        )

    def select(self, keep: torch.Tensor) -> None:
        """Leaves only the rows with these indices."""
        self.cache.batch_select_indices(keep)
        self.mask, self.positions = self.mask[keep], self.positions[keep]

    def repeat(self, count: int) -> None:
        """Each row `count` times."""
        self.cache.batch_repeat_interleave(count)
        self.mask = self.mask.repeat_interleave(count, dim=0)
        self.positions = self.positions.repeat_interleave(count)
