"""Mistral's calls: `[TOOL_CALLS]` and a JSON array, or since its tokenizer v11 before each a name, `[ARGS]`, an object.

Behind the name its id may stand, after `[CALL_ID]`.
"""

import re
from itertools import count

from ttpa.dialects.base import TextSpan, TurnText, text_span
from ttpa.dialects.call_list import ListForm, read_calls, skip_space, write_calls
from ttpa.dialects.json_call import CallForm, find_object_end, label_arguments
from ttpa.records.messages import AssistantMessage
from ttpa.records.record import JsonValue
from ttpa.records.strict_json import InvalidJson, read_json
from ttpa.records.tools import ToolCall

_MARK, _ID, _ARGUMENTS = "[TOOL_CALLS]", "[CALL_ID]", "[ARGS]"
_AFTER_NAME = re.compile(f"{re.escape(_ARGUMENTS)}|{re.escape(_MARK)}")
# A call's id, which templates add, says nothing about the call.
_FORM = ListForm(CallForm(ignored="id"))


class Mistral:
    """Text first, then `[TOOL_CALLS]` and the calls."""

    name = "mistral"

    def write_turn(self, turn: AssistantMessage) -> str:
        if not turn.tool_calls:
            return turn.content
        return f"{turn.content}{_MARK} {write_calls(turn.tool_calls, _FORM)}"

    def read_turn(self, text: str) -> TurnText:
        opening = text.find(_MARK)
        if opening < 0:
            return TurnText(text.strip(), (), text_span(text, 0, len(text)))
        start = skip_space(text, opening + len(_MARK))
        if text.startswith("[", start):
            read = read_calls(text, start, _FORM)
            calls, spans, problem = read.calls, read.spans, read.problem
            if skip_space(text, read.end) < len(text):
                problem = problem or "something stands after the calls"
        else:
            calls, spans, problem = _read_named(text, start)
        spans = (*text_span(text, 0, opening), *spans)
        return TurnText(text[:opening].strip(), None if problem else calls, spans, problem)


def _read_named(text: str, start: int) -> tuple[tuple[ToolCall, ...], tuple[TextSpan, ...], str | None]:
    """Calls in the form of tokenizer v11, from behind the first mark on: calls, spans, and what is wrong."""
    calls: list[ToolCall] = []
    spans: list[TextSpan] = []
    problem: str | None = None
    for index in count():
        found = _AFTER_NAME.search(text, start)
        end = found.start() if found else len(text)
        name, _, _ = text[start:end].partition(_ID)
        spans.extend(TextSpan("tool_name", s.start, s.end, index) for s in text_span(text, start, start + len(name)))
        arguments: JsonValue = None
        if found and found[0] == _ARGUMENTS:
            end = _find_end(text, found.end())
            spans.extend(label_arguments(text, found.end(), end, index))
            try:
                arguments = read_json(text[found.end() : end])
            except InvalidJson as error:
                problem = problem or f"call {index}: {error}"
        if name.strip() and isinstance(arguments, dict):
            calls.append(ToolCall(name=name.strip(), arguments=arguments))
        else:
            problem = problem or f"call {index} is no name with an object of arguments after {_ARGUMENTS}"
        if end == len(text):
            break
        start = end + len(_MARK)
    return tuple(calls), tuple(spans), problem


def _find_end(text: str, start: int) -> int:
    """Where the arguments that begin at `start` end: at the next mark, but for one in a string of whole JSON."""
    mark = text.find(_MARK, find_object_end(text, start) or start)
    return len(text) if mark < 0 else mark
