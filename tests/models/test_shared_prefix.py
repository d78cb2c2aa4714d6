"""Attention over a shared prefix against attention over copies of it."""

# pyright: reportUnknownMemberType=false

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import scaled_dot_product_attention

from ttpa.models.shared_prefix import SharedPrefix, shared_prefix_attention

SIZE, VALUE_SIZE = 8, 6


@given(
    trunk=st.lists(st.integers(0, 2), min_size=1, max_size=7),
    columns=st.integers(1, 9),
    own=st.integers(1, 4),
    tokens=st.integers(1, 3),
    seed=st.integers(0, 99),
)
@settings(max_examples=60)
def test_rows_that_share_a_prefix_attend_as_if_each_had_a_copy(
    trunk: list[int], columns: int, own: int, tokens: int, seed: int
) -> None:
    torch.manual_seed(seed)
    rows, heads, shared, own = len(trunk), 4, 2, max(own, tokens)
    prefix_keys, prefix_values = (torch.randn(3, shared, columns, size) for size in (SIZE, VALUE_SIZE))
    seen = torch.rand(rows, columns) < 0.7
    query = torch.randn(rows, heads, tokens, SIZE)
    keys, values = (torch.randn(rows, shared, own, size) for size in (SIZE, VALUE_SIZE))
    visible = torch.ones(tokens, own, dtype=torch.bool).tril(own - tokens).expand(rows, 1, tokens, own)
    module = torch.nn.Module()
    module.layer_idx = 0  # pyright: ignore[reportArgumentType]

    found, _ = shared_prefix_attention(
        module, query, keys, values, visible,
        prefix=SharedPrefix([(prefix_keys, prefix_values)], torch.tensor(trunk), seen),
    )  # fmt: skip

    mask = torch.cat([seen[:, None, None].expand(rows, 1, tokens, columns), visible], dim=-1)
    expected = scaled_dot_product_attention(
        query,
        torch.cat([prefix_keys[trunk], keys], dim=2),
        torch.cat([prefix_values[trunk], values], dim=2),
        attn_mask=mask,
        enable_gqa=True,
    )
    torch.testing.assert_close(found, expected.transpose(1, 2), atol=1e-5, rtol=1e-5)


def test_a_trunk_that_no_row_needs_any_more_is_let_go() -> None:
    keys = torch.randn(3, 2, 5, SIZE)
    prefix = SharedPrefix([(keys, keys)], torch.tensor([0, 2, 2, 1]), torch.ones(4, 5, dtype=torch.bool))
    left = prefix.select(torch.tensor([1, 3]))
    assert torch.equal(left.layers[0][0], keys[[1, 2]])
    assert left.trunk.tolist() == [1, 0]
