"""Import: dialogues in OpenAI form -> instructions, in the place of construct.

A line is `{"messages": [...], "tools": [...]}` with the gold calls inside the messages, or with `reference_calls`, the
calls that are due after the messages (an empty list: none is due), and optional `id` and `acceptable` values.
"""

from collections.abc import Sequence
from itertools import pairwise

from pydantic import ValidationError

from ttpa.dialects import DIALECTS
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import Instruction, Step
from ttpa.records.messages import AssistantMessage, Message, ToolMessage, UserMessage
from ttpa.records.strict_json import InvalidJson, read_json
from ttpa.records.tools import ToolResult, ToolSpec
from ttpa.stages.importing.rows import Refused, Row, read_messages, read_reference, read_tools
from ttpa.stages.score import explain, score_turn


def import_dialogue(line: str, *, source: str, number: int) -> list[Instruction] | Discard:
    """The instructions that one line of a file holds, all in `train`; a discard that names a line that is refused.

    With `reference_calls` that is one instruction; else one for each user message that calls or an answer follow.
    """
    try:
        told = read_json(line)
        if isinstance(told, dict) and "conversations" in told and "messages" not in told:
            detail = "messages are due; 'conversations' is ShareGPT's form, which docs/cookbook.md turns into this one"
            return _discard(source, number, DiscardReason.INVALID_RECORD, detail)
        row = Row.model_validate(told)
    except InvalidJson as error:
        return _discard(source, number, DiscardReason.INVALID_RECORD, str(error))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return _discard(source, number, DiscardReason.INVALID_RECORD, f"{place}: {first['msg']}")
    try:
        tools = read_tools(row)
        messages = read_messages(row.messages)
        base = f"{source}:{row.id if row.id is not None else number}"
        if row.reference_calls is not None:
            instructions = [_from_reference(row, base, source, tools, messages)]
        else:
            if row.acceptable is not None:
                detail = "acceptable: reference_calls are due beside it; calls inside the messages have no such values"
                raise Refused(DiscardReason.INVALID_RECORD, detail)
            instructions = _from_messages(base, source, tools, messages)
        _check_calls(instructions)
    except Refused as refused:
        return _discard(source, number, refused.reason, refused.detail)
    return instructions


def _from_reference(
    row: Row, base: str, source: str, tools: tuple[ToolSpec, ...], messages: list[Message]
) -> Instruction:
    calls = read_reference(row.reference_calls or ())
    try:
        acceptable = row.acceptable_values()
    except ValidationError as error:
        detail = f"extra.acceptable: {error.errors()[0]['msg']}"
        raise Refused(DiscardReason.INVALID_RECORD, detail) from error
    if acceptable is not None and len(acceptable) != len(calls):
        detail = f"{len(calls)} reference calls but {len(acceptable)} acceptable entries"
        raise Refused(DiscardReason.INVALID_RECORD, detail)
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
        raise Refused(DiscardReason.INVALID_RECORD, "no assistant turn after a user message, and no reference_calls")
    return instructions


def _read_solution(messages: Sequence[Message]) -> tuple[list[Step], str | None]:
    steps: list[Step] = []
    results: list[ToolResult] = []
    answer: str | None = None
    for message in messages:
        if answer is not None:
            raise Refused(DiscardReason.INVALID_RECORD, f"a {message.role} message after the assistant's answer")
        if isinstance(message, ToolMessage):
            results.append(ToolResult(content=message.content, ok=True))
            steps[-1] = steps[-1].model_copy(update={"results": tuple(results)})
        elif isinstance(message, AssistantMessage) and message.tool_calls:
            _require_results(steps)
            steps.append(Step(content=message.content, calls=message.tool_calls))
            results = []
        elif isinstance(message, AssistantMessage):
            _require_results(steps)
            answer = _read_answer(message.content)
        else:
            raise Refused(DiscardReason.INVALID_RECORD, f"a {message.role} message between a question and its answer")
    if results:
        _require_results(steps)
    return steps, answer


def _read_answer(text: str) -> str:
    """The text. Raises `Refused` where a turn without calls says nothing, or has its calls in its text."""
    if not text.strip():
        raise Refused(DiscardReason.INVALID_RECORD, "an assistant message with neither text nor tool_calls")
    written = next((name for name, dialect in DIALECTS.items() if dialect.read_turn(text).calls), None)
    if written is not None:
        detail = f"an assistant message has calls in its text, as the dialect {written!r} does; tool_calls are due"
        raise Refused(DiscardReason.INVALID_RECORD, detail)
    return text


def _require_results(steps: Sequence[Step]) -> None:
    if steps and len(steps[-1].results) != len(steps[-1].calls):
        detail = f"{len(steps[-1].calls)} calls are followed by {len(steps[-1].results)} tool messages"
        raise Refused(DiscardReason.INVALID_RECORD, detail)


def _check_calls(instructions: Sequence[Instruction]) -> None:
    for instruction in instructions:
        offered = {tool.name for tool in instruction.tools}
        for step in instruction.steps:
            unknown = next((call.name for call in step.calls if call.name not in offered), None)
            if unknown is not None:
                raise Refused(DiscardReason.UNKNOWN_TOOL, f"a gold call names {unknown!r}, which is not offered")
            try:
                verdict = score_turn(step.calls, step.calls, instruction.tools, acceptable=step.acceptable)
            except ValueError as error:  # `acceptable` is of other calls
                raise Refused(DiscardReason.INVALID_RECORD, str(error)) from error
            if verdict.errors:
                raise Refused(DiscardReason.INVALID_ARGUMENTS, f"the gold breaks its schema: {explain(verdict.errors)}")


def _discard(source: str, number: int, reason: DiscardReason, detail: str) -> Discard:
    return Discard(id=f"{source}:line {number}", stage="import", reason=reason, detail=detail)
