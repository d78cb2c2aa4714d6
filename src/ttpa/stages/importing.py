"""Import: dialogues in OpenAI form -> instructions, in the place of construct.

A line is `{"messages": [...], "tools": [...]}` with the gold calls inside the messages, or with `reference_calls`, the
calls that are due after the messages (an empty list: none is due), and optional `id` and `acceptable` values.
"""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise

from pydantic import BaseModel, Field, JsonValue, TypeAdapter, ValidationError

from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import Acceptable, Instruction, Split, Step
from ttpa.records.messages import AssistantMessage, Message, SystemMessage, ToolMessage, UserMessage
from ttpa.records.record import JsonObject, Record
from ttpa.records.strict_json import InvalidJson, read_json
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec
from ttpa.stages.score import explain, score_turn
from ttpa.tools.python_tools import check_schema


class ImportConfig(Record):
    """How imported instructions are split."""

    test_share: float = Field(default=0.2, ge=0, le=1)
    """Share held out, drawn by the hash of the dialogue's id: its instructions stay together."""


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
    content: str | None = None
    tool_calls: list[_ToolCall] | None = None
    tool_call_id: str | None = None


class _ReferenceCall(BaseModel):
    name: str = Field(min_length=1)
    arguments: JsonObject


class _Row(BaseModel):
    id: str | int | None = None
    messages: list[_Message] = Field(min_length=1)
    tools: list[_Tool]
    reference_calls: list[_ReferenceCall] | None = None
    acceptable: list[Acceptable] | None = None
    extra: JsonValue = None
    """Whatever the source adds; only its `acceptable` is read, where `acceptable` is not given itself."""

    def acceptable_values(self) -> list[Acceptable] | None:
        if self.acceptable is not None or not isinstance(self.extra, dict):
            return self.acceptable
        given = self.extra.get("acceptable")
        return None if given is None else TypeAdapter(list[Acceptable]).validate_python(given)


