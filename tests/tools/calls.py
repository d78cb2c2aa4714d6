"""One call in a session of its own."""

from pydantic import JsonValue

from ttpa.records.tools import ToolCall, ToolResult
from ttpa.tools.base import Toolset


def run(toolset: Toolset, tool: str, /, **arguments: JsonValue) -> ToolResult:
    with toolset.session() as session:
        return session.run(ToolCall(name=tool, arguments=arguments))
