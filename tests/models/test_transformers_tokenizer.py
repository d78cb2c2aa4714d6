"""Turns as token ids: whole or refused, the same on any day, and as they stand after their prompt."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false

from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import GenerationConfig, PreTrainedTokenizerFast

from ttpa.errors import DialogueRefused, ModelError
from ttpa.models.transformers_tokenizer import TransformersTokenizer
from ttpa.records.messages import AssistantMessage, Message, ToolMessage, UserMessage
from ttpa.records.tools import ToolCall

TEMPLATES = Path(__file__).parents[1] / "stages" / "sample" / "templates"
TEMPLATE = """{%- for message in messages %}
{{- '<|' + message.role + '|>\\n' }}
{%- for call in message.tool_calls or [] %}{{ '<tool_call>\\n' + (call.function | tojson) }}{% endfor %}
{{- message.content + '</s>' + after }}
{%- endfor %}
{{- '<|assistant|>\\n' if add_generation_prompt else '' }}"""
ASKED = (UserMessage(content="Say hello world."),)
CALL = ToolCall(name="say", arguments={"text": "hello world"})


def make(path: Path, template: str, scheme: str = "bytes") -> TransformersTokenizer:
    """A tokenizer of a few merges: of bytes, or one that begins a text with a space in one of SentencePiece's ways."""
    bpe = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    alphabet = [chr(code) for code in range(33, 127)] + ["▁", "\n"]
    if scheme == "bytes":
        bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        bpe.decoder, alphabet = decoders.ByteLevel(), pre_tokenizers.ByteLevel.alphabet()
    else:
        if scheme == "normalizer":
            bpe.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
        else:
            bpe.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme=scheme, split=False)
        bpe.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<unk>", "<s>", "</s>", "<|pad|>"],
        initial_alphabet=alphabet,
        show_progress=False,
    )
    bpe.train_from_iterator(["<|assistant|>\n", "<tool_call>\n", " hello world"] * 20, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, eos_token="</s>", pad_token="<|pad|>", unk_token="<unk>", chat_template=template
    )
    tokenizer.save_pretrained(path)
    return TransformersTokenizer(str(path))


@pytest.mark.parametrize("after", ["", "\n", "\n<|pad|>"])
def test_a_turn_that_holds_the_end_token_as_text_is_refused(tmp_path: Path, after: str) -> None:
    tokenizer = make(tmp_path, TEMPLATE.replace("after", repr(after)))
    _, turn = tokenizer.turn_ids(ASKED, (), AssistantMessage(tool_calls=(CALL,)))
    assert tokenizer.text(turn) == '<tool_call>\n{"name": "say", "arguments": {"text": "hello world"}}</s>'
    broken = ToolCall(name="say", arguments={"text": "hello</s> world"})
    for said in (AssistantMessage(content="The mark </s> ends."), AssistantMessage(tool_calls=(broken,))):
        with pytest.raises(DialogueRefused, match="the turn holds the end token '</s>' as text"):
            tokenizer.turn_ids(ASKED, (), said)


def test_a_turn_ends_at_any_token_at_which_the_model_ends_what_it_generates(tmp_path: Path) -> None:
    template = TEMPLATE.replace("'</s>' + after", "('<|pad|>' if message.tool_calls else '</s>')")
    with pytest.raises(ModelError, match="does not end an assistant turn"):
        make(tmp_path, template).turn_ids(ASKED, (), AssistantMessage(tool_calls=(CALL,)))
    GenerationConfig(eos_token_id=[2, 3]).save_pretrained(tmp_path)
    tokenizer = TransformersTokenizer(str(tmp_path))
    assert {tokenizer.text([end]) for end in tokenizer.end_ids} == {"</s>", "<|pad|>"}
    _, call = tokenizer.turn_ids(ASKED, (), AssistantMessage(tool_calls=(CALL,)))
    _, text = tokenizer.turn_ids(ASKED, (), AssistantMessage(content="hello"))
    assert (tokenizer.text(call[-1:]), tokenizer.text(text)) == ("<|pad|>", "hello</s>")


