"""Calls as callers write them, read into names and JSON arguments; what cannot be read says why."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

from pydantic import BaseModel

from ttpa.records.record import JsonValue
from ttpa.records.strict_json import MAX_DEPTH, InvalidJson, read_json
from ttpa.records.tools import ToolCall

MAX_VALUES = 1_000_000
"""Values that the arguments of one turn may hold together."""

_LARGEST_INTEGER = 10**400


class Call(NamedTuple):
    """One call whose arguments are JSON."""

    name: str
    arguments: dict[str, JsonValue]


class UnreadableCall(ValueError):
    """Something that is no call; the message says why."""


def read_calls(calls: object) -> list[Call]:
    """The calls. Raises `UnreadableCall` for anything that is no call or whose arguments are not JSON."""
    if not _is_array(calls):
        raise UnreadableCall(f"a turn is a sequence of calls, not {type(calls).__name__}")
    reader = _Reader()
    read: list[Call] = []
    try:
        for call in calls:
            read.append(reader.call(call))  # noqa: PERF401  # the count of calls read tells which one is no call
    except UnreadableCall as error:
        raise UnreadableCall(f"call {len(read)}: {error}") from error
    return read


def is_mapping(value: object) -> TypeGuard[Mapping[Any, object]]:
    """Whether `value` is a mapping, whatever it holds."""
    return isinstance(value, (dict, Mapping))  # a dict, first, is known without asking the abstract class


def _is_array(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, (list, tuple)) or (isinstance(value, Sequence) and not isinstance(value, (str, bytes)))


def _parts_of(call: ToolCall) -> tuple[object, object]:
    return call.name, call.arguments


def _function_of(call: object) -> tuple[object, object]:
    """Name and arguments of a call in one of the forms of the OpenAI API."""
    if isinstance(call, BaseModel):
        call = call.model_dump()
    if not is_mapping(call):
        raise UnreadableCall(f"a call is an object, not {type(call).__name__}")
    function = call.get("function", call)
    if not is_mapping(function):
        raise UnreadableCall("'function' is not an object")
    return function.get("name"), function.get("arguments")


class _Reader:
    def __init__(self) -> None:
        self._left = MAX_VALUES

    def call(self, call: object) -> Call:
        if isinstance(call, ToolCall):
            name, arguments = _parts_of(call)
        else:
            name, arguments = _function_of(call)
        if not isinstance(name, str) or not name:
            raise UnreadableCall("it has no name")
        if isinstance(arguments, str):
            try:
                arguments = read_json(arguments)
            except InvalidJson as error:
                raise UnreadableCall(f"its arguments are not JSON: {error}") from error
        if not is_mapping(arguments):
            raise UnreadableCall("its arguments are not an object")
        return Call(self._text(name), self._object(arguments, 1))

    def _object(self, value: Mapping[Any, object], depth: int) -> dict[str, JsonValue]:
        if depth > MAX_DEPTH:
            raise UnreadableCall(f"its arguments are nested deeper than {MAX_DEPTH} levels")
        read: dict[str, JsonValue] = {}
        for name, item in value.items():
            key = name if type(name) is str and name.isascii() else self._name(name)
            read[key] = item if type(item) is str and item.isascii() else self._value(item, depth)
        self._left -= len(read)
        if self._left < 0:
            raise UnreadableCall(f"its arguments hold more than {MAX_VALUES} values")
        return read

    def _value(self, value: object, depth: int) -> JsonValue:
        if value is None or value is True or value is False:
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int):
            if abs(value) >= _LARGEST_INTEGER:
                raise UnreadableCall("a number of more than 400 digits")
            return int(value)
        if isinstance(value, float):
            if not math.isfinite(value):
                raise UnreadableCall(f"{value} is not JSON")
            return float(value)
        if is_mapping(value):
            return self._object(value, depth + 1)
        if _is_array(value):
            if depth >= MAX_DEPTH:
                raise UnreadableCall(f"its arguments are nested deeper than {MAX_DEPTH} levels")
            self._left -= len(value)
            if self._left < 0:
                raise UnreadableCall(f"its arguments hold more than {MAX_VALUES} values")
            return [self._value(item, depth + 1) for item in value]
        raise UnreadableCall(f"a value of {type(value).__name__} is not JSON")

    def _name(self, name: object) -> str:
        if not isinstance(name, str):
            raise UnreadableCall(f"an argument's name is {type(name).__name__}, not text")
        return self._text(name)

    @staticmethod
    def _text(text: str) -> str:
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                raise UnreadableCall("a lone surrogate is not text") from error
        return str.__str__(text)
