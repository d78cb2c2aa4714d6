"""Checks of a constructed instruction that need no model: values are grounded, nothing is leaked."""

import re
from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from ttpa.records.instructions import Step
from ttpa.records.json_shapes import as_list, as_object, leaves, properties_of, texts_in
from ttpa.records.record import JsonObject
from ttpa.records.tools import ToolSpec
from ttpa.records.words import holds, read_result, split_words, tells, told_by

_ORDINARY_WORD = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)(?:-(?i:in|out|up|off|on|by|over|down))?")
"""`add`, `Search`, `check-in`; nobody writes `getWeather` or `get-weather` but for the tool."""
_HUMP = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_KINDS = "tool|function|command|api"
_SHORTEST_NAME_WORD = 4
_SHORTEST_LEAK = 6
"""Shorter result texts (`rain`, `open`) are words that a question may well use by itself."""


def find_ungrounded(question: str, steps: Sequence[Step], tools: Sequence[ToolSpec]) -> list[str]:
    """Argument values that come from nowhere, as `argument = value`.

    A value is grounded when it stands in the question or in an earlier result, or where its schema gives it: as the
    default, or as the only value that may stand there. A boolean also is where the question speaks of its parameter.
    Where a schema leaves the keys of an object free, as of amounts by product, they are values too.
    """
    schemas = {tool.name: tool.parameters for tool in tools}
    missing: list[str] = []
    sources = [question]
    for step in steps:
        for call in step.calls:
            known = properties_of(schemas.get(call.name, {}))
            for name, value in call.arguments.items():
                missing.extend(
                    f"{name} = {leaf}"
                    for leaf_name, leaf in _values(value, known.get(name, {}), name)
                    if not any(stands_in(leaf, text, leaf_name) for text in sources)
                )
        sources.extend(told_by(result.content) for result in step.results)
    return missing


def _values(value: JsonValue, schema: JsonValue, name: str) -> Iterator[tuple[str, JsonValue]]:
    """The scalars in a value and the keys that its schema leaves free, each with the name of what holds it.

    Values that the schema itself gives are left out.
    """
    told = _alternatives(schema, value)
    if _is_given(value, told):
        return
    if isinstance(value, dict):
        known: dict[str, list[JsonValue]] = {}
        for one in told:
            for key, inner in properties_of(one).items():
                known.setdefault(key, []).append(inner)
        free = _first(told, "additionalProperties")
        for key, item in value.items():
            if free and key not in known:
                yield name, key
            yield from _values(item, {"anyOf": known[key]} if key in known else free, key)
    elif isinstance(value, list):
        items = _first(told, "items")
        for item in value:
            yield from _values(item, items, name)
    else:
        yield name, value


def _is_given(value: JsonValue, schemas: Sequence[JsonObject]) -> bool:
    """Whether a schema has the value as its default, or all that name one have it as the only one that may stand."""
    only = [one["const"] for one in schemas if "const" in one]
    only.extend(values[0] for one in schemas if len(values := as_list(one.get("enum"))) == 1)
    is_only = bool(only) and all(_are_equal(one, value) for one in only)
    return is_only or any(_are_equal(one["default"], value) for one in schemas if "default" in one)


def _are_equal(one: JsonValue, other: JsonValue) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _alternatives(schema: JsonValue, value: JsonValue) -> list[JsonObject]:
    """A schema, and those that it is made of or that may hold in its place: of these the ones with the value's keys."""
    told = as_object(schema)
    parts = list(as_list(told.get("allOf")))
    for choices in (as_list(told.get("anyOf")), as_list(told.get("oneOf"))):
        parts.extend([one for one in choices if _has_keys_of(one, value)] or choices)
    return [told, *(one for part in parts for one in _alternatives(part, value))]


def _has_keys_of(schema: JsonValue, value: JsonValue) -> bool:
    """Whether a schema names the keys of an object and requires no others; true where it names none."""
    known = properties_of(schema)
    if not known or not isinstance(value, dict):
        return True
    return value.keys() <= known.keys() and value.keys() >= set(texts_in(as_object(schema).get("required")))


def _first(schemas: Sequence[JsonObject], keyword: str) -> JsonObject:
    """The first schema below this keyword; an empty one where there is none."""
    return next(filter(None, (as_object(one.get(keyword)) for one in schemas)), as_object(None))


def find_leaked_tool(question: str, tools: Sequence[ToolSpec]) -> str | None:
    """A tool's name that the question holds; none where it names no tool.

    A name that is an ordinary word (`add`, `find`) is a name only where it is written as one: quoted, followed by a
    bracket, or beside the word tool, function or command.
    """
    lowered = question.lower()
    return next((tool.name for tool in tools if re.search(_as_name(tool.name), lowered)), None)


def _as_name(name: str) -> str:
    """The pattern of a tool's name in a text in lower case."""
    word = re.escape(name.lower())
    if not _ORDINARY_WORD.fullmatch(name):
        return rf"\b{word}\b"
    return rf"[`'\"]{word}[`'\"]|\b{word}\(|\b{word} (?:{_KINDS})\b|\b(?:{_KINDS}) {word}\b"


def find_leaked_result(question: str, steps: Sequence[Step]) -> str | None:
    """A text or number that the question holds although only a result tells it; none where there is none.

    What a call takes may stand in the question, but not where a result before it gives the value: that call is then no
    longer needed.
    """
    given = _given_words(steps)
    for step in steps:
        for result in step.results:
            for _, leaf in leaves(read_result(result.content)):
                words = split_words(str(leaf))
                told = len(str(leaf)) >= _SHORTEST_LEAK and not isinstance(leaf, bool) and not given.issuperset(words)
                if told and stands_in(leaf, question, ""):
                    return str(leaf)
    return None


def _given_words(steps: Sequence[Step]) -> set[str]:
    """The words of the arguments that no earlier result tells: the question has to hold them."""
    given: set[str] = set()
    results: list[str] = []
    for step in steps:
        for call in step.calls:
            for _, leaf in leaves(call.arguments, ""):
                if not any(tells(text, leaf) for text in results):
                    given.update(split_words(str(leaf)))
        results.extend(told_by(result.content) for result in step.results)
    return given


def stands_in(value: JsonValue, text: str, name: str) -> bool:
    """Whether a scalar stands in a text: numbers by value, texts as whole words whatever their case and spaces."""
    if isinstance(value, bool):
        words = [word.lower() for word in _HUMP.findall(name)]
        long = [word for word in words if len(word) >= _SHORTEST_NAME_WORD]
        return any(word in text.lower() for word in long) if long else any(holds(text, word) for word in words)
    return tells(text, value)
