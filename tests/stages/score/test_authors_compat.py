"""The released formula, at the reference values of METHOD 3."""

from typing import Any

import pytest

from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.score import authors_score, authors_turn_score

_WEATHER = ToolSpec(
    name="get_weather",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"type": "string"}},
        "required": ["city", "days"],
    },
)
_HOTELS = ToolSpec(
    name="get_hotels",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
    },
)
_TOOLS = {tool.name: tool for tool in (_WEATHER, _HOTELS)}
_GOLD = ToolCall(name="get_weather", arguments={"city": "Paris", "days": 3, "unit": "metric"})


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"city": "Paris", "days": 3, "unit": "metric"}, 1.0),
        ({"city": "Paris", "days": 5, "unit": "metric"}, 0.939394),
        ({"city": "Oslo", "days": 5, "unit": "kelvin"}, 0.818182),
        ({"city": "Paris", "unit": "metric"}, 0.848485),
        ({"city": "Paris", "days": 3}, 0.848485),
        ({"unit": "metric"}, 0.696970),
        ({"city": "Paris", "days": 3, "unit": "metric", "note": "x"}, 0.886364),
        ({"city": "Paris", "days": "3", "unit": "metric"}, 0.878788),
        ({"city": "paris", "days": 3, "unit": "metric"}, 0.969697),
        ({"city": "", "days": 3, "unit": "metric"}, 0.969697),
        ({"city": "Paris", "days": True, "unit": "metric"}, 0.939394),
        ({"x": 1, "y": 2, "z": 3}, 0.545455),
        ({}, 0.0),
    ],
)
def test_the_released_formula_gives_its_known_values(arguments: dict[str, Any], expected: float) -> None:
    candidate = ToolCall(name="get_weather", arguments=arguments)
    assert authors_score(candidate, _GOLD, _TOOLS) == pytest.approx(expected, abs=5e-7)


def test_the_released_formula_pardons_a_wrong_tool_in_part() -> None:
    candidate = ToolCall(name="get_hotels", arguments={"city": "Paris", "days": 3})
    assert authors_score(candidate, _GOLD, _TOOLS) == pytest.approx(0.575758, abs=5e-7)


def test_a_schema_that_allows_anything_has_no_class() -> None:
    tool = ToolSpec(name="note", parameters={"type": "object", "properties": {"text": True}})
    gold = ToolCall(name="note", arguments={"text": "x"})
    untyped = ToolSpec(name="note", parameters={"type": "object", "properties": {"text": {}}})
    assert authors_score(gold, gold, {"note": tool}) == authors_score(gold, gold, {"note": untyped}) == 9 / 11


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"properties": {"a": "string"}}, 9 / 11),
        ({"properties": {"a": ["string"]}}, 9 / 11),
        ({"properties": {"a": {"type": "string"}}, "required": True}, 1.0),
        ({"properties": {"a": {"type": "string"}}, "required": ["a", ["a"], 3]}, 1.0),
        ({"properties": {"a": {"type": "string"}}, "required": "a"}, 1.0),
        ({"properties": None}, 8 / 11),
        ({"properties": ["a"], "required": None}, 8 / 11),
    ],
)
def test_what_is_no_json_schema_counts_as_empty(parameters: dict[str, Any], expected: float) -> None:
    gold = ToolCall(name="f", arguments={"a": "x"})
    assert authors_score(gold, gold, {"f": ToolSpec(name="f", parameters=parameters)}) == pytest.approx(expected)


def test_the_released_formula_knows_calls_without_arguments_and_no_call() -> None:
    empty = ToolCall(name="get_weather", arguments={})
    assert authors_score(empty, empty, _TOOLS) == 1.0
    assert authors_score(ToolCall(name="get_hotels", arguments={}), empty, _TOOLS) == 0.0
    assert authors_score(None, _GOLD, _TOOLS) == 0.0


def test_a_turn_is_worth_the_mean_of_its_matched_calls() -> None:
    other = ToolCall(name="get_hotels", arguments={"city": "Oslo", "days": 2})
    near = ToolCall(name="get_weather", arguments={"city": "Paris", "days": 5, "unit": "metric"})
    tools = tuple(_TOOLS.values())
    assert authors_turn_score([other, near], [_GOLD, other], tools) == pytest.approx((0.939394 + 1) / 2, abs=5e-7)
    assert authors_turn_score([near], [_GOLD, other], tools) == pytest.approx(0.939394 / 2, abs=5e-7)
    assert authors_turn_score([], [], tools) == 1.0
    assert authors_turn_score([near], [], tools) == authors_turn_score([], [_GOLD], tools) == 0.0
    assert authors_turn_score(None, [], tools) == 0.0
