"""What an export format says, and what several formats need."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ttpa.records.instructions import Instruction
from ttpa.records.messages import AssistantMessage, Message, as_openai
from ttpa.records.record import JsonObject, JsonValue


def nothing_beside(_: Mapping[str, str]) -> dict[str, str]:
    """No other file."""
    return {}


def has_a_turn(instruction: Instruction) -> bool:
    """Whether anything is said in it: an imported one may tell that no call is due, and nothing else."""
    return bool(instruction.steps or instruction.answer)


def acceptable_values(instruction: Instruction) -> list[str]:
    """A dialogue has a place for one value of each argument."""
    return ["other acceptable values of calls" for step in instruction.steps if step.acceptable is not None]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A way of writing instructions for another trainer."""

    name: str
    kind: Literal["jsonl", "parquet"]
    """How its files are written, one a split."""
    rows: Callable[[Instruction], list[JsonObject]]
    """The rows of one instruction."""
    beside: Callable[[Mapping[str, str]], dict[str, str]] = nothing_beside
    """Other files that the trainer wants, by name, given the files of the splits."""
    columns: JsonObject = field(default_factory=dict[str, JsonValue])
    """The columns of a table and their types."""
    takes: Callable[[Instruction], bool] = has_a_turn
    """Whether it has rows of an instruction."""
    loses: Callable[[Instruction], list[str]] = acceptable_values
    """What of an instruction its rows do not say."""
    takes_many_files: bool = False
    """Whether a split may stand in several files."""


MESSAGES: JsonValue = [
    {
        "role": "string",
        "content": "string",
        "tool_calls": [{"id": "string", "type": "string", "function": {"name": "string", "arguments": "string"}}],
        "tool_call_id": "string",
    }
]
"""The column of `uniform_messages`."""


def dialogue(instruction: Instruction) -> list[Message]:
    """The whole dialogue: what was said before, the steps with their results, and the answer."""
    messages = list(instruction.context)
    for step in instruction.steps:
        messages.extend(step.messages())
    if instruction.answer is not None:
        messages.append(AssistantMessage(content=instruction.answer))
    return messages


def openai_messages(messages: Sequence[Message]) -> list[JsonObject]:
    """The messages as OpenAI's API has them: arguments are JSON text."""
    rows = as_openai(messages)
    for row in rows:
        calls = row.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            assert isinstance(call, dict)
            function = call["function"]
            assert isinstance(function, dict)
            function["arguments"] = json.dumps(function["arguments"], ensure_ascii=False)
    return rows


def uniform_messages(messages: Sequence[Message]) -> list[JsonValue]:
    """The same with all keys in every message, as columns of a table want it."""
    return [
        {
            "role": row["role"],
            "content": row["content"],
            "tool_calls": row.get("tool_calls") or [],
            "tool_call_id": row.get("tool_call_id"),
        }
        for row in openai_messages(messages)
    ]


def tools_text(instruction: Instruction) -> str:
    """The tools in OpenAI form as JSON text, which no table can mix up."""
    return json.dumps([tool.as_openai() for tool in instruction.tools], ensure_ascii=False)
