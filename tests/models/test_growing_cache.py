"""The growing cache against transformers' own."""

# pyright: reportUnknownMemberType=false

import torch
from transformers.cache_utils import DynamicLayer

from ttpa.models.growing_cache import ROOM, GrowingLayer


def states(rows: int, columns: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(rows, 2, columns, 8), torch.randn(rows, 2, columns, 8)


def test_it_holds_what_the_dynamic_cache_holds_whatever_is_added_chosen_and_repeated() -> None:
    torch.manual_seed(0)
    growing, dynamic = GrowingLayer(), DynamicLayer()
    rows = 3
    for columns in (5, 1, 1, ROOM + 3, 1, 40, 2):
        keys, values = states(rows, columns)
        for ours, theirs in zip(growing.update(keys, values), dynamic.update(keys, values), strict=True):
            assert torch.equal(ours, theirs)
        for layer in (growing, dynamic):
            layer.batch_select_indices(torch.tensor([2, 0]))
            layer.batch_repeat_interleave(2)
        rows = 4
    assert growing.get_seq_length() == dynamic.get_seq_length()


def test_adding_a_token_copies_nothing_that_is_held() -> None:
    layer = GrowingLayer()
    before, _ = layer.update(*states(2, 10))
    after, _ = layer.update(*states(2, 1))
    assert after.data_ptr() == before.data_ptr()
