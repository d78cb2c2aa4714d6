"""A KV cache that grows in place.

transformers' own dynamic cache copies all keys and values for every token that is added; with long prompts and one
token a step that is most of the time of a small model.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import Cache, DynamicLayer

ROOM = 32
"""Columns that a new buffer has more than it needs, at least."""


class GrowingLayer(DynamicLayer):
    """Keys and values of one layer, (rows, heads, columns, head size): views of buffers with room for more columns."""

    def __init__(self) -> None:
        super().__init__()
        self._buffers: list[torch.Tensor] = []

    @classmethod
    def holding(cls, keys: torch.Tensor, values: torch.Tensor, columns: int) -> "GrowingLayer":
        """A layer whose buffers are `keys` and `values`; the first `columns` of them count."""
        layer = cls()
        layer.lazy_initialization(keys, values)
        layer._buffers = [keys, values]
        layer._show(columns)
        return layer

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_args: Any, **_kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        held = self.get_seq_length()
        whole = held + key_states.shape[-2]
        if not self._buffers or self._buffers[0].shape[-2] < whole:
            self._buffers = [
                _roomier(old, new, held, whole) for old, new in ((self.keys, key_states), (self.values, value_states))
            ]
        for buffer, new in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[:, :, held:whole] = new
        self._show(whole)
        return self.contents()

    def contents(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The keys and values that count."""
        assert self.keys is not None
        assert self.values is not None
        return self.keys, self.values

    def batch_repeat_interleave(self, repeats: int) -> None:
        super().batch_repeat_interleave(repeats)
        self._buffers = []

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        super().batch_select_indices(indices)
        self._buffers = []

    def _show(self, columns: int) -> None:
        self.keys, self.values = (buffer[:, :, :columns] for buffer in self._buffers)


def _roomier(old: torch.Tensor | None, new: torch.Tensor, held: int, whole: int) -> torch.Tensor:
    """A buffer for more than `whole` columns with the `held` columns of `old`."""
    rows, heads, _, size = new.shape
    buffer = new.new_empty(rows, heads, whole + max(ROOM, whole // 8), size)
    if held and old is not None:
        buffer[:, :, :held] = old
    return buffer


class GrowingCache(Cache):
    """The keys and values of all layers of a model."""

    def __init__(self, layers: Sequence[GrowingLayer]) -> None:
        super().__init__(layers=list[Any](layers))
        self._growing = layers

    def contents(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Keys and values of each layer."""
        return [layer.contents() for layer in self._growing]
