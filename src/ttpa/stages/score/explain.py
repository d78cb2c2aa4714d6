"""Verdicts in words: one line a person can read for each candidate."""

import json
from collections.abc import Callable, Sequence

from ttpa.records.record import JsonValue
from ttpa.records.scores import CallError, ErrorKind
from ttpa.stages.score.values import MISSING_ELEMENT, SURPLUS_ELEMENT

MAX_ERRORS = 8
"""Errors that one line tells; of more it tells how many."""

_MAX_CHARACTERS = 60


def explain(errors: Sequence[CallError]) -> str:
    """One line on a candidate: `right`, or its errors between bars."""
    if not errors:
        return "right"
    told = [explain_error(error) for error in errors[:MAX_ERRORS]]
    if len(errors) > MAX_ERRORS:
        told.append(f"and {len(errors) - MAX_ERRORS} more errors")
    return " | ".join(told)


def explain_error(error: CallError) -> str:
    """One error in words, as in: call 0: `days` is "3", a string; an integer was due."""
    text = _TELL[error.kind](error)
    return text if error.call is None or error.kind is ErrorKind.MISSING_CALL else f"call {error.call}: {text}"


def _tell_malformed(error: CallError) -> str:
    return f"the turn cannot be read: {error.detail}" if error.detail else "the turn cannot be read"


def _tell_no_call(error: CallError) -> str:
    names = error.expected if isinstance(error.expected, list) else []
    return f"no call, {', '.join(str(name) for name in names)} was due"


def _tell_wrong_type(error: CallError) -> str:
    due = " or ".join(f"{_article(name)} {name}" for name in error.detail.split(" or "))
    if error.got is None:
        return f"{_place(error)} is null; {due} was due"
    name = _json_type(error.got)
    return f"{_place(error)} is {_show(error.got)}, {_article(name)} {name}; {due} was due"


def _tell_unknown_argument(error: CallError) -> str:
    return f"{_place(error)} is not an argument of the tool"


def _tell_extra(error: CallError) -> str:
    return f"{_place(error)} is {_show(error.got)} but was not asked for"


def _tell_missing(error: CallError) -> str:
    name = "required" if error.kind is ErrorKind.MISSING_REQUIRED else "optional"
    meant = "" if error.expected is None else f", {_show(error.expected)} was meant"
    return f"{_place(error)} ({name}) is missing{meant}"


def _tell_invalid(error: CallError) -> str:
    if error.path == "$":
        return f"the arguments break the schema ({error.detail})"
    return f"{_place(error)} is {_show(error.got)}, which the schema does not allow ({error.detail})"


def _tell_wrong_value(error: CallError) -> str:
    if error.detail == MISSING_ELEMENT:
        return f"{_place(error)} is missing, {_show(error.expected)} was meant"
    if error.detail == SURPLUS_ELEMENT:
        return f"{_place(error)} is {_show(error.got)}, one element too many"
    return f"{_place(error)} is {_show(error.got)}, {_show(error.expected)} was meant"


_TELL: dict[ErrorKind, Callable[[CallError], str]] = {
    ErrorKind.MALFORMED: _tell_malformed,
    ErrorKind.NO_CALL: _tell_no_call,
    ErrorKind.UNNEEDED_CALL: lambda error: f"{_show_call(error.got)}, but no call was due",
    ErrorKind.MISSING_CALL: lambda error: f"{_show_call(error.expected)} is missing",
    ErrorKind.EXTRA_CALL: lambda error: f"{_show_call(error.got)} is one call too many",
    ErrorKind.UNKNOWN_TOOL: lambda error: f"tool {error.got!r} is not offered, {error.expected!r} was due",
    ErrorKind.WRONG_TOOL: lambda error: f"tool {error.got!r} where {error.expected!r} was due",
    ErrorKind.MISSING_REQUIRED: _tell_missing,
    ErrorKind.MISSING_OPTIONAL: _tell_missing,
    ErrorKind.UNKNOWN_ARGUMENT: _tell_unknown_argument,
    ErrorKind.EXTRA_ARGUMENT: _tell_extra,
    ErrorKind.WRONG_TYPE: _tell_wrong_type,
    ErrorKind.INVALID_VALUE: _tell_invalid,
    ErrorKind.WRONG_VALUE: _tell_wrong_value,
}


def _place(error: CallError) -> str:
    path = error.path or "$"
    return f"`{path.removeprefix('$.')}`"


def _show(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]}..."


def _show_call(call: JsonValue) -> str:
    if not isinstance(call, dict):
        return _show(call)
    arguments = call.get("arguments")
    inside = (
        ", ".join(f"{name}={_show(value)}" for name, value in arguments.items()) if isinstance(arguments, dict) else ""
    )
    text = f"{call.get('name')}({inside})"
    return text if len(text) <= 2 * _MAX_CHARACTERS else f"{text[: 2 * _MAX_CHARACTERS]}..."


def _json_type(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "boolean"
    names: dict[type, str] = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _article(name: str) -> str:
    return "an" if name[:1] in "aeio" else "a"
