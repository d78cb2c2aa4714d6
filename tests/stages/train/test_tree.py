"""The forest: its layout, and log-probabilities and gradients that are those of each sequence by itself."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from copy import deepcopy
from random import Random
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from peft import LoraConfig, get_peft_model
from transformers import (
    DeepseekV3Config,
    DeepseekV3ForCausalLM,
    FalconConfig,
    FalconForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    NemotronConfig,
    NemotronForCausalLM,
    PreTrainedModel,
    Qwen3Config,
    Qwen3ForCausalLM,
)
from trl.trainer.utils import add_fused_lm_head

from ttpa.errors import ModelError
from ttpa.records.pairs import PreferencePair
from ttpa.stages.train import count_shared
from ttpa.stages.train.run_trainer import without_known_warnings
from ttpa.stages.train.tree import plant
from ttpa.stages.train.tree_blocks import cut_blocks
from ttpa.stages.train.tree_forward import add_tree_forward, require_forest_attention

SEQUENCES = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=7), min_size=1, max_size=6)
SIZES: dict[str, Any] = {
    "vocab_size": 60, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 512, "initializer_range": 0.2,
}  # fmt: skip
LATENT: dict[str, Any] = {
    **SIZES, "num_key_value_heads": 4, "moe_intermediate_size": 16, "n_routed_experts": 4, "num_experts_per_tok": 2,
    "n_group": 1, "topk_group": 1, "first_k_dense_replace": 1, "q_lora_rank": 16, "kv_lora_rank": 16,
    "qk_rope_head_dim": 8, "qk_nope_head_dim": 16, "v_head_dim": 12,
}  # fmt: skip
FIELDS = ("log_probs", "entropy", "mean_logits", "is_top1")


def make(kind: str) -> PreTrainedModel:
    torch.manual_seed(1)
    if kind == "qwen3":
        model: PreTrainedModel = Qwen3ForCausalLM(Qwen3Config(**SIZES, tie_word_embeddings=True))
    elif kind == "deepseek-v3":
        model = DeepseekV3ForCausalLM(DeepseekV3Config(**LATENT, tie_word_embeddings=False))
    else:
        model = LlamaForCausalLM(LlamaConfig(**SIZES, tie_word_embeddings=False))
    add_fused_lm_head(model, outputs=("log_probs", "entropy", "mean_logits", "is_top1"))
    return model


def dialogue(seed: int, turns: int, rejected: int) -> tuple[list[list[int]], list[int]]:
    """Sequences of one dialogue, each with the length of its prompt: at every turn a right turn and wrong ones."""
    rng = Random(seed)

    def words(count: int) -> list[int]:
        return [rng.randrange(60) for _ in range(count)]

    said = words(30)
    sequences: list[list[int]] = []
    prompts: list[int] = []
    for _ in range(turns):
        right = words(9)
        for turn in [right] + [right[: rng.randrange(8)] + words(rng.randint(2, 9)) for _ in range(rejected)]:
            sequences.append(said + turn)
            prompts.append(len(said))
        said = said + right + words(6)
    return sequences, prompts


def padded(sequences: list[list[int]], prompts: list[int]) -> dict[str, torch.Tensor]:
    longest = max(map(len, sequences))
    input_ids = torch.tensor([one + [0] * (longest - len(one)) for one in sequences])
    mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in sequences])
    completion = torch.tensor(
        [
            [0] * prompt + [1] * (len(one) - prompt) + [0] * (longest - len(one))
            for one, prompt in zip(sequences, prompts, strict=True)
        ]
    )
    return {"input_ids": input_ids, "attention_mask": mask, "labels": input_ids.masked_fill(completion == 0, -100)}


@given(SEQUENCES)
def test_every_sequence_is_a_path_and_no_node_comes_twice(sequences: list[list[int]]) -> None:
    forest = plant(sequences)
    for row, sequence in enumerate(sequences):
        path = forest.paths[row, : len(sequence)]
        assert forest.token_ids[path].tolist() == sequence
        assert forest.positions[path].tolist() == list(range(len(sequence)))
        assert forest.parents[path].tolist() == [-1, *path[:-1].tolist()]
    prefixes = {tuple(one[:end]) for one in sequences for end in range(1, len(one) + 1)}
    assert len(forest.token_ids) == len(prefixes)
    assert forest.sequence_tokens == sum(map(len, sequences))


@given(SEQUENCES)
def test_a_key_is_visible_where_it_lies_on_the_way(sequences: list[list[int]]) -> None:
    forest = plant(sequences)
    ways: dict[int, set[int]] = {}
    for row, sequence in enumerate(sequences):
        path = forest.paths[row, : len(sequence)].tolist()
        for place, node in enumerate(path):
            ways[node] = set(path[: place + 1])
    nodes = range(len(forest.token_ids))
    for query in nodes:
        visible = {key for key in nodes if key <= query and int(forest.subtree_ends[key]) > query}
        assert visible == ways[query]
    assert [part.start for part in forest.parts] == [n for n in nodes if int(forest.parents[n]) < 0]
    for part, mask in zip(forest.parts, forest.masks, strict=True):
        trunk = range(part.start, part.trunk_end)
        assert all(ways[node] == set(range(part.start, node + 1)) for node in trunk)
        if mask is not None:
            for row, query in enumerate(range(part.trunk_end, part.end)):
                assert {part.start + int(key) for key in torch.nonzero(mask[row])} == ways[query]


@pytest.mark.parametrize("kind", ["qwen3", "llama", "deepseek-v3"])
@pytest.mark.parametrize(("turns", "rejected"), [(1, 1), (1, 4), (4, 1), (6, 4)])
def test_log_probabilities_and_gradients_are_those_of_padded_sequences(kind: str, turns: int, rejected: int) -> None:
    sequences, prompts = dialogue(turns, turns, rejected)
    other, more = dialogue(99, 1, 2)
    batch = padded(sequences + other, prompts + more)
    forest = plant(sequences + other)
    weights = torch.randn(batch["labels"][:, 1:].shape, generator=torch.Generator().manual_seed(3))
    usual, tree = make(kind), make(kind)
    add_tree_forward(tree)
    results = usual(**batch, fused_lm_head=True), tree(**batch, fused_lm_head=True, forest=forest)
    for name in FIELDS:
        one, two = (getattr(result, name).detach().float() for result in results)
        assert float((one - two).abs().max()) < 1e-5, name
    for result in results:
        (result.log_probs * weights).sum().backward()
    ours, theirs = (torch.cat([p.grad.flatten() for p in m.parameters() if p.grad is not None]) for m in (tree, usual))
    assert float((ours - theirs).norm() / theirs.norm()) < 1e-5


@pytest.mark.parametrize(
    "model",
    [
        Qwen3ForCausalLM(Qwen3Config(**SIZES, use_sliding_window=True, sliding_window=8, max_window_layers=1)),
        MistralForCausalLM(MistralConfig(**SIZES, sliding_window=8)),
    ],
)
def test_a_model_with_a_sliding_window_is_refused_with_the_reason(model: PreTrainedModel) -> None:
    with pytest.raises(ModelError, match="needs full attention in all layers; this model has sliding_attention"):
        add_tree_forward(model)


@pytest.mark.parametrize("adapters", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    "model",
    [
        FalconForCausalLM(FalconConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, vocab_size=60)),
        NemotronForCausalLM(NemotronConfig(**SIZES)),
    ],
)
def test_a_model_with_attention_of_its_own_is_refused_with_the_way_out(
    model: PreTrainedModel, dtype: torch.dtype, adapters: bool
) -> None:
    asked: Any = deepcopy(model)
    asked.to(dtype)
    if adapters:
        with without_known_warnings():
            asked = get_peft_model(asked, LoraConfig(target_modules="all-linear")).get_base_model()
    with pytest.raises(ModelError, match=rf"{type(model).__name__} reads a forest .*: take train\.packing = 'pairs'"):
        add_tree_forward(asked)


@pytest.mark.parametrize("adapters", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("kind", ["qwen3", "llama"])
def test_a_model_is_tried_without_leaving_a_trace(kind: str, dtype: torch.dtype, adapters: bool) -> None:
    asked: Any = make(kind)
    asked.to(dtype).train()
    if adapters:
        with without_known_warnings():
            settings = LoraConfig(target_modules="all-linear", lora_dropout=0.5)
            asked = get_peft_model(asked, settings).train().get_base_model()
    before = torch.get_rng_state()
    add_tree_forward(asked)
    assert torch.equal(torch.get_rng_state(), before)
    assert asked.training
    assert all(parameter.grad is None for parameter in asked.parameters())


def test_weights_that_are_yet_to_come_are_not_tried() -> None:
    with torch.device("meta"):
        model = FalconForCausalLM(FalconConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=4))
    require_forest_attention(model)


@given(SEQUENCES, st.integers(1, 5))
def test_a_block_sees_what_its_queries_see(sequences: list[list[int]], rows: int) -> None:
    forest = plant(sequences)
    for part in forest.parts:
        ends = forest.subtree_ends[part.start : part.end] - part.start
        first = part.trunk_end - part.start
        blocks = cut_blocks(first, ends, rows)
        assert [query for block in blocks for query in range(block.start, block.end)] == list(range(first, len(ends)))
        for block in blocks:
            keys = torch.arange(len(ends))[block.keys].tolist()
            for row, query in enumerate(range(block.start, block.end)):
                hidden = {keys[block.first_masked + int(place)] for place in torch.nonzero(block.hidden[row])}
                assert set(keys) - hidden == {key for key in range(query + 1) if int(ends[key]) > query}


def test_the_account_before_training_counts_the_nodes_of_the_batches(pairs: list[PreferencePair]) -> None:
    expected = [
        plant([[*p.prompt_ids, *p.shared_ids, *rest] for p in batch for rest in (p.chosen_ids, p.rejected_ids)])
        for batch in (pairs[:3], pairs[3:])
    ]
    tokens, nodes = count_shared(pairs, 3)
    assert tokens == sum(forest.sequence_tokens for forest in expected)
    assert nodes == sum(len(forest.token_ids) for forest in expected)
