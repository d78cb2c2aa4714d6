"""LLaMA-Factory's ShareGPT form: `conversations` of human, function_call, observation and gpt, and `tools` as text."""

import json
from collections.abc import Mapping

from ttpa.records.instructions import Instruction
from ttpa.records.messages import AssistantMessage, Message
from ttpa.records.record import JsonObject, JsonValue
from ttpa.stages.export.base import ExportFormat, acceptable_values, dialogue


def rows(instruction: Instruction) -> list[JsonObject]:
    """Turns alternate there, so the results of several calls are one observation, a JSON array of texts.

    What is said beside calls is left out: a `function_call` is JSON alone.
    """
    messages = dialogue(instruction)
    system = "\n".join(message.content for message in messages if message.role == "system")
    conversations: list[JsonValue] = []
    results: list[str] = []
    for message in [*messages, None]:
        if message is not None and message.role == "tool":
            results.append(message.content)
            continue
        if results:
            value = results[0] if len(results) == 1 else json.dumps(results, ensure_ascii=False)
            conversations.append({"from": "observation", "value": value})
            results = []
        if message is not None and message.role != "system":
            conversations.append(_turn(message))
    tools = [tool.as_openai()["function"] for tool in instruction.tools]
    row: JsonObject = {"conversations": conversations, "tools": json.dumps(tools, ensure_ascii=False)}
    return [row | {"system": system}]  # every row has every column that `dataset_info.json` names


def beside(files: Mapping[str, str]) -> dict[str, str]:
    """The entry of each file in `dataset_info.json`."""
    columns = {"messages": "conversations", "tools": "tools", "system": "system"}
    entries = {
        split: {"file_name": file, "formatting": "sharegpt", "columns": columns} for split, file in files.items()
    }
    return {"dataset_info.json": json.dumps(entries, indent=1) + "\n"}


def _turn(message: Message) -> JsonObject:
    if isinstance(message, AssistantMessage) and message.tool_calls:
        calls: list[JsonValue] = [{"name": call.name, "arguments": call.arguments} for call in message.tool_calls]
        value = calls[0] if len(calls) == 1 else calls
        return {"from": "function_call", "value": json.dumps(value, ensure_ascii=False)}
    return {"from": "human" if message.role == "user" else "gpt", "value": message.content}


def loses(instruction: Instruction) -> list[str]:
    """What its rows do not say."""
    texts = ["texts beside calls" for message in dialogue(instruction) if _has_text_beside_calls(message)]
    return [*acceptable_values(instruction), *texts]


def _has_text_beside_calls(message: Message) -> bool:
    return isinstance(message, AssistantMessage) and bool(message.tool_calls and message.content)


LLAMAFACTORY = ExportFormat("llamafactory", "jsonl", rows, beside, loses=loses)
