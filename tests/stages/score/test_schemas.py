"""Schemas as people write them."""

from typing import Any

import pytest
from tests.growth import growth

from ttpa.records.tools import ToolSpec
from ttpa.stages.score import CompiledTools, schema_problems, score_turn


def _tool(parameters: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", "parameters": parameters}}


def _kinds(parameters: Any, candidate: dict[str, Any], reference: dict[str, Any] | None = None) -> list[str]:
    gold = {"name": "f", "arguments": candidate if reference is None else reference}
    verdict = score_turn([{"name": "f", "arguments": candidate}], [gold], [_tool(parameters)])
    return [error.kind.value for error in verdict.errors]


def _of(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"x": schema}}


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        ({"type": "dict"}, {"a": 1}, "a"),
        ({"type": "float"}, 1, "1"),
        ({"type": "tuple", "items": {"type": "float"}}, [1.5], 1.5),
        ({"type": "any"}, [1], None),
        ({"type": "STRING"}, "a", 1),
        ({"type": "Number"}, 1.5, "1.5"),
        ({"type": ["string", "null"]}, None, 1),
        ({"type": "string", "nullable": True}, None, 1),
        ({"type": "list[int]"}, [1], ["a"]),
        ({"type": "Optional[str]"}, None, 1),
        ({"type": "int or string"}, "a", 1.5),
        ({"type": "DATE (YYYY-MM-DD)"}, "2026-03-02", 20260302),
        ({"properties": {"a": {"type": "integer"}}}, {"a": 1}, "a"),
        ({"items": {"type": "integer"}}, [1], "a"),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1, "a"),
        ({"allOf": [{"type": "integer"}, {"description": "a count"}]}, 1, "a"),
        ("string", "a", 1),
        ({}, 1, None),
        (True, 1, None),
    ],
)
def test_types_are_read_as_they_are_meant(schema: Any, right: Any, wrong: Any) -> None:
    assert _kinds(_of(schema), {"x": right}) == []
    if wrong is not None:
        assert _kinds(_of(schema), {"x": wrong}) == ["wrong_type"]


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        ({"type": "integer", "minimum": 3}, 3, 2),
        ({"type": "integer", "minimum": 3, "exclusiveMinimum": True}, 4, 3),
        ({"type": "string", "pattern": "^[a-z]+$"}, "ab", "A"),
        ({"type": "string", "format": "date"}, "2026-03-02", "tomorrow"),
        ({"type": "string", "format": "time"}, "10:30", "half past ten"),
        ({"type": "string", "format": "date-time"}, "2026-03-02T10:30:00", "noon"),
        ({"type": "string", "format": "time"}, "23:59:60.5z", "25:99"),
        ({"type": "string", "format": "time"}, "10:30:00.123456789+0530", "10:30+25:00"),
        ({"type": "string", "format": "date-time"}, "2024-02-29t10:30Z", "2024-02-30T10:30Z"),
        ({"type": "string", "format": "date-time"}, "2024-02-29 10:30", "2024-02-29 24:30"),
        ({"type": "string", "minLength": 2}, "ab", "a"),
        ({"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, [1, 2], [1, 1]),
        ({"enum": ["a", 1]}, 1, "b"),
        ({"const": "a"}, "a", "b"),
        ({"anyOf": [{"type": "string", "maxLength": 1}, {"type": "null"}]}, "a", "abc"),
    ],
)
def test_values_that_break_a_rule_are_invalid(schema: Any, right: Any, wrong: Any) -> None:
    assert _kinds(_of(schema), {"x": right}) == []
    assert _kinds(_of(schema), {"x": wrong}, {"x": right}) == ["invalid_value"]


@pytest.mark.parametrize(
    ("parameters", "word"),
    [
        (_of({"type": "weird"}), "weird"),
        (_of({"type": "dict"}), "object"),
        (_of({"type": "string", "enum": "a"}), "enum"),
        (_of({"type": "integer", "enum": ["a"]}), "enum"),
        (_of({"type": "integer", "minimum": "3"}), "minimum"),
        (_of({"type": "string", "pattern": "(["}), "pattern"),
        (_of({"$ref": "http://example.invalid/x"}), "$ref"),
        (_of({"$ref": "#/$defs/nowhere"}), "$ref"),
        (_of({"type": "string", "required": True}), "required"),
        ({**_of({"type": "string"}), "required": "x"}, "required"),
        ({**_of({"type": "string"}), "required": ["y"]}, "'y'"),
        (_of({"type": "integer", "default": "3"}), "default"),
        ({"x": {"type": "string"}}, "map of parameters"),
        ([{"name": "x", "type": "string"}], "list of parameters"),
        ("nothing", "not a schema"),
    ],
)
def test_what_is_not_json_schema_is_told_once_and_never_a_crash(parameters: Any, word: str) -> None:
    problems = schema_problems(_tool(parameters))
    assert len(problems) == 1
    assert word in problems[0]


def test_a_plain_schema_has_no_problem(tools: list[dict[str, Any]]) -> None:
    assert [schema_problems(tool) for tool in tools] == [[], [], []]


@pytest.mark.parametrize(
    "schema", [{"$ref": "#/$defs/A"}, {"allOf": [{"$ref": "#/$defs/A"}]}, {"anyOf": [{"$ref": "#/$defs/A"}]}]
)
def test_nullable_counts_without_a_type_and_is_told(schema: dict[str, Any]) -> None:
    parameters = {**_of({**schema, "nullable": True}), "$defs": {"A": {"properties": {"n": {"type": "integer"}}}}}
    assert _kinds(parameters, {"x": None}) == []
    assert _kinds(parameters, {"x": {"n": 1}}) == []
    assert _kinds(parameters, {"x": {"n": "1"}}, {"x": {"n": 1}}) == ["wrong_type"]
    assert _kinds(parameters, {"x": "n"}, {"x": None}) == ["wrong_type"]
    assert any("'nullable'" in problem for problem in schema_problems(_tool(parameters)))


