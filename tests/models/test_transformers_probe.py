"""Models with attention of their own are found out by a few tokens, before anything is sampled of them."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false

from typing import Any

import pytest
import torch
from transformers import (
    BloomConfig,
    DeepseekV3Config,
    DiffLlamaConfig,
    FalconConfig,
    LlamaConfig,
    NemotronConfig,
    PreTrainedConfig,
    PreTrainedModel,
    Qwen3MoeConfig,
)
from transformers.models.auto.modeling_auto import AutoModelForCausalLM

from ttpa.errors import ModelError
from ttpa.models.base import Branch, Completion
from ttpa.models.shared_prefix import SHARED_ATTENTION
from ttpa.models.transformers_sharing import share_prefixes
from ttpa.models.transformers_tokenizer import TransformersTokenizer
from ttpa.models.transformers_tokens import TransformersModel
from ttpa.quickstart.embedded import FOLDER

SIZES: dict[str, Any] = {"vocab_size": 2000, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
WIDE: dict[str, Any] = {**SIZES, "intermediate_size": 48, "num_key_value_heads": 4}
LATENT = DeepseekV3Config(
    **WIDE, moe_intermediate_size=16, n_routed_experts=4, num_experts_per_tok=2, n_group=1, topk_group=1,
    first_k_dense_replace=1, q_lora_rank=16, kv_lora_rank=16, qk_rope_head_dim=8, qk_nope_head_dim=16, v_head_dim=12,
    max_position_embeddings=256,
)  # fmt: skip
EXPERTS = Qwen3MoeConfig(**WIDE, moe_intermediate_size=16, num_experts=4, num_experts_per_tok=2)


def make(config: PreTrainedConfig, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    torch.manual_seed(1)
    return AutoModelForCausalLM.from_config(config, dtype=dtype).eval()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    ("config", "name"),
    [
        (FalconConfig(**SIZES, num_kv_heads=2, new_decoder_architecture=True), "FalconForCausalLM"),
        (BloomConfig(vocab_size=2000, hidden_size=32, n_layer=2, n_head=4), "BloomForCausalLM"),
        (NemotronConfig(**WIDE), "NemotronForCausalLM"),
        (DiffLlamaConfig(**WIDE), "DiffLlamaForCausalLM"),
    ],
)
def test_a_model_that_does_not_see_its_prefix_is_refused_with_a_way_out(
    config: PreTrainedConfig, name: str, dtype: torch.dtype
) -> None:
    with pytest.raises(ModelError, match=f"{name} .*take policy.engine = 'server' or 'vllm'"):
        share_prefixes(make(config, dtype))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("config", [LlamaConfig(**WIDE), EXPERTS, LATENT])
def test_a_model_that_sees_its_prefix_is_ready_and_nothing_random_is_drawn(
    config: PreTrainedConfig, dtype: torch.dtype
) -> None:
    model = make(config, dtype)
    before = torch.get_rng_state()
    share_prefixes(model)
    assert model.config._attn_implementation == SHARED_ATTENTION
    assert torch.equal(torch.get_rng_state(), before)


def test_a_model_that_caches_what_keys_and_values_are_made_of_branches_as_from_scratch() -> None:
    latent = make(LATENT)
    share_prefixes(latent)
    model = TransformersModel.holding(latent, TransformersTokenizer(str(FOLDER)), batch_size=4)

    def runner_up(_: int, branch: Branch | None, said: Completion) -> list[Branch]:
        return [] if branch else [Branch(place, said.top[place][1][:1], said.top[place][1][1:]) for place in (1, 3)]

    prompt = list(range(20, 40))
    [growth] = model.grow([prompt], runner_up, max_new_tokens=8, top_k=2)
    for branch, said in growth.branches:
        forced = [*prompt, *growth.trunk.token_ids[: branch.position], *branch.token_ids]
        [alone] = model.complete([forced], max_new_tokens=7 - branch.position)
        assert said.token_ids == (*branch.token_ids, *alone.token_ids)
