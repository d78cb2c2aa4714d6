"""Rules across members: conditions, dependencies, alternatives, patterns of names; JSON Schema has the last word."""

from typing import Any

import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from ttpa.stages.score import score_turn

_NAMES = ("a", "b", "S_1", "o")
_SCHEMAS: tuple[Any, ...] = (
    {},
    False,
    {"type": "string"},
    {"type": ["integer", "null"]},
    {"type": "integer", "minimum": 3},
    {"enum": ["x", 1]},
    {"const": "x"},
    {"type": "string", "pattern": "^x"},
    {"type": "array", "items": {"type": "string"}, "minItems": 1},
    {"not": {"const": 5}},
)
_VALUES = st.sampled_from(["x", "xy", "y", 1, 5, 3.0, None, True, [], ["x"], [1]])
_FLAT = st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=4)
_ARGUMENTS = st.dictionaries(st.sampled_from(_NAMES), _VALUES | _FLAT, max_size=4)


@st.composite
def _rule(draw: st.DrawFn, depth: int = 0) -> dict[str, Any]:
    """A schema that says something of some members, or of which are there."""
    members = draw(st.dictionaries(st.sampled_from(_NAMES), st.sampled_from(_SCHEMAS), max_size=2))
    rule: dict[str, Any] = {"properties": members} if members else {}
    rule |= {"required": required} if (required := draw(_SOME)) else {}
    if depth < 2 and draw(st.booleans()):
        rule |= draw(_combination(depth + 1))
    return rule


_SOME = st.lists(st.sampled_from(_NAMES), max_size=2, unique=True)


@st.composite
def _combination(draw: st.DrawFn, depth: int = 0) -> dict[str, Any]:
    key = draw(st.sampled_from(["if", "not", "anyOf", "allOf", "dependentRequired", "dependentSchemas"]))
    rule = _rule(depth)
    if key == "if":
        return {"if": draw(rule), "then": draw(rule), **({"else": draw(rule)} if draw(st.booleans()) else {})}
    if key in ("anyOf", "allOf"):
        return {key: draw(st.lists(rule, min_size=1, max_size=2))}
    if key == "not":
        return {key: draw(rule)}
    values = {"dependentRequired": _SOME, "dependentSchemas": rule}
    return {key: draw(st.dictionaries(st.sampled_from(_NAMES), values[key], min_size=1, max_size=2))}


@st.composite
def _object(draw: st.DrawFn, depth: int = 0) -> dict[str, Any]:
    """An object that lists all names, or those that match a pattern, and says how they hang together."""
    listed: dict[str, Any] = {name: draw(st.sampled_from(_SCHEMAS)) for name in _NAMES}
    schema: dict[str, Any] = {"type": "object", "properties": listed}
    if depth == 0 and draw(st.booleans()):
        listed["o"] = draw(_object(depth + 1))
    if draw(st.booleans()):
        del listed["S_1"]
        schema["patternProperties"] = {"^S_": draw(st.sampled_from(_SCHEMAS))}
    if draw(st.booleans()):
        schema["required"] = draw(_SOME)
    return {**schema, **draw(_combination()), **draw(_combination())}


def _kinds(
    candidate: dict[str, Any], reference: dict[str, Any], parameters: dict[str, Any]
) -> list[tuple[str, str | None]]:
    calls, gold = [{"name": "f", "arguments": candidate}], [{"name": "f", "arguments": reference}]
    verdict = score_turn(calls, gold, [{"name": "f", "parameters": parameters}])
    return [(error.kind.value, error.path) for error in verdict.errors]


@settings(max_examples=300)
@given(_object(), _ARGUMENTS)
def test_arguments_have_an_error_exactly_where_json_schema_refuses_them(
    parameters: dict[str, Any], arguments: dict[str, Any]
) -> None:
    is_valid = jsonschema_rs.Draft202012Validator(parameters).is_valid(arguments)
    assert (_kinds(arguments, arguments, parameters) == []) is is_valid


def test_dependencies_of_draft_7_count() -> None:
    rule = {"properties": {"b": {"minimum": 10}}}
    names = {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {}}
    parameters = {"type": "object", "properties": names, "dependencies": {"a": ["c"], "c": rule}}
    assert _kinds({"b": 1}, {"b": 1}, parameters) == []
    assert _kinds({"a": "x"}, {"a": "x"}, parameters) == [("invalid_value", "$")]
    assert _kinds({"b": 1, "c": 0}, {"b": 1, "c": 0}, parameters) == [("invalid_value", "$.b")]


_PLACE: dict[str, Any] = {
    "type": "object",
    "properties": {"country": {"type": "string"}, "zip": {"type": "string", "minLength": 3}},
    "if": {"properties": {"country": {"const": "US"}}},
    "then": {"properties": {"zip": {"pattern": "^[0-9]{5}$"}}},
    "else": {"properties": {"zip": {"pattern": "^[A-Z][0-9][A-Z]"}}},
}


