"""Families of small policies: what their templates write is what their dialects read."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from ttpa.dialects import DIALECTS
from ttpa.models.transformers_tokenizer import TransformersTokenizer
from ttpa.pretrain.family import FAMILIES, Family
from ttpa.pretrain.sessions import SessionMaker, draw_session, render, texts
from ttpa.pretrain.tokenizer import make_renderer, train_tokenizer
from ttpa.quickstart.embedded import EMBEDDED, policy_path
from ttpa.records.messages import AssistantMessage


@pytest.fixture(scope="module", params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Family:
    return FAMILIES[request.param]


@pytest.fixture(scope="module")
def tokenizer(family: Family) -> PreTrainedTokenizerFast:
    return train_tokenizer(texts(0, 20, make_renderer(family)), 400, family)


def assistant_turns(index: int) -> list[AssistantMessage]:
    messages, _ = draw_session(0, index)
    return [message for message in messages if isinstance(message, AssistantMessage)]


def test_a_turn_is_rendered_as_its_dialect_writes_and_reads_it(
    family: Family, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    tokenizer.save_pretrained(tmp_path)
    loaded = TransformersTokenizer(str(tmp_path))
    dialect = DIALECTS[family.dialect]
    calls = 0
    for index in range(12):
        messages, world = draw_session(0, index)
        for place, message in enumerate(messages):
            if not isinstance(message, AssistantMessage):
                continue
            _, ids = loaded.turn_ids(messages[:place], world.specs, message)
            said = "".join(loaded.pieces(ids[:-1]))
            assert said == dialect.write_turn(message)
            assert dialect.read_turn(said).calls == message.tool_calls
            calls += len(message.tool_calls)
    assert calls > 20


def test_a_turn_is_decided_in_its_first_token_in_names_and_after_each_call(
    family: Family, tokenizer: PreTrainedTokenizerFast
) -> None:
    make_session = SessionMaker(tokenizer, family, 0, max_length=100_000)
    several = 0
    for index in range(12):
        session = make_session(index)
        ids = [str(tokenizer.convert_ids_to_tokens(number)) for number in session.token_ids]
        starts = [at for at, learned in enumerate(session.is_learned) if learned and not session.is_learned[at - 1]]
        turns = assistant_turns(index)
        assert len(starts) == len(turns)
        for start, end, turn in zip(starts, [*starts[1:], len(ids)], turns, strict=True):
            decided = "".join(ids[at] for at in range(start + 1, end) if session.decides[at])
            names = [call.name for call in turn.tool_calls]
            assert session.decides[start]
            between = family.separator.strip(" ").replace("\n", "Ċ")
            expected = between.join(names) + (family.end if names else "")
            assert decided == expected
            several += len(names) > 1
    assert several


def test_what_the_qwen_policy_is_told_is_what_the_embedded_one_is_told() -> None:
    embedded = PreTrainedTokenizerFast.from_pretrained(policy_path(EMBEDDED))
    for index in (0, 60_000, 150_000):
        messages, world = draw_session(0, index)
        assert render(make_renderer(FAMILIES["qwen3"]), messages, world.specs) == render(
            embedded, messages, world.specs
        )
