"""FlexAttention on the forest: its mask is the forest's visibility, and one kernel does for all lengths.

On CPUs it is computed as it is written, without gradients, so that all but its speed can be tried here.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false

from random import Random
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor
from torch._dynamo.testing import CompileCounterWithBackend
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention
from transformers import Qwen3Config, Qwen3ForCausalLM

from ttpa.errors import ModelError
from ttpa.stages.train import TrainConfig
from ttpa.stages.train.tree import plant
from ttpa.stages.train.tree_attention import tree_attention
from ttpa.stages.train.tree_block_mask import BLOCK, fill_up, make_block_mask
from ttpa.stages.train.tree_flex import flex_tree_attention
from ttpa.stages.train.tree_forward import add_tree_forward

SEQUENCES = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12), min_size=1, max_size=8)


def grow(seed: int, sequences: int, tokens: int) -> list[list[int]]:
    """Sequences that part from one another anywhere, of two trees."""
    rng = Random(seed)
    grown = [[root, *(rng.randrange(1, 50) for _ in range(tokens))] for root in (0, 99)]
    for _ in range(sequences - 2):
        one = rng.choice(grown)
        grown.append(one[: rng.randrange(1, len(one))] + [rng.randrange(1, 50) for _ in range(rng.randint(1, tokens))])
    return grown


def dense(ends: Tensor) -> Tensor:
    """The visibility as the definition has it: (queries, keys)."""
    places = torch.arange(len(ends))
    return (places[None] <= places[:, None]) & (ends[None] > places[:, None])


def unfold(mask: BlockMask, block: int) -> Tensor:
    """What a kernel sees: full blocks are not masked, partial ones are, all others are not looked at."""
    length = mask.seq_lengths[0]
    seen = torch.zeros(length, length, dtype=torch.bool)
    zero = torch.tensor(0)
    assert mask.full_kv_num_blocks is not None
    assert mask.full_kv_indices is not None
    for row in range(length // block):
        queries = torch.arange(row * block, (row + 1) * block)
        partial = mask.kv_indices[0, 0, row, : int(mask.kv_num_blocks[0, 0, row])].tolist()
        full = mask.full_kv_indices[0, 0, row, : int(mask.full_kv_num_blocks[0, 0, row])].tolist()
        assert not set(partial) & set(full)
        for column in [*partial, *full]:
            keys = torch.arange(column * block, (column + 1) * block)
            told = mask.mask_mod(zero, zero, queries[:, None], keys[None])
            if column in full:
                assert bool(told.all())
            seen[queries[:, None], keys[None]] = told
    return seen


@given(SEQUENCES, st.sampled_from([1, 2, 4, 8]))
def test_the_blocks_are_the_forests_visibility(sequences: list[list[int]], block: int) -> None:
    ends = plant(sequences).subtree_ends
    mask = make_block_mask(ends, block)
    seen = unfold(mask, block)
    assert torch.equal(seen[: len(ends), : len(ends)], dense(ends))
    filling = seen[len(ends) :]
    assert torch.equal(filling, torch.eye(len(seen), dtype=torch.bool)[len(ends) :])


def test_the_blocks_are_those_that_a_look_at_every_pair_finds() -> None:
    ends = plant(grow(1, 30, 90)).subtree_ends
    ours = make_block_mask(ends)
    length = ours.seq_lengths[0]
    assert length > 4 * BLOCK
    theirs = create_block_mask(ours.mask_mod, None, None, length, length, device="cpu", BLOCK_SIZE=BLOCK)
    for name in ("kv_num_blocks", "full_kv_num_blocks"):
        counts = getattr(theirs, name)
        assert torch.equal(getattr(ours, name), counts)
        indices = name.replace("num_blocks", "indices")
        for row, count in enumerate(counts[0, 0].tolist()):
            found = [getattr(mask, indices)[0, 0, row, :count].sort().values for mask in (ours, theirs)]
            assert torch.equal(*found)


@pytest.mark.parametrize("key_heads", [4, 2, 1])
def test_what_is_attended_is_what_the_dense_mask_and_our_own_blocks_give(key_heads: int) -> None:
    forest = plant(grow(2, 20, 40))
    nodes = len(forest.token_ids)
    generator = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(1, heads, nodes, 8, generator=generator) for heads in (4, key_heads, key_heads))
    told: dict[str, Any] = {"attention_mask": None, "scaling": 0.3, "forest": forest}
    flex, _ = flex_tree_attention(torch.nn.Identity(), query, key, value, **told)
    ours, _ = tree_attention(torch.nn.Identity(), query, key, value, **told)
    plain = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=dense(forest.subtree_ends), scale=0.3, enable_gqa=True
    ).transpose(1, 2)
    assert float((flex - plain).abs().max()) < 1e-5
    assert float((flex - ours).abs().max()) < 1e-5


def test_a_model_reads_the_same_log_probabilities_through_it() -> None:
    torch.manual_seed(1)
    config = Qwen3Config(
        vocab_size=100, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, initializer_range=0.2,
    )  # fmt: skip
    sequences = grow(3, 12, 30)
    forest = plant(sequences)
    longest = max(map(len, sequences))
    labels = torch.tensor([one + [-100] * (longest - len(one)) for one in sequences])
    model = Qwen3ForCausalLM(config)
    read: list[Tensor] = []
    for attention in ("sdpa", "flex"):
        add_tree_forward(model, attention)
        with torch.no_grad():
            read.append(model(labels=labels, forest=forest).log_probs)
    assert float((read[0] - read[1]).abs().max()) < 1e-5


@given(st.integers(1, 300_000))
def test_rows_are_filled_up_to_few_lengths_in_whole_blocks(nodes: int) -> None:
    length = fill_up(nodes)
    assert length >= nodes
    assert length % BLOCK == 0
    assert length - nodes < BLOCK + nodes / 8
    assert fill_up(length) == length


def test_one_compilation_does_for_forests_of_all_lengths() -> None:
    counter = CompileCounterWithBackend("eager")
    torch.compiler.reset()
    compiled = torch.compile(flex_attention, backend=counter, dynamic=True)
    lengths: set[int] = set()
    for seed in range(6):
        mask = make_block_mask(plant(grow(seed, 10 + 9 * seed, 60)).subtree_ends)
        lengths.add(mask.seq_lengths[0])
        query, key, value = (torch.randn(1, heads, mask.seq_lengths[0], 16) for heads in (4, 2, 2))
        with torch.no_grad():
            compiled(query, key, value, block_mask=mask, enable_gqa=True)
    torch.compiler.reset()
    assert len(lengths) >= 4
    assert counter.frame_count == 1


def test_where_it_cannot_be_used_the_reason_is_given() -> None:
    with pytest.raises(ValidationError, match=r"train\.attention = 'flex' is for the forest"):
        TrainConfig(attention="flex", packing="pairs")
    config = Qwen3Config(vocab_size=10, hidden_size=8, num_attention_heads=1, num_key_value_heads=1, head_dim=8,
        intermediate_size=8, num_hidden_layers=1, attention_dropout=0.1)  # fmt: skip
    with pytest.raises(ModelError, match=r"has no dropout; this model's is 0\.1"):
        add_tree_forward(Qwen3ForCausalLM(config), "flex")
