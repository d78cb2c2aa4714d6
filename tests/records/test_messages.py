"""Messages in OpenAI's form: calls get ids, results name the call they answer."""

import pytest
from pydantic import TypeAdapter, ValidationError

from ttpa.records.messages import AssistantMessage, Message, SystemMessage, ToolMessage, UserMessage, as_openai
from ttpa.records.tools import ToolCall

CALL = ToolCall(name="add", arguments={"a": 1})


def test_plain_messages_keep_role_and_content() -> None:
    shaped = as_openai([SystemMessage(content="Be brief."), UserMessage(content="Hi"), AssistantMessage(content="Hi!")])
    assert shaped == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hi!"},
    ]


def test_results_name_the_calls_of_their_turn_in_order_and_ids_run_on() -> None:
    other = ToolCall(name="subtract", arguments={"a": 1})
    dialogue: list[Message] = [
        AssistantMessage(tool_calls=(CALL, other)),
        ToolMessage(content="first"),
        ToolMessage(content="second"),
        AssistantMessage(tool_calls=(CALL,)),
        ToolMessage(content="third"),
    ]
    shaped = as_openai(dialogue)
    answered = {row["content"]: (row["tool_call_id"], row["name"]) for row in shaped if row["role"] == "tool"}
    assert answered == {
        "first": ("call00000", "add"),
        "second": ("call00001", "subtract"),
        "third": ("call00002", "add"),
    }
    assert shaped[3]["tool_calls"] == [
        {"id": "call00002", "type": "function", "function": {"name": "add", "arguments": {"a": 1}}}
    ]


def test_a_message_is_read_by_its_role() -> None:
    adapter: TypeAdapter[Message] = TypeAdapter(Message)
    for message in (SystemMessage(content="s"), AssistantMessage(tool_calls=(CALL,)), ToolMessage(content="t")):
        assert adapter.validate_json(message.model_dump_json()) == message
    with pytest.raises(ValidationError, match="narrator"):
        adapter.validate_python({"role": "narrator", "content": ""})


def test_records_are_frozen_and_closed() -> None:
    message = UserMessage(content="Hi")
    with pytest.raises(ValidationError, match="frozen"):
        setattr(message, "content", "Bye")  # noqa: B010 - a plain assignment is refused by the type checker already
    with pytest.raises(ValidationError, match="Extra inputs"):
        UserMessage.model_validate({"content": "Hi", "name": "Ann"})
