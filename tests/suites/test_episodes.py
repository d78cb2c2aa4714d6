"""Episodes side by side: batches change nothing, and what cannot be asked is missing with its reason."""

from collections.abc import Sequence

import pytest

from ttpa.dialects import DIALECTS
from ttpa.errors import DialogueRefused
from ttpa.models.scripted import CharacterTokenizer, ScriptedTokenModel
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.messages import Message, UserMessage
from ttpa.records.suites import SuiteAnswer
from ttpa.records.tools import ToolSpec
from ttpa.suites.episodes import Ask, Ended, Episode, Item, play

HERMES = DIALECTS["hermes"]
closed: list[int] = []


def count_down(number: int) -> Episode:
    """Asks `number` times; each history holds what was said before."""
    history: list[Message] = [UserMessage(content=f"count {number}")]
    said: list[str] = []
    try:
        for _ in range(number):
            heard = yield Ask(tuple(history), ())
            said.append(heard.text)
            history.extend([heard.message(), UserMessage(content="and on")])
    finally:
        closed.append(number)
    return Ended((tuple(said),))


def items(*numbers: int) -> list[Item]:
    return [Item(id=str(number), category="c", start=lambda number=number: count_down(number)) for number in numbers]


def answers(model: ScriptedTokenModel, batch: int, *numbers: int) -> dict[str, SuiteAnswer | Discard]:
    found = play(items(*numbers), model=model, dialect=HERMES, max_new_tokens=50, batch=batch)
    return {outcome.id: outcome for outcome in found}


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_how_many_are_under_way_changes_no_answer(batch: int) -> None:
    model = ScriptedTokenModel(lambda prompt: {f"{prompt.count('and on')}": 1.0})
    found = answers(model, batch, 3, 1, 5, 2)
    assert found == answers(model, 4, 3, 1, 5, 2)
    assert [len(answer.said[0]) for answer in found.values() if isinstance(answer, SuiteAnswer)].count(5) == 1
    five = found["5"]
    assert isinstance(five, SuiteAnswer)
    assert five.said == (("0", "1", "2", "3", "4"),)
    assert five.completion_tokens == 10


def test_a_dialogue_that_outgrows_the_context_is_missing_and_is_closed() -> None:
    closed.clear()
    model = ScriptedTokenModel(lambda _: {"yes": 1.0}, max_length=250)
    found = answers(model, 3, 1, 9)
    missing = found["9"]
    assert isinstance(missing, Discard)
    assert missing.reason == DiscardReason.CONTEXT_OVERFLOW
    assert isinstance(found["1"], SuiteAnswer)
    assert sorted(closed) == [1, 9]


class StrictTokenizer(CharacterTokenizer):
    """Refuses a dialogue of more than one message, as some chat templates do."""

    def prompt_ids(self, history: Sequence[Message], tools: Sequence[ToolSpec]) -> tuple[int, ...]:
        if len(history) > 1:
            raise DialogueRefused("the chat template refuses the dialogue: roles must alternate")
        return super().prompt_ids(history, tools)


def test_what_the_template_refuses_is_missing_too() -> None:
    model = ScriptedTokenModel(lambda _: {"yes": 1.0})
    model.tokenizer = StrictTokenizer()
    found = answers(model, 3, 1, 2)
    missing = found["2"]
    assert isinstance(missing, Discard)
    assert missing.reason == DiscardReason.REFUSED_BY_TEMPLATE
    assert "roles must alternate" in missing.detail
    assert isinstance(found["1"], SuiteAnswer)
