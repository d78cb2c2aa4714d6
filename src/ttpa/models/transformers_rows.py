"""The rows of a batch: their KV cache, which of its columns count, and where each row stands.

Columns that do not count are masked out; they hold finite numbers all the same, since zero times infinity is none.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ttpa.models.growing_cache import ROOM, GrowingCache, GrowingLayer


@dataclass
class Rows:
    """Rows that are decoded together."""

    cache: GrowingCache
    mask: torch.Tensor
    """(rows, columns), 1 where a cached token is seen."""
    positions: torch.Tensor
    """(rows,), of each row's next token."""

    @staticmethod
    def filled(layers: int, lengths: Sequence[int], device: torch.device) -> "Rows":
        """Rows of a model with so many layers, to be filled with sequences of these lengths, padded on the right."""
        positions = torch.tensor(lengths, device=device)
        mask = (torch.arange(max(lengths), device=device)[None] < positions[:, None]).long()
        return Rows(GrowingCache([GrowingLayer() for _ in range(layers)]), mask, positions)

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

    def select(self, keep: torch.Tensor) -> None:
        """Leaves only the rows with these indices."""
        self.cache.batch_select_indices(keep)
        self.mask, self.positions = self.mask[keep], self.positions[keep]

    def part(self, chosen: torch.Tensor) -> "Rows":
        """Copies of the rows with these indices."""
        layers = [
            GrowingLayer.holding(keys[chosen], values[chosen], keys.shape[-2]) for keys, values in self.cache.contents()
        ]
        return Rows(GrowingCache(layers), self.mask[chosen], self.positions[chosen])

    def repeat(self, count: int) -> None:
        """Each row `count` times."""
        self.cache.batch_repeat_interleave(count)
        self.mask = self.mask.repeat_interleave(count, dim=0)
        self.positions = self.positions.repeat_interleave(count)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a row, from which something else may follow."""

    rows: Rows
    row: int
    column: int
    """Columns before it."""
    position: int
    """Of the next token, in the row's own count."""


def join(parts: Sequence[Rows]) -> Rows:
    """The rows of several batches of one model as one batch."""
    if len(parts) == 1:
        return parts[0]
    columns = max(part.mask.shape[1] for part in parts)
    count = sum(len(part.positions) for part in parts)
    held = [part.cache.contents() for part in parts]
    layers: list[GrowingLayer] = []
    for number, pair in enumerate(held[0]):
        buffers: list[torch.Tensor] = []
        for kind, like in enumerate(pair):
            buffer = like.new_empty(count, like.shape[1], columns + ROOM, like.shape[3])
            start = 0
            for contents in held:
                source = contents[number][kind]
                rows = buffer[start : start + len(source)]
                rows[:, :, : source.shape[2]] = source
                rows[:, :, source.shape[2] : columns] = 0.0
                start += len(source)
            buffers.append(buffer)
        layers.append(GrowingLayer.holding(buffers[0], buffers[1], columns))
    masks = [torch.nn.functional.pad(part.mask, (0, columns - part.mask.shape[1])) for part in parts]
    return Rows(GrowingCache(layers), torch.cat(masks), torch.cat([part.positions for part in parts]))


def branch_off(places: Sequence[Place]) -> Rows:
    """Rows that go on from `places`, of any batches of one model: copies of what comes before them."""
    last = max(place.column for place in places)
    first = places[0].rows.mask
    layers: list[GrowingLayer] = []
    held = {id(place.rows): place.rows.cache.contents() for place in places}
    for number, (keys, values) in enumerate(held[id(places[0].rows)]):
        buffers: list[torch.Tensor] = []
        for kind, like in enumerate((keys, values)):
            buffer = like.new_empty(len(places), like.shape[1], last + ROOM, like.shape[3])
            for row, place in enumerate(places):
                source = held[id(place.rows)][number][kind]
                buffer[row, :, : place.column] = source[place.row, :, : place.column]
                buffer[row, :, place.column : last] = 0.0
            buffers.append(buffer)
        layers.append(GrowingLayer.holding(buffers[0], buffers[1], last))
    mask = first.new_zeros(len(places), last)
    for row, place in enumerate(places):
        mask[row, : place.column] = place.rows.mask[place.row, : place.column]
    positions = torch.tensor([place.position for place in places], device=first.device)
    return Rows(GrowingCache(layers), mask, positions)
