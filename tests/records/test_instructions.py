"""Instructions: what makes one whole, and the decision points it gives."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from ttpa.records.instructions import Instruction, Step
from ttpa.records.messages import AssistantMessage, SystemMessage, ToolMessage, UserMessage
from ttpa.records.tools import ToolCall, ToolResult

CALL = ToolCall(name="get_weather", arguments={"city": "Oslo"})
RESULT = ToolResult(content='"dry"', ok=True)


def changed(instruction: Instruction, **fields: object) -> Instruction:
    return Instruction.model_validate({**dict(instruction), **fields})


def test_every_turn_is_a_decision_point_with_what_was_said_before(make_instruction: Callable[[], Instruction]) -> None:
    calls, answer = make_instruction().decision_points()
    assert (calls.id, calls.turn, calls.reference, calls.answer) == ("i#0", 0, (CALL,), None)
    assert calls.history == (UserMessage(content="Rain in Oslo?"),)
    assert (answer.id, answer.turn, answer.reference, answer.answer) == ("i#1", 1, (), "It stays dry.")
    assert answer.history == (*calls.history, AssistantMessage(tool_calls=(CALL,)), ToolMessage(content='"dry"'))
    assert calls.tools == answer.tools == make_instruction().tools


def test_the_reference_turn_holds_calls_or_text_never_both(make_instruction: Callable[[], Instruction]) -> None:
    calls, answer = make_instruction().decision_points()
    assert calls.reference_turn() == AssistantMessage(tool_calls=(CALL,))
    assert answer.reference_turn() == AssistantMessage(content="It stays dry.")
    assert answer.model_copy(update={"answer": None}).reference_turn() == AssistantMessage()


def test_without_an_answer_the_last_point_is_the_last_step(make_instruction: Callable[[], Instruction]) -> None:
    step = Step(calls=(CALL,), acceptable=({"get_weather": {"city": ["Oslo", "oslo"]}},))
    [point] = changed(make_instruction(), steps=(step,), answer=None).decision_points()
    assert point.acceptable == step.acceptable


def test_the_question_is_the_users_last_word(make_instruction: Callable[[], Instruction]) -> None:
    context = (UserMessage(content="Hi"), AssistantMessage(content="Yes?"), UserMessage(content="Rain?"))
    assert changed(make_instruction(), context=context).question == "Rain?"
    assert changed(make_instruction(), context=(SystemMessage(content="Be brief."),)).question == ""


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"steps": (Step(calls=()),)}, "step 0 has no call"),
        ({"steps": (Step(calls=(CALL, CALL), results=(RESULT,)),)}, "2 calls but 1 results"),
        ({"steps": (Step(calls=(CALL,)),)}, "no results, yet the dialogue goes on"),
        ({"steps": (Step(calls=(CALL,)), Step(calls=(CALL,))), "answer": None}, "step 0 has no results"),
        ({"steps": (Step(calls=(CALL,), results=(RESULT,), acceptable=()),)}, "1 calls but 0 acceptable"),
        ({"context": ()}, "no message before the first step"),
        ({"steps": (), "answer": None}, "neither a step nor an answer"),
    ],
)
def test_what_is_not_whole_is_no_instruction(
    fields: dict[str, object], reason: str, make_instruction: Callable[[], Instruction]
) -> None:
    with pytest.raises(ValidationError, match=reason):
        changed(make_instruction(), **fields)


def test_an_instruction_survives_its_file(make_instruction: Callable[[], Instruction]) -> None:
    instruction = make_instruction()
    assert Instruction.model_validate_json(instruction.model_dump_json()) == instruction
