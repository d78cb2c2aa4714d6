"""Reading JSON that somebody else wrote, strictly; writing JSON that is the same every time."""

import json
import math
from typing import Any, NoReturn

from pydantic import JsonValue

MAX_CHARACTERS = 10_000_000
MAX_DEPTH = 64


class InvalidJson(ValueError):
    """The text is not the strict JSON that was due; the message says why."""


def read_json(text: str, *, max_characters: int = MAX_CHARACTERS) -> JsonValue:
    """The value that `text` spells.

    Raises `InvalidJson` for syntax errors, duplicate keys, NaN or infinity, lone surrogates, more than
    `max_characters` characters and more than 64 levels.
    """
    if len(text) > max_characters:
        raise InvalidJson(f"{len(text)} characters, at most {max_characters} are read")
    try:
        value: JsonValue = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_integer
        )
    except RecursionError as error:
        raise InvalidJson(f"nested deeper than {MAX_DEPTH} levels") from error
    except json.JSONDecodeError as error:
        raise InvalidJson(str(error)) from error
    if depth(value) > MAX_DEPTH:
        raise InvalidJson(f"nested deeper than {MAX_DEPTH} levels")
    try:
        text.encode()
        if "\\u" in text:  # an escape can spell a lone surrogate that the text itself does not hold
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise InvalidJson("a lone surrogate, which no UTF-8 file can hold") from error
    return value


def find_object(text: str) -> dict[str, JsonValue]:
    """The JSON object in a text, also with prose or a code fence around it. Raises `InvalidJson`."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise InvalidJson("no JSON object in the reply")
    value = read_json(text[start : end + 1])
    assert isinstance(value, dict)
    return value


def canonical_json(value: JsonValue) -> str:
    """`value` as JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def depth(value: JsonValue) -> int:
    """How many containers are nested in `value`, itself included (a scalar has depth 0)."""
    deepest, stack = 0, [(value, 0)]
    while stack:
        item, above = stack.pop()
        if isinstance(item, dict | list):
            deepest = max(deepest, above + 1)
            stack.extend((child, above + 1) for child in (item.values() if isinstance(item, dict) else item))
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        double = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise InvalidJson(f"key {double!r} is given twice")
    return result


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise InvalidJson(f"number {digits[:40]} is out of range")
    return value


def _integer(digits: str) -> int:
    if len(digits) > 400:
        raise InvalidJson(f"a number of {len(digits)} digits")
    return int(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidJson(f"{name} is not JSON")
