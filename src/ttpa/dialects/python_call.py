"""Calls written as Python does: `[find(city="Lisbon", nights=3), book(room={"id": 4})]`, read with their places."""

import json
import math
import re
from typing import NoReturn

from pydantic import JsonValue

from ttpa.dialects.base import TextSpan
from ttpa.dialects.json_call import child_path
from ttpa.records.candidates import SlotKind
from ttpa.records.strict_json import MAX_DEPTH
from ttpa.records.tools import ToolCall

TOOL_NAME = r"[^\s()\[\]{},=:\"']+"
_TOOL_NAME = re.compile(TOOL_NAME)
_KEYWORD = re.compile(r"[^\W\d]\w*")
_ARGUMENT_NAME = re.compile(r"[^\s()\[\]{},=:\"'*][^\s()\[\]{},=:\"']*")
_STRING = re.compile(r"""("(?:[^"\\\n]|\\.)*")|('(?:[^'\\\n]|\\.)*')""", re.DOTALL)
_OPEN_STRING = re.compile(r"""["'](?:[^"'\\\n]|\\.)*""", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "a": "\a", "v": "\v", "\n": ""}
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_WORDS: dict[str, JsonValue] = {
    "True": True, "False": False, "None": None, "true": True, "false": False, "null": None,
}  # fmt: skip
_LONGEST_NUMBER = 400
"""Characters, as in strict JSON."""


def write_python_calls(calls: tuple[ToolCall, ...]) -> str:
    """The calls as a Python list; an argument whose name is no identifier stands in `**{...}`."""
    return f"[{', '.join(_write_call(call) for call in calls)}]"


