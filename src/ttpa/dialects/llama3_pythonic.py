"""Llama's calls as Python writes them: `[find(city="Lisbon"), book(room=4)]`, of Llama 3.2 and later."""

import re

from ttpa.dialects.base import TurnText, text_span
from ttpa.dialects.call_list import skip_space
from ttpa.dialects.python_call import TOOL_NAME, PythonCalls, write_python_calls
from ttpa.errors import DialogueRefused
from ttpa.records.messages import AssistantMessage

_TOOL_NAME = re.compile(TOOL_NAME)
_START = re.compile(rf"^[ \t]*+(?:<\|python_tag\|>[ \t]*+)?(?=\[\s*+{TOOL_NAME}\()", re.MULTILINE)


class Llama3Pythonic:
    """Text first, then on a line of its own the list of calls, with named arguments only.

    A call of a tool whose name holds white space, quotes or one of `()[]{},=:` cannot be read back and is not written.
    """

    name = "llama3_pythonic"

    def write_turn(self, turn: AssistantMessage) -> str:
        if not turn.tool_calls:
            return turn.content
        for call in turn.tool_calls:
            if not _TOOL_NAME.fullmatch(call.name):
                raise DialogueRefused(
                    f"{self.name} has no form for a call of {call.name!r}: such a name cannot be read back"
                )
        calls = write_python_calls(turn.tool_calls)
        return f"{turn.content}\n{calls}" if turn.content else calls

    def read_turn(self, text: str) -> TurnText:
        start = _START.search(text)
        if start is None:
            return TurnText(text.strip(), (), text_span(text, 0, len(text)))
        read = PythonCalls(text, start.end())
        problem = read.problem
        if skip_space(text, read.end) < len(text):
            problem = problem or "something stands after the calls"
        spans = (*text_span(text, 0, start.start()), *read.spans)
        return TurnText(text[: start.start()].strip(), None if problem else tuple(read.calls), spans, problem)
