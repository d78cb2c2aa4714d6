"""A line of a dialogue file, as it is read: its tools and messages, or why it is refused."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, JsonValue, TypeAdapter, model_validator

from ttpa.records.discards import DiscardReason
from ttpa.records.instructions import Acceptable
from ttpa.records.json_shapes import as_object
from ttpa.records.messages import AssistantMessage, Message, SystemMessage, ToolMessage, UserMessage
from ttpa.records.record import JsonObject
from ttpa.records.strict_json import InvalidJson, read_json
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.tools.python_tools import check_schema


def _join_parts(content: JsonValue) -> JsonValue:
    """The text of a content that is given in parts; any other content as it is."""
    if not isinstance(content, list):
        return content
    texts = [as_object(part).get("text") for part in content]
    if unlike := [part for part, text in zip(content, texts, strict=True) if not isinstance(text, str)]:
        kind = as_object(unlike[0]).get("type")
        raise ValueError(f"a part of the type {kind!r}; parts of text alone are read")
    return "".join(map(str, texts))


def _function_of(call: JsonValue) -> JsonValue:
    """What OpenAI's form of a call says of its function; any other form as it is."""
    return as_object(call).get("function", call)


_OF_CALLS = ("toolcall", "toolcalls", "functioncall", "functioncalls")
"""Names of a message's calls, in other spellings and OpenAI's older form."""


class _Function(BaseModel):
    name: str = Field(min_length=1)
    description: str | None = None
    parameters: JsonObject | None = None


class _Tool(BaseModel):
    function: _Function


class _CalledFunction(BaseModel):
    name: str = Field(min_length=1)
    arguments: JsonObject | str


class _ToolCall(BaseModel):
    id: str | None = None
    function: _CalledFunction


class _Message(BaseModel):
    role: str
    content: Annotated[str | None, BeforeValidator(_join_parts)] = None
    tool_calls: list[_ToolCall] | None = None
    tool_call_id: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _has_calls_nowhere_else(cls, told: JsonValue) -> JsonValue:
        """The message as it is: read without its calls it would say that none is due."""
        for key, value in as_object(told).items():
            if value and key != "tool_calls" and key.replace("_", "").lower() in _OF_CALLS:
                raise ValueError(f"calls under {key!r}; 'tool_calls' is due, a list as OpenAI has it today")
        return told


class Row(BaseModel):
    """One line."""

    id: str | int | None = None
    messages: list[_Message] = Field(min_length=1)
    tools: list[_Tool]
    reference_calls: list[Annotated[_CalledFunction, BeforeValidator(_function_of)]] | None = None
    acceptable: list[Acceptable] | None = None
    extra: JsonValue = None
    """Whatever the source adds; only its `acceptable` is read, where `acceptable` is not given itself."""

    def acceptable_values(self) -> list[Acceptable] | None:
        if self.acceptable is not None or not isinstance(self.extra, dict):
            return self.acceptable
        given = self.extra.get("acceptable")
        return None if given is None else TypeAdapter(list[Acceptable]).validate_python(given)


class Refused(Exception):
    """The line cannot be imported, for this reason."""

    def __init__(self, reason: DiscardReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def read_tools(row: Row) -> tuple[ToolSpec, ...]:
    """The tools of a line. Raises `Refused` for one with an invalid schema, and for a name that stands twice."""
    tools: list[ToolSpec] = []
    for tool in row.tools:
        empty: JsonObject = {"type": "object", "properties": {}}
        function = tool.function
        spec = ToolSpec(
            name=function.name, description=function.description or "", parameters=function.parameters or empty
        )
        if problem := check_schema(spec):
            raise Refused(DiscardReason.INVALID_TOOL, f"{spec.name!r}: {problem}")
        if any(spec.name == other.name for other in tools):
            raise Refused(DiscardReason.INVALID_TOOL, f"{spec.name!r} is offered twice")
        tools.append(spec)
    return tuple(tools)


def read_messages(rows: Sequence[_Message]) -> list[Message]:
    """The messages, each turn's tool messages in the order of its calls. Raises `Refused` where they do not fit."""
    messages: list[Message] = []
    calls: list[_ToolCall] = []
    results: dict[int, str] = {}
    for index, row in enumerate(rows):
        content = row.content or ""
        if row.role == "tool":
            place = _answered_call(row.tool_call_id, calls, results)
            if place is None:
                named = f": {row.tool_call_id!r} is the id of no call that is still open" if row.tool_call_id else ""
                detail = f"messages.{index}: a tool message that answers no call{named}"
                raise Refused(DiscardReason.INVALID_RECORD, detail)
            results[place] = content
            continue
        messages.extend(_in_order(results, calls))
        calls, results = [], {}
        if row.role == "assistant":
            calls = row.tool_calls or []
            made = tuple(_read_call(call.function, f"messages.{index}") for call in calls)
            messages.append(AssistantMessage(content=content, tool_calls=made))
        elif row.role == "user":
            messages.append(UserMessage(content=content))
        elif row.role in ("system", "developer"):
            messages.append(SystemMessage(content=content))
        else:
            detail = f"messages.{index}.role: {row.role!r} is none of system, user, assistant, tool"
            raise Refused(DiscardReason.INVALID_RECORD, detail)
    return [*messages, *_in_order(results, calls)]


def read_reference(calls: Sequence[_CalledFunction]) -> tuple[ToolCall, ...]:
    """The calls that are due. Raises `Refused` for arguments that are no object."""
    return tuple(_read_call(call, f"reference_calls.{index}") for index, call in enumerate(calls))


def _answered_call(call_id: str | None, calls: Sequence[_ToolCall], results: Mapping[int, str]) -> int | None:
    """Which of the calls a tool message answers: the open one with its id; the first open one where either has none."""
    unanswered = [place for place in range(len(calls)) if place not in results]
    named = (place for place in unanswered if call_id and calls[place].id == call_id)
    unnamed = (place for place in unanswered if not (call_id and calls[place].id))
    return next(named, next(unnamed, None))


def _in_order(results: Mapping[int, str], calls: Sequence[_ToolCall]) -> list[ToolMessage]:
    if set(results) != set(range(len(results))):
        detail = f"{len(calls)} calls are followed by {len(results)} tool messages"
        raise Refused(DiscardReason.INVALID_RECORD, detail)
    return [ToolMessage(content=results[place]) for place in range(len(results))]


def _read_call(function: _CalledFunction, place: str) -> ToolCall:
    arguments: JsonValue = function.arguments
    if isinstance(arguments, str):
        try:
            arguments = read_json(arguments)
        except InvalidJson as error:
            raise Refused(DiscardReason.INVALID_RECORD, f"{place}: arguments: no JSON: {error}") from error
    if not isinstance(arguments, dict):
        raise Refused(DiscardReason.INVALID_RECORD, f"{place}: the arguments are not an object")
    return ToolCall(name=function.name, arguments=arguments)
