"""Possible answers as the benchmark writes them -> calls that are right."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from ttpa.records.tools import ToolCall


def first_calls(answer: Sequence[Mapping[str, Mapping[str, Sequence[JsonValue]]]]) -> tuple[ToolCall, ...]:
    """Each call with the first acceptable value of its arguments; one that may be omitted, or has none, is left out."""
    calls: list[ToolCall] = []
    for entry in answer:
        ((name, arguments),) = entry.items()
        given = {key: plain_value(values[0]) for key, values in arguments.items() if values and values[0] != ""}
        calls.append(ToolCall(name=name, arguments=given))
    return tuple(calls)


def plain_value(value: JsonValue) -> JsonValue:
    """A value without alternatives inside: an object's members are lists of acceptable values."""
    if isinstance(value, dict):
        return {
            key: plain_value(each[0])
            for key, each in value.items()
            if isinstance(each, list) and each and each[0] != ""
        }
    return [plain_value(item) for item in value] if isinstance(value, list) else value
