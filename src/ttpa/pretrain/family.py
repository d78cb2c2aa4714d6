"""After which family of models a policy is built: its architecture, its chat template and the dialect of its calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

FamilyName = Literal["qwen3", "llama"]
SmallModel = Qwen3ForCausalLM | LlamaForCausalLM
_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Family:
    """What differs between families."""

    name: FamilyName
    make: Callable[[Mapping[str, Any]], SmallModel]
    """A model with random weights, by the settings of its config."""
    dialect: str
    end: str
    """Ends a message."""
    marks: tuple[str, ...]
    """Other tokens of the template that no text holds."""
    tags: tuple[str, ...]
    """Tokens that are text: a decoder keeps them where it is told to skip special tokens."""
    header: str
    """After it stands what the assistant says."""
    pieces: str
    """What a token never goes beyond. Digits, words and runs of marks stand apart, and no word carries the space before
    it: `Paris` is the same tokens in a question and between quotes."""
    openings: tuple[str, ...]
    """Before a tool's name, in a first call and in a later one."""
    call_end: str
    """A call's last token ends with this."""
    separator: str
    """Between calls."""

    @property
    def template(self) -> str:
        """Jinja: how tools are told, which all families share, and how turns are."""
        return "".join((_TEMPLATES / f"{name}.jinja").read_text("utf-8") for name in ("signatures", self.name))


def _qwen3(settings: Mapping[str, Any]) -> SmallModel:
    return Qwen3ForCausalLM(Qwen3Config(**settings))


def _llama(settings: Mapping[str, Any]) -> SmallModel:
    return LlamaForCausalLM(LlamaConfig(**settings))


FAMILIES: dict[FamilyName, Family] = {
    one.name: one
    for one in (
        Family(
            "qwen3",
            _qwen3,
            dialect="hermes",
            end="<|im_end|>",
            marks=("<|im_start|>",),
            tags=("<tool_call>", "</tool_call>", "<tools>", "</tools>"),
            header="<|im_start|>assistant\n",
            pieces=r"\p{N}|\p{L}+|\n|[^\p{L}\p{N}\n]+",
            openings=('{"name": "',),
            call_end="</tool_call>",
            separator="\n",
        ),
        Family(
            "llama",
            _llama,
            dialect="llama3_json",
            end="<|eot_id|>",
            marks=("<|start_header_id|>", "<|end_header_id|>"),
            tags=("<tools>", "</tools>"),
            header="<|start_header_id|>assistant<|end_header_id|>\n\n",
            # The semicolon stands apart, too: whether another call follows is decided in a token of its own.
            pieces=r"\p{N}|\p{L}+|\n|;|[^\p{L}\p{N}\n;]+",
            openings=('{"name": "', ' {"name": "'),
            call_end="}",
            separator="; ",
        ),
    )
}


def head_size(model: SmallModel) -> int:
    """Dimensions of an attention head."""
    size = model.config.head_dim
    assert size is not None, "the config says it"
    return size