def test_a_rule_that_hangs_on_another_argument_is_told_at_the_argument_that_breaks_it() -> None:
    right = {"country": "CA", "zip": "K1M 1M4"}
    assert _kinds(right, right, _PLACE) == []
    assert _kinds({"zip": "K1M 1M4", "country": "CA"}, right, _PLACE) == []
    assert _kinds({"country": "CA", "zip": "20500"}, right, _PLACE) == [("invalid_value", "$.zip")]
    assert _kinds({"country": "US", "zip": "K1M 1M4"}, right, _PLACE) == [
        ("wrong_value", "$.country"),
        ("invalid_value", "$.zip"),
    ]


def test_an_argument_that_is_due_on_a_condition_is_told_at_the_object() -> None:
    card: dict[str, Any] = {
        "if": {"properties": {"by": {"const": "card"}}},
        "then": {"properties": {"number": {"type": "string"}}},
    }
    card["then"]["required"] = ["number"]
    pay = {"type": "object", "properties": {"by": {"type": "string"}}, "allOf": [card]}
    right = {"by": "card", "number": "12"}
    assert _kinds(right, right, pay) == []
    assert _kinds({"by": "card"}, right, pay) == [("missing_optional", "$.number"), ("invalid_value", "$")]
    assert _kinds({"by": "card", "number": 12}, right, pay) == [("invalid_value", "$.number")]
    assert _kinds({**right, "note": "x"}, right, pay) == [("unknown_argument", "$.note")]
    inner = {"type": "object", "properties": {"pay": pay}}
    assert _kinds({"pay": right}, {"pay": right}, inner) == []
    assert _kinds({"pay": {"by": "card"}}, {"pay": right}, inner) == [("invalid_value", "$.pay")]
    assert _kinds({"pay": {**right, "note": "x"}}, {"pay": right}, inner) == [("unknown_argument", "$.pay.note")]


def test_of_alternative_argument_lists_the_one_that_was_meant_counts() -> None:
    by_id = {"properties": {"by": {"const": "id"}, "q": {"type": "integer"}}, "required": ["by", "q"]}
    by_name = {
        "properties": {"by": {"const": "name"}, "q": {"type": "string"}, "fuzzy": {"type": "boolean"}},
        "required": ["by", "q"],
    }
    right = {"by": "name", "q": "Ann"}
    forms: list[dict[str, Any]] = [
        {"type": "object", "oneOf": [by_id, by_name]},
        {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}], "$defs": {"A": by_id, "B": by_name}},
        {"$ref": "#/$defs/U", "$defs": {"U": {"anyOf": [by_id, by_name]}}},
    ]
    for find in forms:
        assert _kinds(right, right, find) == []
        assert _kinds({"by": "name", "q": 7}, right, find) == [("wrong_type", "$.q")]
        assert _kinds({"by": "id", "q": 7}, right, find) == [("wrong_value", "$.by"), ("wrong_type", "$.q")]
        assert _kinds({"by": "id", "q": 7}, {"by": "id", "q": 7}, find) == []
        assert _kinds({**right, "fuzzy": True}, right, find) == [("extra_argument", "$.fuzzy")]
        assert _kinds({**right, "nope": True}, right, find) == [("unknown_argument", "$.nope")]


def test_members_beside_alternatives_are_known_to_each_of_them() -> None:
    either = {"anyOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {"type": "string"}}}]}
    beside = {"properties": {"z": {"type": "integer"}}}
    for schema in ({"allOf": [either, beside]}, {"type": "object", **beside, **either}):
        inner = {"type": "object", "properties": {"x": schema}}
        assert _kinds({"x": {"a": "t", "z": 1}}, {"x": {"a": "t", "z": 1}}, inner) == []
        assert _kinds({"x": {"a": "t", "z": "1"}}, {"x": {"a": "t", "z": 1}}, inner) == [("wrong_type", "$.x.z")]


def test_members_whose_names_match_a_pattern_are_checked_by_it() -> None:
    free: dict[str, Any] = {"type": "object", "patternProperties": {"^S_": {"type": "string", "maxLength": 3}}}
    closed = {**free, "additionalProperties": False}
    right = {"S_1": "abc"}
    assert _kinds(right, right, closed) == []
    assert _kinds({"S_1": 5}, right, closed) == [("wrong_type", "$.S_1")]
    assert _kinds({"S_1": "abcd"}, right, closed) == [("invalid_value", "$.S_1")]
    assert _kinds({**right, "X": 5}, right, closed) == [("unknown_argument", "$.X")]
    assert _kinds({**right, "X": 5}, {**right, "X": 5}, free) == []
    inner = {"type": "object", "properties": {"tags": closed}}
    assert _kinds({"tags": right}, {"tags": right}, inner) == []
    assert _kinds({"tags": {"S_1": 5, "X": 5}}, {"tags": right}, inner) == [
        ("wrong_type", "$.tags.S_1"),
        ("unknown_argument", "$.tags.X"),
    ]