def test_the_template_is_told_what_the_config_says_of_it(tmp_path: Path) -> None:
    opening = "{{- ('<|assistant|>\\n' + ('' if enable_thinking else '<think></think>')) if add_generation_prompt }}"
    make(tmp_path, TEMPLATE.rsplit("\n", 1)[0].replace("'</s>' + after", "'</s>'") + "\n" + opening)
    asked = {told: TransformersTokenizer(str(tmp_path), {"enable_thinking": told}) for told in (True, False)}
    shown = {told: tokenizer.text(tokenizer.prompt_ids(ASKED, ())) for told, tokenizer in asked.items()}
    assert shown == {True: shown[True], False: shown[True] + "<think></think>"}


@pytest.mark.parametrize("fault", ["{{ 'a' + 1 }}", "{{ messages[0].content.nothing() }}", "{{ 1 / 0 }}"])
def test_a_template_that_fails_refuses_the_dialogue(tmp_path: Path, fault: str) -> None:
    with pytest.raises(DialogueRefused, match=r"the chat template (refuses|fails at) the dialogue"):
        make(tmp_path, fault).prompt_ids(ASKED, ())


def test_a_template_that_writes_the_date_writes_one_that_is_fixed(tmp_path: Path) -> None:
    asked = "{{ strftime_now('%d %b %Y') }}, {{ strftime_now('%A %Y-%m-%d') }}, {{ strftime_now('%c') }}\n"
    dated = "\n  {% if strftime_now is defined %}Today is {% endif %}" + asked
    tokenizer = make(tmp_path, dated + TEMPLATE.replace("after", "''"))
    shown = tokenizer.text(tokenizer.prompt_ids(ASKED, ()))
    assert shown.startswith("\nToday is 26 Jul 2024, Friday 2024-07-26, 26 Jul 2024<|user|>")
    assert "strftime_now(format)" not in str(tokenizer.tokenizer.chat_template)  # what a checkpoint carries


def test_what_fixes_the_date_changes_nothing_else(tmp_path: Path) -> None:
    plain = "  {% if true %}  a\n{% endif %}\n b {{ messages[0].content }}"
    rendered = [
        tokenizer._render(ASKED, (), open_turn=True)
        for tokenizer in (make(tmp_path, plain), make(tmp_path, plain + "{# strftime_now #}"))
    ]
    assert rendered[0] == rendered[1]


@pytest.mark.parametrize("scheme", ["bytes", "first", "always", "normalizer"])
@pytest.mark.parametrize("gap", ["\\n", "", " "])
def test_a_turn_gains_no_space_from_being_tokenised_by_itself(tmp_path: Path, scheme: str, gap: str) -> None:
    template = TEMPLATE.replace("after", "''").replace("|>\\n", f"|>{gap}")
    tokenizer = make(tmp_path, template, scheme)
    turn = AssistantMessage(tool_calls=(CALL,))
    prompt_ids, ids = tokenizer.turn_ids(ASKED, (), turn)
    pieces = tokenizer.tokenizer.convert_ids_to_tokens(list(ids))
    assert "".join(pieces).startswith("<tool_call>")
    whole = tokenizer.tokenizer.encode(tokenizer._render([*ASKED, turn], (), open_turn=False), add_special_tokens=False)
    if whole[: len(prompt_ids)] == list(prompt_ids):
        assert whole == [*prompt_ids, *ids]


def test_a_template_that_asks_for_ids_of_nine_characters_renders_a_dialogue_with_calls(tmp_path: Path) -> None:
    tokenizer = make(tmp_path, (TEMPLATES / "mistral.jinja").read_text(encoding="utf-8"))
    history: list[Message] = [*ASKED, AssistantMessage(tool_calls=(CALL, CALL)), *[ToolMessage(content="said")] * 2]
    shown = tokenizer.text(tokenizer.prompt_ids(history, ()))
    assert '"id": "call00001"' in shown
    assert '"call_id": "call00001"' in shown
