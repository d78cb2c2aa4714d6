"""Recorded chat: a question is paid for once, whatever happens in between."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ttpa.errors import ModelError
from ttpa.models.recorded_chat import RecordedChatModel
from ttpa.models.scripted import ScriptedChatModel
from ttpa.records.messages import Message, SystemMessage, UserMessage
from ttpa.runs.journal import Journal

HELLO = [SystemMessage(content="Be brief."), UserMessage(content="Hello \u2028 \N{GRINNING FACE}")]


class Meter:
    """Answers by counting how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def answer(self, messages: Sequence[Message], seed: int) -> str:
        self.asked += 1
        if "fail" in messages[-1].content:
            raise ModelError("out of order")
        return f"{len(messages)} {seed} {self.asked}"


def test_a_question_is_asked_once_and_replayed_in_another_process(tmp_path: Path) -> None:
    meter = Meter()
    first = Journal(tmp_path / "journal.sqlite")
    reply = RecordedChatModel(ScriptedChatModel(meter.answer), first).chat(HELLO, seed=7)
    first.close()
    second = Journal(tmp_path / "journal.sqlite")
    again = RecordedChatModel(ScriptedChatModel(meter.answer), second).chat(HELLO, seed=7)
    second.close()
    assert meter.asked == 1
    assert again == reply
    assert (reply.text, reply.completion_tokens) == ("2 7 1", 5)


def test_another_seed_message_or_model_is_another_question(tmp_path: Path) -> None:
    meter = Meter()
    journal = Journal(tmp_path / "journal.sqlite")
    model = RecordedChatModel(ScriptedChatModel(meter.answer), journal)
    model.chat(HELLO, seed=1)
    model.chat(HELLO, seed=2)
    model.chat(HELLO[1:], seed=1)
    model.chat([UserMessage(content=HELLO[0].content), HELLO[1]], seed=1)
    RecordedChatModel(ScriptedChatModel(meter.answer, identity="other"), journal).chat(HELLO, seed=1)
    journal.close()
    assert meter.asked == 5


def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    meter = Meter()
    journal = Journal(tmp_path / "journal.sqlite")
    model = RecordedChatModel(ScriptedChatModel(meter.answer), journal)
    for _ in range(2):
        with pytest.raises(ModelError, match="out of order"):
            model.chat([UserMessage(content="fail")], seed=1)
    journal.close()
    assert meter.asked == 2


def test_its_identity_is_the_models_own(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    assert RecordedChatModel(ScriptedChatModel(Meter().answer, identity="big t=1"), journal).identity == "big t=1"
    journal.close()
