"""What an API call gives: its recorded response, else what a model that plays the tool says, else a failure."""

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue

from ttpa.models.base import ChatModel
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.stages.score import CompiledTools, fits_schemas
from ttpa.suites.toolbench.queries import Query
from ttpa.tools.results import failed, succeeded
from ttpa.tools.simulated_toolset import play_tool
from ttpa.tools.toolbench_toolset import read_responses, response_key

LONGEST = 1024
"""Characters of a response that the policy sees, as in the benchmark."""


class Answering:
    """Where the responses come from."""

    def __init__(self, responses: Path | None, simulator: ChatModel | None) -> None:
        """`responses` is a folder of `CATEGORY/TOOL/API.json` as StableToolBench's cache has it."""
        self._responses = responses
        self._simulator = simulator

    def run(self, query: Query, call: ToolCall, earlier: Sequence[JsonValue]) -> ToolResult:
        """What `call` gives after the `earlier` calls of the same attempt."""
        spec = next((spec for spec in query.apis if spec.name == call.name), None)
        if spec is None:
            return failed(f"no function is named {call.name!r}")
        recorded = read_responses(self._responses / query.places[call.name]) if self._responses else {}
        found = recorded.get(response_key(call.arguments))
        if found is not None:
            error, response = str(found.get("error") or ""), found.get("response")
            text = response if isinstance(response, str) else json.dumps(response, ensure_ascii=False)
            return failed(error) if error else succeeded(text)
        if self._simulator is None:
            return failed("no response is recorded for these arguments")
        if not fits_schemas([call], CompiledTools(query.apis)):
            return failed("the arguments do not fit the function's schema")
        return play_tool(self._simulator, spec, call, earlier)


def observe(result: ToolResult) -> str:
    """A result as the policy sees it: the benchmark's error and response, cut to its length."""
    told = {"error": "" if result.ok else result.content, "response": result.content if result.ok else ""}
    text = json.dumps(told, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."
