"""What the layers of a model attend to, as its config tells."""

# pyright: reportUnknownMemberType=false

import math

from transformers import PreTrainedModel

FULL = "full_attention"


def partial_attention(model: PreTrainedModel) -> list[str]:
    """The kinds of layers that do not attend to all tokens before, sorted; none where all do.

    Not every family names its layers so: GPT-Neo does by another key, and some switch all of them to a window by its
    size alone (Mistral, Mixtral, Phi-3, StarCoder2, Qwen3-MoE). A window that is as large as the context hides nothing.
    """
    config = model.config.get_text_config()
    named = getattr(config, "layer_types", None)
    if named:
        return sorted({*named} - {FULL})
    if "local" in getattr(config, "attention_layers", ()):
        return ["local"]
    context = getattr(config, "max_position_embeddings", math.inf)
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    return ["sliding_attention"] if window is not None and window < context else []