class _Refused(Exception):
    def __init__(self, reason: DiscardReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def import_dialogue(line: str, *, source: str, number: int) -> list[Instruction] | Discard:
    """The instructions that one line of a file holds, all in `train`; a discard that names a line that is refused.

    With `reference_calls` that is one instruction; else one for each user message that calls or an answer follow.
    """
    try:
        row = _Row.model_validate(read_json(line))
    except InvalidJson as error:
        return _discard(source, number, DiscardReason.INVALID_RECORD, str(error))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return _discard(source, number, DiscardReason.INVALID_RECORD, f"{place}: {first['msg']}")
    try:
        tools = _read_tools(row)
        messages = _read_messages(row.messages)
        base = f"{source}:{row.id if row.id is not None else number}"
        if row.reference_calls is not None:
            instructions = [_from_reference(row, base, source, tools, messages)]
        else:
            instructions = _from_messages(base, source, tools, messages)
        _check_calls(instructions)
    except _Refused as refused:
        return _discard(source, number, refused.reason, refused.detail)
    return instructions


def assign_splits(instructions: Sequence[Instruction], config: ImportConfig, *, seed: int) -> list[Instruction]:
    """The instructions with a share held out; those held out over tools that `train` never offers are `test_unseen`."""

    def is_held_out(instruction: Instruction) -> bool:
        digest = hashlib.sha256(f"{seed}/{instruction.id.rpartition('@')[0] or instruction.id}".encode()).digest()
        return int.from_bytes(digest[:8]) / 2**64 < config.test_share

    held_out = [is_held_out(instruction) for instruction in instructions]
    known = {
        tool.name
        for instruction, is_test in zip(instructions, held_out, strict=True)
        if not is_test
        for tool in instruction.tools
    }

    def split(instruction: Instruction, is_test: bool) -> Split:
        if not is_test:
            return "train"
        return "test" if any(tool.name in known for tool in instruction.tools) else "test_unseen"

    return [
        instruction.model_copy(update={"split": split(instruction, is_test)})
        for instruction, is_test in zip(instructions, held_out, strict=True)
    ]


def _read_tools(row: _Row) -> tuple[ToolSpec, ...]:
    tools: list[ToolSpec] = []
    for tool in row.tools:
        empty: JsonObject = {"type": "object", "properties": {}}
        function = tool.function
        spec = ToolSpec(
            name=function.name, description=function.description or "", parameters=function.parameters or empty
        )
        if problem := check_schema(spec):
            raise _Refused(DiscardReason.INVALID_TOOL, f"{spec.name!r}: {problem}")
        if any(spec.name == other.name for other in tools):
            raise _Refused(DiscardReason.INVALID_TOOL, f"{spec.name!r} is offered twice")
        tools.append(spec)
    return tuple(tools)


def _read_messages(rows: Sequence[_Message]) -> list[Message]:
    """The messages, each turn's tool messages in the order of its calls."""
    messages: list[Message] = []
    calls: list[_ToolCall] = []
    results: dict[int, str] = {}
    for index, row in enumerate(rows):
        content = row.content or ""
        if row.role == "tool":
            place = _answered_call(row.tool_call_id, calls, results)
            if place is None:
                raise _Refused(DiscardReason.INVALID_RECORD, f"messages.{index}: a tool message that answers no call")
            results[place] = content
            continue
        messages.extend(_in_order(results, calls))
        calls, results = [], {}
        if row.role == "assistant":
            calls = row.tool_calls or []
            made = tuple(_read_call(call.function, index) for call in calls)
            messages.append(AssistantMessage(content=content, tool_calls=made))
        elif row.role == "user":
            messages.append(UserMessage(content=content))
        elif row.role in ("system", "developer"):
            messages.append(SystemMessage(content=content))
        else:
            detail = f"messages.{index}.role: {row.role!r} is none of system, user, assistant, tool"
            raise _Refused(DiscardReason.INVALID_RECORD, detail)
    return [*messages, *_in_order(results, calls)]


def _answered_call(call_id: str | None, calls: Sequence[_ToolCall], results: Mapping[int, str]) -> int | None:
    """Which of the calls a tool message answers: the open one with its id, else the first open one."""
    unanswered = [place for place in range(len(calls)) if place not in results]
    return next((place for place in unanswered if calls[place].id == call_id), next(iter(unanswered), None))


def _in_order(results: Mapping[int, str], calls: Sequence[_ToolCall]) -> list[ToolMessage]:
    if set(results) != set(range(len(results))):
        detail = f"{len(calls)} calls are followed by {len(results)} tool messages"
        raise _Refused(DiscardReason.INVALID_RECORD, detail)
    return [ToolMessage(content=results[place]) for place in range(len(results))]


def _read_call(function: _CalledFunction, index: int) -> ToolCall:
    arguments: JsonValue = function.arguments
    if isinstance(arguments, str):
        try:
            arguments = read_json(arguments)
        except InvalidJson as error:
            raise _Refused(DiscardReason.INVALID_RECORD, f"messages.{index}: arguments: {error}") from error
    if not isinstance(arguments, dict):
        raise _Refused(DiscardReason.INVALID_RECORD, f"messages.{index}: the arguments are not an object")
    return ToolCall(name=function.name, arguments=arguments)


def _from_reference(
    row: _Row, base: str, source: str, tools: tuple[ToolSpec, ...], messages: list[Message]
) -> Instruction:
    calls = tuple(ToolCall(name=call.name, arguments=call.arguments) for call in row.reference_calls or ())
    try:
        acceptable = row.acceptable_values()
    except ValidationError as error:
        detail = f"extra.acceptable: {error.errors()[0]['msg']}"
        raise _Refused(DiscardReason.INVALID_RECORD, detail) from error
    if acceptable is not None and len(acceptable) != len(calls):
        detail = f"{len(calls)} reference calls but {len(acceptable)} acceptable entries"
        raise _Refused(DiscardReason.INVALID_RECORD, detail)
    step = Step(calls=calls, acceptable=tuple(acceptable) if acceptable else None) if calls else None
    return Instruction(
        id=base,
        source=source,
        kind="calls" if step else "no_tool_fits",
        split="train",
        tools=tools,
        context=tuple(messages),
        steps=(step,) if step else (),
        answer=None if step else "",
    )


def _from_messages(base: str, source: str, tools: tuple[ToolSpec, ...], messages: list[Message]) -> list[Instruction]:
    """One instruction for each user message, up to the next: its steps and its answer."""
    asked = [index for index, message in enumerate(messages) if isinstance(message, UserMessage)]
    instructions: list[Instruction] = []
    for start, end in pairwise([*asked, len(messages)]):
        steps, answer = _read_solution(messages[start + 1 : end])
        if not steps and answer is None:
            continue  # two user messages in a row, or nothing after the last: no turn to learn from here
        instructions.append(
            Instruction(
                id=f"{base}@{start}",
                source=source,
                kind="calls" if steps else "no_tool_fits",
                split="train",
                tools=tools,
                context=tuple(messages[: start + 1]),
                steps=tuple(steps),
                answer=answer,
            )
        )
    if not instructions:
        raise _Refused(DiscardReason.INVALID_RECORD, "no assistant turn after a user message, and no reference_calls")
    return instructions


def _read_solution(messages: Sequence[Message]) -> tuple[list[Step], str | None]:
    steps: list[Step] = []
    results: list[ToolResult] = []
    answer: str | None = None
    for message in messages:
        if answer is not None:
            raise _Refused(DiscardReason.INVALID_RECORD, f"a {message.role} message after the assistant's answer")
        if isinstance(message, ToolMessage):
            results.append(ToolResult(content=message.content, ok=True))
            steps[-1] = steps[-1].model_copy(update={"results": tuple(results)})
        elif isinstance(message, AssistantMessage) and message.tool_calls:
            _require_results(steps)
            steps.append(Step(content=message.content, calls=message.tool_calls))
            results = []
        elif isinstance(message, AssistantMessage):
            _require_results(steps)
            answer = message.content
        else:
            raise _Refused(DiscardReason.INVALID_RECORD, f"a {message.role} message between a question and its answer")
    if results:
        _require_results(steps)
    return steps, answer


def _require_results(steps: Sequence[Step]) -> None:
    if steps and len(steps[-1].results) != len(steps[-1].calls):
        detail = f"{len(steps[-1].calls)} calls are followed by {len(steps[-1].results)} tool messages"
        raise _Refused(DiscardReason.INVALID_RECORD, detail)


def _check_calls(instructions: Sequence[Instruction]) -> None:
    for instruction in instructions:
        offered = {tool.name for tool in instruction.tools}
        for step in instruction.steps:
            unknown = next((call.name for call in step.calls if call.name not in offered), None)
            if unknown is not None:
                raise _Refused(DiscardReason.UNKNOWN_TOOL, f"a gold call names {unknown!r}, which is not offered")
            verdict = score_turn(step.calls, step.calls, instruction.tools, acceptable=step.acceptable)
            if verdict.errors:
                raise _Refused(
                    DiscardReason.INVALID_ARGUMENTS, f"the gold breaks its schema: {explain(verdict.errors)}"
                )


def _discard(source: str, number: int, reason: DiscardReason, detail: str) -> Discard:
    return Discard(id=f"{source}:line {number}", stage="import", reason=reason, detail=detail)
