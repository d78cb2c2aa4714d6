"""Calls as plain JSON: what models write that were given no form of their own, and what many are prompted for."""

import re

from ttpa.dialects.base import TurnText, text_span
from ttpa.dialects.call_list import ListForm, find_calls, read_calls, skip_space, write_calls
from ttpa.dialects.json_call import CallForm
from ttpa.records.messages import AssistantMessage

# `type`, which some write beside the name, says nothing about the call.
_FORM = ListForm(CallForm(ignored="type"), needs_brackets=False)
_OPENING = re.compile(r"^[ \t]*+(```[^\s`\[{]*+\s*+)?(?=(?:\[\s*+)?\{)", re.MULTILINE)
_FENCE = "```"


class PlainJson:
    """Text first, then on a line of its own a JSON array of calls, each `{"name": ..., "arguments": {...}}`.

    One call alone is read without the array, too, and a Markdown fence around them is passed over, whatever language it
    names. A call's keys may stand in any order, `"type": "function"` among them; JSON that neither begins with a name
    nor holds name and arguments is text.
    """

    name = "json"

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
        end, problem = skip_space(text, read.end), read.problem
        if start[1]:
            if text.startswith(_FENCE, end):
                end = skip_space(text, end + len(_FENCE))
            else:
                problem = problem or f"the calls are not closed by {_FENCE}"
        if end < len(text):
            problem = problem or "something stands after the calls"
        spans = (*text_span(text, 0, start.start()), *read.spans)
        return TurnText(text[: start.start()].strip(), None if problem else read.calls, spans, problem)
