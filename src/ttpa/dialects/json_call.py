"""One call written as a JSON object `{"name": ..., "arguments": {...}}`: read, and labelled character by character."""

import json
import re
from dataclasses import dataclass

from pydantic import JsonValue

from ttpa.dialects.base import TextSpan
from ttpa.records.candidates import SlotKind
from ttpa.records.strict_json import InvalidJson, read_json
from ttpa.records.tools import ToolCall

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)("?)', re.DOTALL)
_SCALAR = re.compile(r"[^\s,\]}\"\[{:]+")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class CallForm:
    """How a family names the parts of a call's object."""

    arguments: str = "arguments"
    """The key of the arguments."""
    ignored: str | None = None
    """A key that says nothing about the call."""


PLAIN = CallForm()


def write_call(call: ToolCall, form: CallForm = PLAIN) -> str:
    """The call as one line of JSON, spaced as chat templates space it."""
    return json.dumps({"name": call.name, form.arguments: call.arguments}, ensure_ascii=False)


def read_call(text: str, form: CallForm = PLAIN) -> ToolCall:
    """The call that `text` spells. Raises `InvalidJson` when it is not exactly a name and an arguments object."""
    value = read_json(text)
    if not isinstance(value, dict):
        raise InvalidJson("a call is a JSON object")
    unknown = [key for key in value if key not in ("name", form.arguments, form.ignored)]
    if unknown:
        raise InvalidJson(f"a call holds name and {form.arguments}, not {unknown[0]!r}")
    name, arguments = value.get("name"), value.get(form.arguments)
    if not isinstance(name, str) or not name:
        raise InvalidJson("the call has no name")
    if not isinstance(arguments, dict):
        raise InvalidJson(f"the call's {form.arguments} are not an object")
    return ToolCall(name=name, arguments=arguments)


def label_call(text: str, start: int, end: int, call: int, form: CallForm = PLAIN) -> list[TextSpan]:
    """The spans of the call that `text[start:end]` spells, also where that is cut off or broken."""
    scanner = _Scanner(text, start, end, call)
    scanner.scan_call(form.arguments)
    return scanner.spans


def find_keys(text: str, start: int) -> tuple[set[str], int]:
    """The keys of the object that begins at `start` as far as it can be followed, and where that ends."""
    scanner = _Scanner(text, start, len(text))
    return scanner.scan_keys(), scanner.position


def find_object_end(text: str, start: int) -> int | None:
    """Where the JSON object that begins at `start` ends; none where it is cut off or broken, or no object.

    `json.JSONDecoder.raw_decode` is not asked: what it raises counts the lines from the text's beginning on, so that
    a text of many broken calls would take time with the square of its length.
    """
    scanner = _Scanner(text, start, len(text))
    return scanner.position if scanner.scan_object() else None


def label_arguments(text: str, start: int, end: int, call: int) -> list[TextSpan]:
    """The spans of an arguments object that stands by itself in `text[start:end]`."""
    scanner = _Scanner(text, start, end, call)
    scanner.scan_arguments()
    return scanner.spans


def child_path(path: str, key: str | int) -> str:
    """The JSON path of a member: `$.city`, `$.guests[0]`, `$['a key']`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if _IDENTIFIER.fullmatch(key) else f"{path}[{json.dumps(key, ensure_ascii=False)}]"


class _Scanner:
    """Walks the JSON in `text[position:end]` and collects spans; stops where it is no JSON."""

    def __init__(self, text: str, position: int, end: int, call: int = 0) -> None:
        self.text = text
        self.position = position
        self.end = end
        self.call = call
        self.spans: list[TextSpan] = []

    def scan_arguments(self) -> None:
        if self._peek() == "{":
            self._object("$", 0)

    def scan_call(self, arguments: str) -> None:
        if not self._take("{"):
            return
        while key := self._string(None, None):
            if not self._take(":"):
                return
            if key == "name":
                if self._string("tool_name", None) is None:
                    return
            elif not self._value("$" if key == arguments else None, 0):
                return
            if not self._take(","):
                return

    def scan_object(self) -> bool:
        return self._peek() == "{" and self._object(None, 0)

    def scan_keys(self) -> set[str]:
        keys = set[str]()
        self._take("{")
        while (key := self._string(None, None)) is not None:
            keys.add(key)
            if not self._take(":") or not self._value(None, 0) or not self._take(","):
                break
        self._take("}")
        return keys

    def _value(self, path: str | None, depth: int) -> bool:
        """Walks one value; `path` is none outside of the arguments. Whether the walk can go on."""
        head = self._peek()
        kind: SlotKind | None = "argument_value" if path else None
        if depth > _MAX_DEPTH or not head:
            return False
        if head == '"':
            return self._string(kind, path) is not None
        if head == "{":
            return self._object(path, depth)
        if head == "[":
            return self._array(path, depth)
        match = _SCALAR.match(self.text, self.position, self.end)
        if match is None:
            return False
        self._add(kind, match.start(), match.end(), path)
        self.position = match.end()
        return True

    def _object(self, path: str | None, depth: int) -> bool:
        self._take("{")
        while self._peek() == '"':
            key_start = self.position
            key = self._string(None, None)
            if key is None:
                return False
            below = child_path(path, key) if path else None
            self._add("argument_name" if path else None, key_start + 1, self.position - 1, below)
            if not self._take(":") or not self._value(below, depth + 1):
                return False
            if not self._take(","):
                break
        return self._take("}")

    def _array(self, path: str | None, depth: int) -> bool:
        self._take("[")
        index = 0
        while self._peek() not in ("]", ""):
            if not self._value(child_path(path, index) if path else None, depth + 1):
                return False
            index += 1
            if not self._take(","):
                break
        return self._take("]")

    def _string(self, kind: SlotKind | None, path: str | None) -> str | None:
        """Walks one string and labels what stands between its quotes; its value, or none where it does not close."""
        self._peek()
        match = _STRING.match(self.text, self.position, self.end)
        if match is None:
            return None
        self._add(kind, match.start(1), match.end(1), path)
        if not match[2]:
            return None
        try:
            value: JsonValue = json.loads(match[0])
        except json.JSONDecodeError:
            return None
        self.position = match.end()
        return value if isinstance(value, str) else None

    def _peek(self) -> str:
        while self.position < self.end and self.text[self.position] in " \t\r\n":
            self.position += 1
        return self.text[self.position] if self.position < self.end else ""

    def _take(self, mark: str) -> bool:
        if self._peek() != mark:
            return False
        self.position += 1
        return True

    def _add(self, kind: SlotKind | None, start: int, end: int, path: str | None) -> None:
        if kind and start < end:
            self.spans.append(TextSpan(kind, start, end, self.call, path))
