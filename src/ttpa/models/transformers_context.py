"""How much a policy reads, as its config says, without its weights."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from transformers import AutoConfig, PreTrainedConfig

_COUNTED = ("default", "llama3", "longrope")
"""Kinds of positions of which a config says how many there are, stretched or not."""


def read_context(path: str) -> int | None:
    """How many tokens prompt and turn may have together; none where the config of the checkpoint does not say."""
    return context_of(AutoConfig.from_pretrained(path))


def context_of(config: PreTrainedConfig) -> int | None:
    """The same of a config that is at hand."""
    config = config.get_text_config()
    rope = getattr(config, "rope_parameters", None) or {}
    if rope.get("rope_type", "default") not in _COUNTED:
        return None  # positions that are stretched reach further than the config says
    return getattr(config, "max_position_embeddings", None)
