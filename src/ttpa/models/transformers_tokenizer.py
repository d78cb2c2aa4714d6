"""A policy's tokenizer and chat template, by transformers."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from jinja2 import TemplateError
from transformers import AutoTokenizer, GenerationConfig, PreTrainedTokenizerBase

from ttpa.errors import DialogueRefused, ModelError
from ttpa.records.messages import AssistantMessage, Message, as_openai
from ttpa.records.tools import ToolSpec

TemplateKwargs = Mapping[str, bool | int | float | str]
"""What a chat template is told besides messages and tools, by name."""
_DATE = date(2024, 7, 26)  # Llama's templates take it where they are told of none
_CODES = ("%d", "%-d", "%e", "%m", "%b", "%B", "%y", "%Y", "%a", "%A", "%j", "%H", "%M", "%S", "%F", "%T")
"""What templates ask `strftime_now` for; where they ask for more, the date is written in one way."""


class TransformersTokenizer:
    """A tokenizer with its chat template.

    Where the template writes today's date, it writes one that is fixed: prompts of two days are alike, and so is what
    was made of them. The tokenizer's own template, which checkpoints carry, stays as it is.
    """

    def __init__(self, path: str, chat_template_kwargs: TemplateKwargs | None = None) -> None:
        """Loads from a checkpoint directory or by hub name; the template is told `chat_template_kwargs` with each turn.

        Raises `ModelError` where there is none, or one without a chat template or an end token.
        """
        try:
            tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise ModelError(f"no tokenizer can be loaded from {path!r}: {error}") from error
        assert isinstance(tokenizer, PreTrainedTokenizerBase)
        if not tokenizer.chat_template:
            raise ModelError(
                f"the tokenizer of {path!r} has no chat template, so no dialogue can be rendered for it; "
                "take the model's instruct version, or put a chat_template.jinja into its folder"
            )
        end_id = tokenizer.eos_token_id
        if not isinstance(end_id, int):
            raise ModelError(f"the tokenizer of {path!r} has no end token, so no turn would ever end")
        self.tokenizer = tokenizer
        self._template_kwargs = dict(chat_template_kwargs or {})
        self.end_ids = frozenset({end_id, *_generation_ends(path)})
        # One that begins every text with a space, as SentencePiece does, says another thing in the midst of a text.
        self._encodes_parts = self._encode("a\n") + self._encode("x") == self._encode("a\nx")

    def prompt_ids(self, history: Sequence[Message], tools: Sequence[ToolSpec]) -> tuple[int, ...]:
        """The tokens before an assistant turn. Raises `DialogueRefused` where the template has no form for it."""
        return self._encode(self._render(history, tools, open_turn=True))

    def turn_ids(
        self, history: Sequence[Message], tools: Sequence[ToolSpec], turn: AssistantMessage
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The prompt's tokens and the turn's after them, cut after its end token.

        Raises `DialogueRefused` where the template has no form for it or its text holds the end token, and `ModelError`
        where the template does not render the turn as a continuation of its prompt.
        """
        prompt = self._render(history, tools, open_turn=True)
        whole = self._render([*history, turn], tools, open_turn=False)
        if not whole.startswith(prompt):
            raise ModelError("the chat template does not render an assistant turn as a continuation of its prompt")
        prompt_ids = self._encode(prompt)
        ids = self._encode_after(prompt, prompt_ids, whole[len(prompt) :])
        end = next((index for index, token_id in enumerate(ids) if token_id in self.end_ids), None)
        if end is None:
            raise ModelError("the chat template does not end an assistant turn with an end token of the policy's")
        # Marks of the template may follow. Text can only be what an end token within the turn has cut off.
        rest = self.tokenizer.decode(list(ids[end + 1 :]), skip_special_tokens=True)
        assert isinstance(rest, str)
        if rest.strip():
            raise DialogueRefused(f"the turn holds the end token {self._decode(ids[end : end + 1])!r} as text")
        return prompt_ids, ids[: end + 1]

    def text(self, token_ids: Sequence[int]) -> str:
        return self._decode(token_ids)

    def pieces(self, token_ids: Sequence[int]) -> list[str]:
        whole = self._decode(token_ids)
        single = [self._decode([token_id]) for token_id in token_ids]
        if "".join(single) == whole:
            return single
        # A character in parts, or a tokenizer that joins words by context: what each token adds to the text before it.
        pieces: list[str] = []
        known = ""
        for end in range(1, len(token_ids) + 1):
            text = self._decode(token_ids[:end])
            text = whole if end == len(token_ids) else text.rstrip("\ufffd")
            if not text.startswith(known):
                text = known
            pieces.append(text[len(known) :])
            known = text
        return pieces

    def _encode_after(self, prompt: str, prompt_ids: tuple[int, ...], turn: str) -> tuple[int, ...]:
        """The tokens of a turn as they stand in the whole, or where they join the prompt's last one, within a text."""
        known = {} if self._encodes_parts else {prompt: prompt_ids, "a": self._encode("a")}
        for before, before_ids in known.items():
            ids = self._encode(before + turn)
            if ids[: len(before_ids)] == before_ids:
                return ids[len(before_ids) :]
        return self._encode(turn)

    def _render(self, history: Sequence[Message], tools: Sequence[ToolSpec], *, open_turn: bool) -> str:
        shown: list[Any] | None = [tool.as_openai() for tool in tools] or None
        try:
            text = self.tokenizer.apply_chat_template(
                cast("list[dict[str, str]]", as_openai(history)),
                tools=shown,
                chat_template=_with_fixed_date(self.tokenizer.get_chat_template(tools=shown)),
                add_generation_prompt=open_turn,
                tokenize=False,
                **cast("dict[str, Any]", self._template_kwargs),
            )
        except TemplateError as error:
            raise DialogueRefused(f"the chat template refuses the dialogue: {error}") from error
        except Exception as error:  # a template may do anything, such as add an object to a text
            told = f"{type(error).__name__}: {error}"
            raise DialogueRefused(f"the chat template fails at the dialogue: {told}") from error
        assert isinstance(text, str)
        return text

    def _encode(self, text: str) -> tuple[int, ...]:
        return tuple(self.tokenizer.encode(text, add_special_tokens=False))

    def _decode(self, token_ids: Sequence[int]) -> str:
        text = self.tokenizer.decode(list(token_ids), skip_special_tokens=False, clean_up_tokenization_spaces=False)
        assert isinstance(text, str)
        return text


def _generation_ends(path: str) -> list[int]:
    """The tokens at which the model ends what it generates, where it comes with a `generation_config.json`.

    Llama 3.1 ends a call with another one than a text, and Gemma a turn with another one than a document.
    """
    try:
        ends: Any = GenerationConfig.from_pretrained(path).eos_token_id
    except OSError:
        return []
    return [end for end in (ends if isinstance(ends, list) else [ends]) if isinstance(end, int)]


def _with_fixed_date(template: str) -> str:
    """The template, in which a macro takes the place of the function that tells today's date."""
    if "strftime_now" not in template:
        return template
    told = "".join(f"|replace('{code}', '{_DATE.strftime(code)}')" for code in _CODES)
    # The break at the end is the block's, so that the template begins a line as before.
    return (
        f"{{%- macro strftime_now(format) %}}{{%- set told = format{told} %}}"
        f"{{{{- '{_DATE.strftime('%d %b %Y')}' if '%' in told else told }}}}{{%- endmacro %}}\n{template}"
    )
