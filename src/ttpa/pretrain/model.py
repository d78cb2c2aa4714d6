"""A small policy's form, and a model of it with copying heads set by hand."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import torch
from pydantic import Field
from transformers import PreTrainedTokenizerBase

from ttpa.pretrain.family import FAMILIES, FamilyName, SmallModel
from ttpa.pretrain.induction import set_copying_heads
from ttpa.records.record import Record


class FormConfig(Record):
    """The form of a small policy; its embeddings are tied."""

    family: FamilyName = "qwen3"

    vocabulary: int = Field(default=2048, ge=300)
    """Tokens at most."""
    hidden_size: int = Field(default=256, ge=32)
    layers: int = Field(default=4, ge=2)
    heads: int = Field(default=4, ge=1)
    key_value_heads: int = Field(default=2, ge=1)
    head_size: int = Field(default=64, ge=16)
    feed_forward: int = Field(default=704, ge=1)
    max_length: int = Field(default=4096, ge=1)
    """Tokens that prompt and turn may have together."""


def make_model(form: FormConfig, tokenizer: PreTrainedTokenizerBase, *, seed: int) -> SmallModel:
    """A model with random weights but for two heads that copy from the start."""
    end_id, pad_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    assert isinstance(end_id, int)
    assert isinstance(pad_id, int)
    torch.manual_seed(seed)
    settings = {
        "vocab_size": len(tokenizer),
        "hidden_size": form.hidden_size,
        "num_hidden_layers": form.layers,
        "num_attention_heads": form.heads,
        "num_key_value_heads": form.key_value_heads,
        "head_dim": form.head_size,
        "intermediate_size": form.feed_forward,
        "max_position_embeddings": form.max_length,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0},
        "initializer_range": 0.04,
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": end_id,
        "pad_token_id": pad_id,
    }
    model = FAMILIES[form.family].make(settings)
    set_copying_heads(model, seed=seed)
    return model
