"""Llama 3's calls as JSON: `{"name": ..., "parameters": {...}}`, several of them separated by semicolons."""

import re

from ttpa.dialects.base import TurnText, text_span
from ttpa.dialects.call_list import ListForm, find_calls, read_calls, skip_space, write_calls
from ttpa.dialects.json_call import CallForm
from ttpa.records.messages import AssistantMessage

# `type`, which Llama writes at will, says nothing about the call.
_FORM = ListForm(CallForm("parameters", ignored="type"), separator=";", brackets=("", ""))
_OPENING = re.compile(r"^[ \t]*+(?:<\|python_tag\|>[ \t]*+)?(?=\{)", re.MULTILINE)


class Llama3Json:
    """Text first, then on a line of its own the calls, `<|python_tag|>` before them or not.

    The template of Llama 3.1 to 3.3 renders one call a turn and no text beside it; several calls are written as vLLM's
    parser of these models reads them. A call's keys may stand in any order, `"type": "function"` among them; JSON that
    neither begins with a name nor holds name and parameters is text.
    """

    name = "llama3_json"

    def write_turn(self, turn: AssistantMessage) -> str:
        if not turn.tool_calls:
            return turn.content
        calls = write_calls(turn.tool_calls, _FORM)
        return f"{turn.content}\n{calls}" if turn.content else calls

    def read_turn(self, text: str) -> TurnText:
        start = find_calls(text, _OPENING, _FORM)
        if start is None:
            return TurnText(text.strip(), (), text_span(text, 0, len(text)))
        read = read_calls(text, start.end(), _FORM)
        problem = read.problem
        if skip_space(text, read.end) < len(text):
            problem = problem or "something stands after the calls"
        spans = (*text_span(text, 0, start.start()), *read.spans)
        return TurnText(text[: start.start()].strip(), None if problem else read.calls, spans, problem)
