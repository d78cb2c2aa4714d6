"""Asking the generator: a prompt file and a JSON payload out, a JSON object back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from ttpa.models.base import ChatModel
from ttpa.records.discards import DiscardReason
from ttpa.records.messages import SystemMessage, UserMessage
from ttpa.records.record import JsonObject
from ttpa.records.strict_json import InvalidJson, find_object
from ttpa.records.tools import ToolSpec

Task = Literal["scenario", "calls", "answer", "question", "no_call", "judge"]
PROMPTS = Path(__file__).with_name("prompts")


class Spoilt(Exception):
    """An instance cannot be finished; it becomes a discard with this reason."""

    def __init__(self, reason: DiscardReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Asker:
    """The generator, with the seed of one instance."""

    generator: ChatModel
    seed: int
    attempts: int

    def ask(self, task: Task, payload: Mapping[str, JsonValue], *, turn: int = 0) -> JsonObject:
        """The generator's reply to a task as an object.

        A reply that cannot be read is asked for again under another seed, `attempts` times in all; then the instance
        is `Spoilt`. `turn` tells repeated tasks of one instance apart.
        """
        messages = [
            SystemMessage(content=read_prompt(task)),
            UserMessage(content=json.dumps({"task": task, **payload}, ensure_ascii=False)),
        ]
        problem = ""
        for attempt in range(self.attempts):
            reply = self.generator.chat(messages, seed=self.seed + 1000 * turn + attempt)
            try:
                return find_object(reply.text)
            except InvalidJson as error:
                problem = str(error)
        raise Spoilt(DiscardReason.UNREADABLE_REPLY, f"{task}: {problem}")


@cache
def read_prompt(task: Task) -> str:
    """The instructions for a task, from its prompt file."""
    return (PROMPTS / f"{task}.md").read_text(encoding="utf-8")


def text_field(reply: JsonObject, key: str, task: Task) -> str:
    """A non-empty string of a reply, stripped. Raises `Spoilt` where there is none."""
    value = reply.get(key)
    if not isinstance(value, str) or not value.strip():
        raise Spoilt(DiscardReason.UNREADABLE_REPLY, f"{task}: {key!r} is not a text")
    return value.strip()


def describe_tools(tools: tuple[ToolSpec, ...]) -> list[JsonValue]:
    """The tools as a payload shows them."""
    return [tool.model_dump(mode="json") for tool in tools]
