"""What the layers of a model attend to, as its config tells."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

import math

from transformers import AutoConfig, PreTrainedConfig

from ttpa.errors import ModelError

FULL = "full_attention"


def partial_attention(config: PreTrainedConfig) -> list[str]:
    """The kinds of layers that do not attend to all tokens before, sorted; none where all do.

    Not every family names its layers so: GPT-Neo does by another key, and some switch all of them to a window by its
    size alone (Mistral, Mixtral, Phi-3, StarCoder2, Qwen3-MoE). A window that is as large as the context hides nothing.
    """
    config = config.get_text_config()
    named = getattr(config, "layer_types", None)
    if named:
        return sorted({*named} - {FULL})
    if "local" in getattr(config, "attention_layers", ()):
        return ["local"]
    context = getattr(config, "max_position_embeddings", math.inf)
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    return ["sliding_attention"] if window is not None and window < context else []


def require_branches(config: PreTrainedConfig) -> None:
    """Raises `ModelError` where the model's turns cannot be branched in this process."""
    _require_full_attention(
        config, "policy.engine = 'local'", "take 'vllm' or 'server', with train.packing = 'pairs', or another policy"
    )


def require_forest(config: PreTrainedConfig) -> None:
    """Raises `ModelError` where the model cannot be trained on a forest: a tree cannot tell a layer what it sees."""
    _require_full_attention(config, "train.packing = 'tree'", "take 'pairs'")


def load_config(path: str) -> PreTrainedConfig:
    """A checkpoint's config, without its weights. Raises `ModelError` where there is none."""
    try:
        return AutoConfig.from_pretrained(path, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"no model can be loaded from {path!r}: {error}") from error


def _require_full_attention(config: PreTrainedConfig, wanted_by: str, instead: str) -> None:
    if others := partial_attention(config):
        kinds = ", ".join(others)
        raise ModelError(f"{wanted_by} needs full attention in all layers; this model has {kinds}: {instead}")
