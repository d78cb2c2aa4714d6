"""Mistral's calls: `[TOOL_CALLS]` and a JSON array, or since its tokenizer v11 a name, `[ARGS]` and an object each."""

from ttpa.dialects.base import TextSpan, TurnText, text_span
from ttpa.dialects.call_list import ListForm, read_calls, skip_space, write_calls
from ttpa.dialects.json_call import CallForm, label_arguments
from ttpa.records.messages import AssistantMessage
from ttpa.records.strict_json import InvalidJson, read_json
from ttpa.records.tools import ToolCall

_MARK, _ARGUMENTS = "[TOOL_CALLS]", "[ARGS]"
# Templates add the call's id, which says nothing about the call.
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
    for index, part in enumerate(text[start:].split(_MARK)):
        end = start + len(part)
        name, mark, arguments = part.partition(_ARGUMENTS)
        spans.extend(TextSpan("tool_name", s.start, s.end, index) for s in text_span(text, start, start + len(name)))
        if mark:
            spans.extend(label_arguments(text, start + len(name) + len(mark), end, index))
        try:
            value = read_json(arguments)
        except InvalidJson as error:
            problem = problem or f"call {index}: {error}"
        else:
            if not name.strip() or not isinstance(value, dict):
                problem = problem or f"call {index} is no name with an object of arguments after {_ARGUMENTS}"
            else:
                calls.append(ToolCall(name=name.strip(), arguments=value))
        start = end + len(_MARK)
    return tuple(calls), tuple(spans), problem
