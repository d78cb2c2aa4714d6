"""Verdicts that people can read."""

from typing import Any

import pytest

from ttpa.records.scores import ErrorKind
from ttpa.stages.score import CompiledTools, explain, mutate, score_turn


def test_errors_are_told_in_one_line(tools: list[dict[str, Any]], weather: dict[str, Any]) -> None:
    candidate = [{"name": "get_weather", "arguments": {"city": "Rome", "days": "3", "unit": "kelvin", "x": 1}}]
    assert explain(score_turn(candidate, [weather], tools).errors) == (
        'call 0: `city` is "Rome", "Paris" was meant'
        ' | call 0: `days` is "3", a string; an integer was due'
        ' | call 0: `unit` is "kelvin", which the schema does not allow'
        ' (enum: "kelvin" is not one of "metric" or "imperial")'
        " | call 0: `x` is not an argument of the tool"
    )


def test_a_right_turn_is_right() -> None:
    assert explain(()) == "right"


@pytest.mark.parametrize(
    ("given", "meant", "told"),
    [
        (["a"], ["a", "b"], 'call 0: `tags[1]` is missing, "b" was meant'),
        (["a", "b"], ["a"], 'call 0: `tags[1]` is "b", one element too many'),
        (["a", None], ["a"], "call 0: `tags[1]` is null, one element too many"),
        (["a"], ["a", None], "call 0: `tags[1]` is missing, null was meant"),
        (["a", None], ["a", "b"], 'call 0: `tags[1]` is null, "b" was meant'),
    ],
)
def test_an_array_that_is_too_short_or_too_long_is_told_so(
    given: list[str | None], meant: list[str | None], told: str
) -> None:
    properties = {"tags": {"type": "array", "items": {"type": ["string", "null"]}}}
    tools = [{"name": "find", "parameters": {"type": "object", "properties": properties}}]
    candidate, reference = ([{"name": "find", "arguments": {"tags": tags}}] for tags in (given, meant))
    assert explain(score_turn(candidate, reference, tools).errors) == told


def test_every_kind_of_error_has_words(
    tools: list[dict[str, Any]], weather: dict[str, Any], booking: dict[str, Any]
) -> None:
    told: set[ErrorKind] = set()
    for reference in ([weather, booking], []):
        for mutant in mutate(reference, CompiledTools(tools), seed=0):
            errors = score_turn(mutant.calls, reference, tools).errors
            line = explain(errors)
            assert line
            assert "\n" not in line
            told |= {error.kind for error in errors}
    assert told == set(ErrorKind)


def test_of_very_many_errors_the_rest_is_counted(tools: list[dict[str, Any]], weather: dict[str, Any]) -> None:
    assert explain(score_turn([weather] * 21, [], tools).errors).endswith("and 13 more errors")
