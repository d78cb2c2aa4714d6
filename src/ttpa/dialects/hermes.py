"""The Hermes dialect, which Qwen speaks too: `<tool_call>` tags around one JSON object a call."""

import re

from ttpa.dialects.base import TextSpan, TurnText, text_span
from ttpa.dialects.json_call import find_object_end, label_call, read_call, write_call
from ttpa.records.messages import AssistantMessage
from ttpa.records.strict_json import InvalidJson
from ttpa.records.tools import ToolCall

_OPEN, _CLOSE = "<tool_call>", "</tool_call>"
_TAG = re.compile(f"{_OPEN}|{_CLOSE}")
_REASONING = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*")


class Hermes:
    """Text first, then each call as a JSON object on a line of its own between `<tool_call>` and `</tool_call>`."""

    name = "hermes"

    def write_turn(self, turn: AssistantMessage) -> str:
        blocks = [f"{_OPEN}\n{write_call(call)}\n{_CLOSE}" for call in turn.tool_calls]
        return "\n".join([turn.content, *blocks] if turn.content else blocks)

    def read_turn(self, text: str) -> TurnText:
        calls: list[ToolCall] = []
        spans: list[TextSpan] = []
        content: list[str] = []
        problem: str | None = None
        index = 0
        position = _reasoning_end(text)
        reasoning = text[:position]
        spans.extend(text_span(text, 0, position))
        while (opening := text.find(_OPEN, position)) >= 0:
            content.append(text[position:opening])
            spans.extend(text_span(text, position, opening))
            start = opening + len(_OPEN)
            end, is_closed = _find_end(text, start)
            position = end + len(_CLOSE) if is_closed else end
            spans.extend(label_call(text, start, end, index))
            if is_closed:
                try:
                    calls.append(read_call(text[start:end]))
                except InvalidJson as error:
                    problem = problem or f"call {index}: {error}"
            else:
                problem = problem or f"call {index} is not closed by {_CLOSE}"
            index += 1
        content.append(text[position:])
        spans.extend(text_span(text, position, len(text)))
        rest = "".join(content)
        if _CLOSE in rest:
            problem = problem or f"{_CLOSE} without {_OPEN}"
        said = (reasoning + rest).strip()
        return TurnText(said, None if problem else tuple(calls), tuple(spans), problem)


def _reasoning_end(text: str) -> int:
    """Where the reasoning ends that a turn begins with: it may name the tags, which call nothing there."""
    found = _REASONING.match(text)
    return found.end() if found else 0


def _find_end(text: str, start: int) -> tuple[int, bool]:
    """Where the block that opens before `start` ends, and whether a closing tag stands there.

    A tag within a string of whole JSON is that string's text; where the JSON is broken the next tag ends the block.
    """
    object_end = find_object_end(text, start)
    if object_end is not None:
        end = _skip_space(text, object_end)
        if text.startswith(_CLOSE, end):
            return end, True
    tag = _TAG.search(text, start)
    return (tag.start(), tag[0] == _CLOSE) if tag else (len(text), False)


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
