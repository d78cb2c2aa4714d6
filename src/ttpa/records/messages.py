"""Dialogue messages by role, as OpenAI's chat format has them.

The i-th tool message after an assistant message answers its i-th call, so no call ids are stored.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from ttpa.records.record import JsonObject, Record
from ttpa.records.tools import ToolCall


class SystemMessage(Record):
    role: Literal["system"] = "system"
    content: str


class UserMessage(Record):
    role: Literal["user"] = "user"
    content: str


class AssistantMessage(Record):
    """An assistant turn: text, tool calls, or both."""

    role: Literal["assistant"] = "assistant"
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()


class ToolMessage(Record):
    """The result of one call, in the order of the calls before it."""

    role: Literal["tool"] = "tool"
    content: str


Message = Annotated[SystemMessage | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")]


def as_openai(messages: Iterable[Message]) -> list[JsonObject]:
    """The messages as OpenAI-shaped dictionaries; call ids are `call00000`, `call00001`, ... through the dialogue.

    Mistral's templates refuse ids of other than 9 letters and digits, Hermes' a result without its tool's `name`.
    `arguments` stay objects, as chat templates want them; a caller that speaks to an API serialises them.
    """
    shaped: list[JsonObject] = []
    next_id = 0
    unanswered: list[JsonObject] = []
    for message in messages:
        row: JsonObject = {"role": message.role, "content": message.content}
        if isinstance(message, AssistantMessage) and message.tool_calls:
            ids = [f"call{next_id + i:05d}" for i in range(len(message.tool_calls))]
            next_id += len(ids)
            row["tool_calls"] = [
                {"id": call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call_id, call in zip(ids, message.tool_calls, strict=True)
            ]
            unanswered = [
                {"tool_call_id": call_id, "name": call.name}
                for call_id, call in zip(ids, message.tool_calls, strict=True)
            ]
        elif isinstance(message, ToolMessage) and unanswered:
            row |= unanswered.pop(0)
        shaped.append(row)
    return shaped
