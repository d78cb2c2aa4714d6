"""The rows of a batch: their KV cache, which of its columns count, and where each row stands.

Columns that do not count are masked out; they hold finite numbers all the same, since zero times infinity is none.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import pad

from ttpa.models.growing_cache import ROOM, GrowingCache, GrowingLayer
from ttpa.models.shared_prefix import SharedPrefix


@dataclass
class Rows:
    """Rows that are decoded together."""

    cache: GrowingCache
    mask: torch.Tensor
    """(rows, columns), 1 where a cached token is seen."""
    positions: torch.Tensor
    """(rows,), of each row's next token."""
    prefix: SharedPrefix | None = None
    """What comes before the cached tokens, where rows share it."""

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

    def visible(self, count: int) -> torch.Tensor:
        """The attention mask of the last `count` columns: of the cache, or with a prefix (rows, 1, count, columns)."""
        if self.prefix is None:
            return self.mask
        columns = self.mask.shape[1]
        causal = torch.ones(count, columns, dtype=torch.bool, device=self.mask.device).tril(columns - count)
        return causal & self.mask.bool()[:, None, None]

    def select(self, keep: torch.Tensor) -> None:
        """Leaves only the rows with these indices."""
        self.cache.batch_select_indices(keep)
        self.mask, self.positions = self.mask[keep], self.positions[keep]
        self.prefix = self.prefix.select(keep) if self.prefix else None

    def part(self, chosen: torch.Tensor) -> "Rows":
        """Copies of the rows with these indices."""
        layers = [
            GrowingLayer.holding(keys[chosen], values[chosen], keys.shape[-2]) for keys, values in self.cache.contents()
        ]
        return Rows(GrowingCache(layers), self.mask[chosen], self.positions[chosen])

    def beginnings(self, row_of: Sequence[int], lengths: Sequence[int]) -> "Rows":
        """Rows with the first tokens of these: of which row each, and how many; of rows without padding before them."""
        if list(row_of) == list(range(len(self.positions))) and lengths == self.positions.tolist():
            return self
        rows = self.part(torch.tensor(row_of, device=self.mask.device))
        rows.positions = torch.tensor(lengths, device=self.mask.device)
        rows.mask = (torch.arange(self.mask.shape[1], device=self.mask.device)[None] < rows.positions[:, None]).long()
        return rows

    def repeat(self, count: int) -> "Rows":
        """Each row `count` times, going on from what these rows hold."""
        layers = self.cache.contents()
        trunk = torch.arange(len(self.positions), device=self.mask.device).repeat_interleave(count)
        return Rows(
            cache=GrowingCache([GrowingLayer() for _ in layers]),
            mask=self.mask.new_zeros(len(trunk), 0),
            positions=self.positions[trunk],
            prefix=SharedPrefix(layers, trunk, self.mask[trunk].bool()),
        )


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
    masks = [pad(part.mask, (0, columns - part.mask.shape[1])) for part in parts]
    return Rows(GrowingCache(layers), torch.cat(masks), torch.cat([part.positions for part in parts]))


def branch_off(places: Sequence[Place]) -> Rows:
    """Rows that go on from `places`, of any batches of one model; what comes before them is shared, not copied."""
    sources = list({(id(place.rows), place.row): place for place in places}.values())
    trunk_of = {(id(place.rows), place.row): number for number, place in enumerate(sources)}
    device = places[0].rows.mask.device
    columns = max(place.column for place in places)
    held = {id(place.rows): place.rows.cache.contents() for place in sources}
    layers: list[tuple[torch.Tensor, torch.Tensor]] = []
    for number in range(len(held[id(sources[0].rows)])):
        pair: list[torch.Tensor] = []
        for kind in (0, 1):
            whole = [held[id(place.rows)][number][kind][place.row, :, :columns] for place in sources]
            pair.append(torch.stack([pad(one, (0, 0, 0, columns - one.shape[1])) for one in whole]))
        layers.append((pair[0], pair[1]))
    seen = torch.zeros(len(places), columns, dtype=torch.bool, device=device)
    for row, place in enumerate(places):
        seen[row, : place.column] = place.rows.mask[place.row, : place.column].bool()
    return Rows(
        cache=GrowingCache([GrowingLayer() for _ in layers]),
        mask=seen.new_zeros(len(places), 0, dtype=torch.long),
        positions=torch.tensor([place.position for place in places], device=device),
        prefix=SharedPrefix(layers, torch.tensor([trunk_of[id(p.rows), p.row] for p in places], device=device), seen),
    )
