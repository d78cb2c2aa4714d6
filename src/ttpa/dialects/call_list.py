"""Several calls as JSON objects, one after the other: what most families but Hermes write."""

import json
import re
from dataclasses import dataclass

from ttpa.dialects.base import TextSpan
from ttpa.dialects.json_call import PLAIN, CallForm, find_keys, label_call, read_call, write_call
from ttpa.records.strict_json import InvalidJson
from ttpa.records.tools import ToolCall

_NAME_FIRST = re.compile(r'(?:\[\s*+)?\{\s*+(?:"type"\s*+:\s*+"function"\s*+,\s*+)?"name"\s*+:')
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class ListForm:
    """How a family writes a list of calls."""

    call: CallForm = PLAIN
    separator: str = ","
    brackets: tuple[str, str] = ("[", "]")
    """Around the list; empty where there are none."""
    needs_brackets: bool = True
    """Whether one call alone has them, too."""


@dataclass(frozen=True, slots=True)
class CallList:
    """A list of calls, read."""

    calls: tuple[ToolCall, ...]
    """Those that can be read."""
    spans: tuple[TextSpan, ...]
    end: int
    """Where what was read ends."""
    problem: str | None
    """What is wrong with the first call, or with the list."""


def write_calls(calls: tuple[ToolCall, ...], form: ListForm) -> str:
    """The calls as one line."""
    opening, closing = form.brackets
    return opening + f"{form.separator} ".join(write_call(call, form.call) for call in calls) + closing


def find_calls(text: str, opening: re.Pattern[str], form: ListForm) -> re.Match[str] | None:
    """The first match of `opening`, which ends before a `{` or `[{`, with a call behind it; none where all is text.

    A call is an object that begins with its name, perhaps after `"type": "function"`, cut off or not; or that holds
    name and arguments in any order and stands within no other object.
    """
    due, followed = {"name", form.call.arguments}, 0
    for match in opening.finditer(text):
        if _NAME_FIRST.match(text, match.end()):
            return match
        if match.end() >= followed:  # each character is followed once, so that hostile text takes no longer
            keys, followed = find_keys(text, text.index("{", match.end()))
            if due <= keys:
                return match
    return None


def read_calls(text: str, start: int, form: ListForm) -> CallList:
    """The calls that stand from `start` on; as many as can be followed. Never raises."""
    opening, closing = form.brackets
    calls: list[ToolCall] = []
    spans: list[TextSpan] = []
    position = skip_space(text, start)
    is_open = bool(opening) and text.startswith(opening, position)
    if is_open:
        position = skip_space(text, position + len(opening))
    elif opening and form.needs_brackets:
        return CallList((), (), position, f"{opening} was due, before the calls")
    index = 0
    problem: str | None = None
    while True:
        try:
            _, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            spans.extend(label_call(text, position, len(text), index, form.call))
            return CallList(tuple(calls), tuple(spans), len(text), problem or f"call {index} is no whole JSON object")
        spans.extend(label_call(text, position, end, index, form.call))
        try:
            calls.append(read_call(text[position:end], form.call))
        except InvalidJson as error:
            problem = problem or f"call {index}: {error}"
        position = skip_space(text, end)
        if not text.startswith(form.separator, position):
            break
        position = skip_space(text, position + len(form.separator))
        index += 1
    if is_open:
        if text.startswith(closing, position):
            position += len(closing)
        else:
            problem = problem or f"the list of calls is not closed by {closing}"
    return CallList(tuple(calls), tuple(spans), position, problem)


def skip_space(text: str, position: int) -> int:
    """Where the white space that begins at `position` ends."""
    match = _SPACE.match(text, position)
    return match.end() if match else position