class PythonCalls:
    """The list of calls that stands in a text from some place on."""

    def __init__(self, text: str, start: int) -> None:
        """Reads as far as it can; never raises."""
        self.calls: list[ToolCall] = []
        self.spans: list[TextSpan] = []
        self.problem: str | None = None
        self._text = text
        self._call = 0
        self.end = start
        """Where what was read ends."""
        try:
            self._list()
        except _Unreadable as error:
            self.problem = f"call {self._call}: {error}"

    def _list(self) -> None:
        self._take("[")
        while not self._has("]"):
            if self.calls:
                self._take(",")
                if self._has("]"):
                    break
            self._call = len(self.calls)
            self.calls.append(self._one())
        self._take("]")

    def _one(self) -> ToolCall:
        name = self._match(_TOOL_NAME, "a tool's name")
        self._label("tool_name", name.start(), name.end(), None)
        arguments: dict[str, JsonValue] = {}
        self._take("(")
        while not self._has(")"):
            if arguments:
                self._take(",")
                if self._has(")"):
                    break
            if self._has("**"):
                self.end += 2
                self._members(arguments, "$", 0)
                continue
            keyword = self._match(_ARGUMENT_NAME, "an argument's name")
            path = child_path("$", keyword[0])
            self._label("argument_name", keyword.start(), keyword.end(), path)
            self._take("=")
            self._put(arguments, keyword[0], self._value(path, 1))
        self._take(")")
        return ToolCall(name=self._whole(name[0]), arguments=arguments)

    def _value(self, path: str, depth: int) -> JsonValue:
        """A value that stands in so many containers, the arguments themselves included."""
        is_array = self._has("[")
        if depth >= MAX_DEPTH and (is_array or self._has("{")):
            self._fail(f"nested deeper than {MAX_DEPTH} levels")
        if is_array:
            return self._items(path, depth)
        if self._has("{"):
            members: dict[str, JsonValue] = {}
            self._members(members, path, depth)
            return members
        if self._has('"') or self._has("'"):
            return self._string("argument_value", path)
        if (word := _KEYWORD.match(self._text, self.end)) and word[0] in _WORDS:
            self._label("argument_value", word.start(), word.end(), path)
            self.end = word.end()
            return _WORDS[word[0]]
        number = self._match(_NUMBER, "a value")
        self._label("argument_value", number.start(), number.end(), path)
        if len(number[0]) > _LONGEST_NUMBER:
            self._fail("a number that is too long")
        if number[0].lstrip("-").isdigit():
            return int(number[0])
        value = float(number[0])
        if not math.isfinite(value):
            self._fail("a number that is out of range")
        return value

    def _items(self, path: str, depth: int) -> list[JsonValue]:
        self._take("[")
        items: list[JsonValue] = []
        while not self._has("]"):
            if items:
                self._take(",")
                if self._has("]"):
                    break
            items.append(self._value(child_path(path, len(items)), depth + 1))
        self._take("]")
        return items

    def _members(self, members: dict[str, JsonValue], path: str, depth: int) -> None:
        self._take("{")
        is_first = True
        while not self._has("}"):
            if not is_first:
                self._take(",")
                if self._has("}"):
                    break
            is_first = False
            key = self._string(None, None)
            below = child_path(path, key)
            self._label("argument_name", self._inner[0], self._inner[1], below)
            self._take(":")
            self._put(members, key, self._value(below, depth + 1))
        self._take("}")

    def _string(self, kind: SlotKind | None, path: str | None) -> str:
        self._skip()
        match = _STRING.match(self._text, self.end)
        if match is None:
            if cut := _OPEN_STRING.match(self._text, self.end):
                self._label(kind, cut.start() + 1, cut.end(), path)
            self._fail("a string that does not end")
        self._inner = match.start() + 1, match.end() - 1
        self._label(kind, *self._inner, path)
        self.end = match.end()
        return self._whole(_ESCAPE.sub(_unescape, match[0][1:-1]))

    def _whole(self, text: str) -> str:
        try:
            text.encode()
        except UnicodeEncodeError:
            self._fail("a lone surrogate, which no UTF-8 file can hold")
        return text

    def _put(self, members: dict[str, JsonValue], key: str, value: JsonValue) -> None:
        if key in members:
            self._fail(f"{key!r} is given twice")
        members[self._whole(key)] = value

    def _match(self, pattern: re.Pattern[str], due: str) -> re.Match[str]:
        self._skip()
        match = pattern.match(self._text, self.end)
        if match is None:
            self._fail(f"{due} was due")
        self.end = match.end()
        return match

    def _take(self, mark: str) -> None:
        if not self._has(mark):
            self._fail(f"{mark} was due")
        self.end += len(mark)

    def _has(self, mark: str) -> bool:
        self._skip()
        return self._text.startswith(mark, self.end)

    def _skip(self) -> None:
        while self.end < len(self._text) and self._text[self.end] in " \t\r\n":
            self.end += 1

    def _label(self, kind: SlotKind | None, start: int, end: int, path: str | None) -> None:
        if kind and start < end:
            self.spans.append(TextSpan(kind, start, end, self._call, path))

    def _fail(self, reason: str) -> NoReturn:
        raise _Unreadable(f"{reason}, at character {self.end}")


class _Unreadable(Exception):
    """The text is no list of calls."""


def _unescape(match: re.Match[str]) -> str:
    """What one escape stands for, by Python's rules; one that Python does not know stays as it is written."""
    if digits := match[1] or match[2] or match[3]:
        code = int(digits, 16)
        return chr(code) if code < 0x110000 else match[0]
    if match[4]:
        return chr(int(match[4], 8))
    letter = match[5]
    return letter if letter in "\\\"'" else _ESCAPED.get(letter, match[0])


def _write_call(call: ToolCall) -> str:
    parts = [f"{name}={_write_value(value)}" for name, value in call.arguments.items() if _KEYWORD.fullmatch(name)]
    others: JsonValue = {name: value for name, value in call.arguments.items() if not _KEYWORD.fullmatch(name)}
    if others:
        parts.append(f"**{_write_value(others)}")
    return f"{call.name}({', '.join(parts)})"


def _write_value(value: JsonValue) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(_write_value(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(k, ensure_ascii=False)}: {_write_value(v)}' for k, v in value.items())}}}"
    return repr(value)
