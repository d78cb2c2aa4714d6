"""The embedded policy's form, a model of it with copying heads set by hand, and the same model with more layers."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from typing import Any

import torch
from pydantic import Field
from transformers import PreTrainedTokenizerBase, Qwen3Config, Qwen3ForCausalLM

from ttpa.pretrain.induction import set_copying_heads
from ttpa.records.record import Record


class FormConfig(Record):
    """The form of a small policy: that of Qwen3, with tied embeddings."""

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


def make_model(form: FormConfig, tokenizer: PreTrainedTokenizerBase, *, seed: int) -> Qwen3ForCausalLM:
    """A model with random weights but for two heads that copy from the start."""
    end_id, pad_id = tokenizer.eos_token_id, tokenizer.pad_token_id
    assert isinstance(end_id, int)
    assert isinstance(pad_id, int)
    torch.manual_seed(seed)
    model = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=form.hidden_size,
            num_hidden_layers=form.layers,
            num_attention_heads=form.heads,
            num_key_value_heads=form.key_value_heads,
            head_dim=form.head_size,
            intermediate_size=form.feed_forward,
            max_position_embeddings=form.max_length,
            rope_parameters={"rope_type": "default", "rope_theta": 1_000_000.0},
            initializer_range=0.04,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=end_id,
            pad_token_id=pad_id,
        )
    )
    set_copying_heads(model, seed=seed)
    return model


def deepen(model: Qwen3ForCausalLM, layers: int) -> Qwen3ForCausalLM:
    """A model of `layers` layers that computes what `model` does: evenly spread copies of layers, their outputs silent.

    Depth that is added late costs nothing before (block expansion, Wu et al. 2024, arXiv 2401.02415).
    """
    had = int(model.config.num_hidden_layers)
    added = layers - had
    if not 0 <= added <= had:
        raise ValueError(f"{had} layers can become {had} to {2 * had}, not {layers}")
    doubled = {had * (index + 1) // added - 1 for index in range(added)}
    origins = [(layer, copy) for layer in range(had) for copy in ((False, True) if layer in doubled else (False,))]
    form: dict[str, Any] = model.config.to_dict() | {"num_hidden_layers": layers, "layer_types": None}
    deeper = Qwen3ForCausalLM(Qwen3Config.from_dict(form))
    weights = model.state_dict()
    kept = {name: weight for name, weight in weights.items() if not name.startswith("model.layers.")}
    for index, (origin, is_copy) in enumerate(origins):
        for name, weight in model.get_submodule(f"model.layers.{origin}").state_dict().items():
            silent = is_copy and name.endswith(("o_proj.weight", "down_proj.weight"))
            kept[f"model.layers.{index}.{name}"] = torch.zeros_like(weight) if silent else weight
    deeper.load_state_dict(kept)
    deeper.tie_weights()
    return deeper.to(model.device)