def test_required_beside_the_type_counts() -> None:
    parameters = _of({"type": "string", "required": True})
    assert _kinds(parameters, {}, {"x": "a"}) == ["missing_required"]
    assert _kinds({"type": "object", "properties": {"x": {"type": "string"}}}, {}, {"x": "a"}) == ["missing_optional"]


def test_a_required_argument_without_a_schema_takes_anything() -> None:
    assert _kinds({"type": "object", "properties": {}, "required": ["x"]}, {"x": [1]}) == []


def test_no_parameters_mean_no_arguments() -> None:
    forms: list[Any] = [None, {}, {"type": "object"}, {"type": "object", "properties": {}}]
    for parameters in forms:
        assert _kinds(parameters, {}) == []
        assert _kinds(parameters, {"x": 1}, {}) == ["unknown_argument"]


def test_open_objects_know_every_member() -> None:
    assert _kinds(_of({"type": "object"}), {"x": {"free": 1}}) == []
    assert _kinds({"type": "object", "additionalProperties": True}, {"x": 1}) == []
    assert _kinds({"type": "object", "additionalProperties": {"type": "string"}}, {"x": 1}) == ["wrong_type"]


def test_a_tool_whose_schema_cannot_be_checked_takes_anything_and_says_so() -> None:
    either = {"anyOf": [{"properties": {"a": {"$ref": "#/$defs/e"}}}, {"properties": {"a": {"$ref": "#/$defs/e"}}}]}
    parameters = {**_of({"$ref": "#/$defs/e"}), "required": ["x"], "$defs": {"e": either}}
    assert _kinds(parameters, {"x": {"a": {}}}) == []
    assert _kinds(parameters, {"x": {"a": 1}}, {"x": {"a": {}}}) == ["wrong_value"]
    (problem,) = schema_problems(_tool(parameters))
    assert problem.startswith("anything is allowed: '#/$defs/e' refers to itself")


def test_references_within_the_schema_are_followed_also_in_circles() -> None:
    node = {"type": "object", "properties": {"value": {"type": "integer", "minimum": 0}, "next": {"$ref": "#/$defs/n"}}}
    parameters = {**_of({"$ref": "#/$defs/n"}), "$defs": {"n": node, "loop": {"$ref": "#/$defs/loop"}}}
    right = {"x": {"value": 1, "next": {"value": 2, "next": {"value": 3}}}}
    assert _kinds(parameters, right) == []
    assert _kinds(parameters, {"x": {"value": 1, "next": {"value": 2, "next": {"value": "3"}}}}, right) == [
        "wrong_type"
    ]
    assert _kinds(parameters, {"x": {"value": 1, "next": {"value": 2, "next": {"value": -3}}}}, right) == [
        "invalid_value"
    ]
    assert _kinds({**parameters, "properties": {"x": {"$ref": "#/$defs/loop"}}}, {"x": 1}) == []


@pytest.mark.parametrize("reference", ["#/properties/a/oneOf/1", "#/properties/a/oneOf/1/items/0", "#/x-more/day%25~1"])
def test_references_lead_to_what_is_written_in_another_way_here(reference: str) -> None:
    day = {"type": "string", "format": "date"}
    dates = day if reference.endswith("1") else {"type": "array", "items": [day]}
    a: dict[str, Any] = {"anyOf": [{}], "oneOf": [{"type": "integer"}, dates]}
    parameters: dict[str, Any] = {
        "type": "object",
        "properties": {"a": a, "b": {"$ref": reference}, "c": {"type": "array", "items": {"$ref": "#/properties/b"}}},
        "x-more": {"day%/": day},
    }
    right = {"b": "2026-03-02", "c": ["2026-03-02"]}
    assert schema_problems(_tool(parameters)) == []
    assert _kinds(parameters, right) == []
    assert _kinds(parameters, {"b": 5, "c": ["today"]}, right) == ["wrong_type", "invalid_value"]


def test_hostile_patterns_and_long_arrays_take_time_in_proportion_to_their_length() -> None:
    parameters = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "pattern": r"^(a+)+$"},
            "b": {"type": "string", "pattern": r"(?=a)(a|aa)+\1$"},
            "c": {"type": "array", "uniqueItems": True},
        },
    }

    def kinds(length: int) -> list[str]:
        text = "a" * length + "!"
        candidate = {"a": text, "b": text, "c": [[index] for index in range(length)]}
        return _kinds(parameters, candidate, {"a": "a", "b": "aa", "c": [[0]]})

    assert kinds(100)[:2] == ["invalid_value", "invalid_value"]
    assert growth(kinds, 5000) < 9


@pytest.mark.parametrize("tool", [{}, {"function": {}}, {"name": ""}, {"name": 3}, 7, "f"])
def test_a_tool_without_a_name_is_the_callers_error(tool: Any) -> None:
    with pytest.raises(ValueError, match="tool 0"):
        CompiledTools([tool])


def test_parameters_that_are_not_json_are_the_callers_error() -> None:
    with pytest.raises(ValueError, match="'f'"):
        CompiledTools([{"name": "f", "parameters": {"default": float("nan")}}]).tool("f")


def test_of_two_tools_with_one_name_the_first_counts_and_the_name_is_told() -> None:
    first = ToolSpec(name="f", parameters=_of({"type": "string"}))
    tools = CompiledTools([first, {"name": "f", "parameters": _of({"type": "integer"})}])
    assert tools.repeated == ["f"]
    gold = [{"name": "f", "arguments": {"x": "a"}}]
    assert score_turn(gold, gold, tools).score == 1.0
