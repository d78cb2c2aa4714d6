"""ms-swift's agent form: `messages` with the roles tool_call and tool_response, and `tools` as JSON text."""

import json

from ttpa.records.instructions import Instruction
from ttpa.records.messages import AssistantMessage
from ttpa.records.record import JsonObject, JsonValue
from ttpa.stages.export.base import ExportFormat, dialogue, tools_text


def rows(instruction: Instruction) -> list[JsonObject]:
    """Each call and each result is a message of its own; those of one step follow one another."""
    messages: list[JsonValue] = []
    for message in dialogue(instruction):
        if isinstance(message, AssistantMessage) and message.tool_calls:
            if message.content:
                messages.append({"role": "assistant", "content": message.content})
            for call in message.tool_calls:
                told = {"name": call.name, "arguments": call.arguments}
                messages.append({"role": "tool_call", "content": json.dumps(told, ensure_ascii=False)})
        else:
            role = "tool_response" if message.role == "tool" else message.role
            messages.append({"role": role, "content": message.content})
    return [{"tools": tools_text(instruction), "messages": messages}]


MS_SWIFT = ExportFormat("ms-swift", "jsonl", rows)
