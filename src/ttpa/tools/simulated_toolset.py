"""Tools that a chat model plays, where only definitions are there and nothing that can be executed."""

import json
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ValidationError

from ttpa.errors import ToolError
from ttpa.models.base import ChatModel
from ttpa.records.messages import SystemMessage, UserMessage
from ttpa.records.record import JsonObject, JsonValue
from ttpa.records.strict_json import InvalidJson, find_object
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec
from ttpa.tools.offer import Definition, Offer, OfferedTools
from ttpa.tools.results import failed, succeeded
from ttpa.tools.schema_references import put_in_place

_PROMPT = Path(__file__).with_name("prompts") / "simulate.md"
_ATTEMPTS = 3


class SimulatedToolset(OfferedTools):
    """Definitions in OpenAI form, played by a model; every result is marked as simulated."""

    def __init__(self, definitions: str, model: ChatModel, *, only: Sequence[str] = ()) -> None:
        """Reads a JSON array, or JSON lines, of definitions. Raises `ToolError` where the file holds something else."""
        self._file = definitions
        self._model = model
        self._offer = Offer(definitions, _read(definitions), only=only, numbered=True)

    def read_definitions(self) -> Sequence[Definition]:
        return _read(self._file)

    @contextmanager
    def session(self) -> Generator["SimulatedSession"]:
        """The model remembers the calls of one session, and no others."""
        yield SimulatedSession(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def play(self, call: ToolCall, earlier: Sequence[JsonValue]) -> ToolResult:
        """What the model says that the tool gives; a refusal where the call is not valid."""
        refused = self._offer.refuse(call)
        if refused is not None:
            return refused
        spec = next(spec for spec in self._offer.specs if spec.name == call.name)
        return play_tool(self._model, spec, call, earlier)


class SimulatedSession:
    """One trajectory's calls."""

    def __init__(self, toolset: SimulatedToolset) -> None:
        self._toolset = toolset
        self._earlier: list[JsonValue] = []

    def run(self, call: ToolCall) -> ToolResult:
        result = self._toolset.play(call, self._earlier)
        self._earlier.append({"call": call.model_dump(mode="json"), "gave": result.content})
        return result


def play_tool(model: ChatModel, spec: ToolSpec, call: ToolCall, earlier: Sequence[JsonValue]) -> ToolResult:
    """What the model says that the tool gives, after the `earlier` calls and what they gave; marked as simulated.

    A reply that cannot be read is asked for three times at most.
    """
    asked: JsonObject = {
        "tool": spec.model_dump(mode="json"),
        "earlier": list(earlier),
        "call": call.model_dump(mode="json"),
    }
    messages = [
        SystemMessage(content=_PROMPT.read_text(encoding="utf-8")),
        UserMessage(content=json.dumps(asked, ensure_ascii=False)),
    ]
    problem = ""
    for attempt in range(_ATTEMPTS):
        try:
            said = find_object(model.chat(messages, seed=attempt).text)
        except InvalidJson as error:
            problem = str(error)
            continue
        if "result" in said:
            value = said["result"]
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            return succeeded(text).model_copy(update={"simulated": True})
        if isinstance(said.get("error"), str):
            return failed(str(said["error"])).model_copy(update={"simulated": True})
        problem = "neither result nor error"
    return failed(f"the model that plays the tool gave nothing that can be read: {problem}")


class _Function(BaseModel):
    name: str
    description: str | None = None
    parameters: JsonObject | None = None


class _Tool(BaseModel):
    function: _Function


def _read(file: str) -> list[Definition]:
    try:
        text = Path(file).read_text(encoding="utf-8").strip()
        lines = [line for line in text.split("\n") if line.strip()]
        rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in lines]
    except (OSError, ValueError) as error:
        raise ToolError(f"{file!r} holds no tool definitions in OpenAI form: {error}") from error
    functions = [_read_function(file, number, row) for number, row in enumerate(rows, start=1)]
    return [
        Definition(
            ToolSpec(
                name=function.name,
                description=function.description or "",
                parameters=put_in_place({"type": "object", "properties": {}, **(function.parameters or {})}),
            ),
            "none",
        )
        for function in functions
    ]


def _read_function(file: str, number: int, row: object) -> _Function:
    try:
        return _Tool.model_validate(row).function
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the definition"
        raise ToolError(f"{file!r}, definition {number}: {place}: {first['msg']}; OpenAI form was due") from error
