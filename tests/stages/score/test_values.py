"""When a value is right."""

from typing import Any

import pytest

from ttpa.stages.score import score_turn
from ttpa.stages.score.values import fold, is_same


@pytest.mark.parametrize(
    ("value", "other", "same"),
    [
        (3, 3.0, True),
        (1, True, False),
        (0.0, False, False),
        ([1], [True], False),
        ({"a": 0}, {"a": False}, False),
        (True, True, True),
        (None, None, True),
        (None, 0, False),
        ("3", 3, False),
        (10**30, 1e30, False),
        ([1, 2], [2, 1], False),
        ({"a": 1, "b": [2.0]}, {"b": [2], "a": 1.0}, True),
    ],
)
def test_values_are_equal_as_json_values(value: Any, other: Any, same: bool) -> None:
    assert is_same(value, other) is same
    assert is_same(other, value) is same


@pytest.mark.parametrize(
    ("value", "other"),
    [("New York", "new york"), ("2026-03-02", "2026/03/02"), ("it's", 'it"s'), ("a_b*c^d", "A.B,C-D"), (["X"], ["x"])],
)
def test_folded_strings_differ_in_case_spaces_marks_and_quotes_without_harm(value: Any, other: Any) -> None:
    assert is_same(value, other, "folded")
    assert not is_same(value, other)


def test_folding_keeps_letters_and_digits() -> None:
    assert fold("Rue d'Été, 12") == 'rued"été12'


def _score(candidate: Any, reference: Any, schema: Any, **options: Any) -> tuple[float, list[str]]:
    tools = [{"name": "f", "parameters": {"type": "object", "properties": {"x": schema, "y": {"type": "integer"}}}}]
    verdict = score_turn(
        [{"name": "f", "arguments": candidate}], [{"name": "f", "arguments": reference}], tools, **options
    )
    return verdict.score, [error.kind.value for error in verdict.errors]


def test_a_folded_value_is_as_valid_as_the_one_it_stands_for() -> None:
    schema = {"type": "string", "enum": ["New York", "Oslo"]}
    assert _score({"x": "new york"}, {"x": "New York"}, schema, strings="folded") == (1.0, [])
    assert _score({"x": "new york"}, {"x": "New York"}, schema)[1] == ["invalid_value"]


def test_any_acceptable_value_is_right_and_an_empty_string_among_them_allows_omission() -> None:
    acceptable = [{"f": {"x": ["NYC", "New York"], "y": [1, 2, ""]}}]
    schema = {"type": "string"}
    assert _score({"x": "New York", "y": 2}, {"x": "NYC", "y": 1}, schema, acceptable=acceptable) == (1.0, [])
    assert _score({"x": "NYC"}, {"x": "NYC", "y": 1}, schema, acceptable=acceptable) == (1.0, [])
    assert _score({"x": "NYC", "y": 2}, {"x": "NYC"}, schema, acceptable=acceptable) == (1.0, [])
    assert _score({"x": "NYC", "y": 3}, {"x": "NYC"}, schema, acceptable=acceptable)[1] == ["wrong_value"]
    assert _score({"y": 1}, {"x": "NYC", "y": 1}, schema, acceptable=acceptable)[1] == ["missing_optional"]


def test_an_acceptable_value_is_right_even_where_the_schema_has_a_rule_against_it() -> None:
    schema = {"type": "string", "enum": ["Gluten Free"]}
    acceptable = [{"f": {"x": ["Gluten Free", "GF"]}}]
    assert _score({"x": "GF"}, {"x": "Gluten Free"}, schema, acceptable=acceptable) == (1.0, [])
    assert _score({"x": "GFX"}, {"x": "Gluten Free"}, schema, acceptable=acceptable)[1] == ["invalid_value"]


def test_acceptable_objects_list_the_values_of_each_member() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
    acceptable = [{"f": {"x": [{"a": [1, 2], "b": ["", "z"]}]}}]
    reference = {"x": {"a": 1}}
    assert _score({"x": {"a": 2, "b": "z"}}, reference, schema, acceptable=acceptable) == (1.0, [])
    assert _score({"x": {"a": 2}}, reference, schema, acceptable=acceptable) == (1.0, [])
    assert _score({"x": {"a": 3}}, reference, schema, acceptable=acceptable)[1] == ["wrong_value"]


def test_acceptable_arrays_of_objects_do_so_too() -> None:
    schema = {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "integer"}}}}
    acceptable = [{"f": {"x": [[{"a": [1, 2]}, {"a": [3]}]]}}]
    reference = {"x": [{"a": 1}, {"a": 3}]}
    assert _score({"x": [{"a": 2}, {"a": 3}]}, reference, schema, acceptable=acceptable) == (1.0, [])
    assert _score({"x": [{"a": 2}, {"a": 2}]}, reference, schema, acceptable=acceptable)[1] == ["wrong_value"]


def test_the_alternative_that_a_value_fits_gives_its_members() -> None:
    point = {"type": "object", "properties": {"lat": {"type": "number"}}, "required": ["lat"]}
    named = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    schema = {"anyOf": [point, named, {"type": "null"}]}
    assert _score({"x": {"city": "Oslo"}}, {"x": {"city": "Oslo"}}, schema) == (1.0, [])
    assert _score({"x": None}, {"x": None}, schema) == (1.0, [])
    assert _score({"x": 3}, {"x": None}, schema)[1] == ["wrong_type"]
    assert _score({"x": None}, {"x": {"city": "Oslo"}}, schema)[1] == ["wrong_value"]
