"""What layers attend to, of families that name their layers and of those that switch a window on by its size alone."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    GPTNeoConfig,
    LlamaConfig,
    MistralConfig,
    MixtralConfig,
    Phi3Config,
    PreTrainedConfig,
    Qwen2Config,
    Qwen3MoeConfig,
    Starcoder2Config,
)

from ttpa.models.transformers_layers import partial_attention

SIZES: dict[str, Any] = {
    "vocab_size": 60, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 512, "pad_token_id": 0,
}  # fmt: skip


def make(form: type[PreTrainedConfig], **told: Any) -> PreTrainedConfig:
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(form(**SIZES, **told)).config


@pytest.mark.parametrize("form", [MistralConfig, MixtralConfig, Phi3Config, Starcoder2Config])
def test_a_family_without_named_layers_slides_where_its_window_is_smaller_than_its_context(
    form: type[PreTrainedConfig],
) -> None:
    assert partial_attention(make(form, sliding_window=8)) == ["sliding_attention"]
    for window in (512, 4096, None):
        assert partial_attention(make(form, sliding_window=window)) == []


@pytest.mark.parametrize("form", [Qwen2Config, Qwen3MoeConfig])
def test_a_window_that_is_switched_off_hides_nothing(form: type[PreTrainedConfig]) -> None:
    told: dict[str, Any] = {"sliding_window": 8, "max_window_layers": 1}
    assert partial_attention(make(form, use_sliding_window=False, **told)) == []
    assert partial_attention(make(form, use_sliding_window=True, **told)) == ["sliding_attention"]


def test_a_model_that_knows_no_window_attends_to_all() -> None:
    assert partial_attention(make(LlamaConfig)) == []


def test_a_family_that_names_local_layers_by_its_own_key_is_read_too() -> None:
    sizes: dict[str, Any] = {"vocab_size": 60, "hidden_size": 32, "num_layers": 2, "num_heads": 4}
    for kinds, partial in ((["global", "local"], ["local"]), (["global"], [])):
        form = GPTNeoConfig(**sizes, attention_types=[[kinds, 2 // len(kinds)]], window_size=8)
        with torch.device("meta"):
            assert partial_attention(AutoModelForCausalLM.from_config(form).config) == partial
