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


def test_an_accent_is_the_same_however_it_is_written() -> None:
    joined, apart = "M\u00e1laga", "Ma\u0301laga"
    assert joined != apart
    assert is_same({"city": [joined]}, {"city": [apart]})
    assert is_same(joined.upper(), apart, "folded")
    assert not is_same("Malaga", apart)


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


_GUEST = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "minimum": 0},
        "kind": {"type": "string", "enum": ["adult", "child"]},
        "friend": {"anyOf": [{"$ref": "#/$defs/Guest"}, {"type": "null"}]},
    },
    "required": ["name"],
}
_ANN = {"name": "Ann", "age": 41, "kind": "adult"}


def _errors(candidate: Any, reference: Any, schema: Any) -> tuple[float, list[tuple[str, str | None]]]:
    """The score, and kind and place of each error."""
    parameters = {"type": "object", "properties": {"g": schema}, "$defs": {"Guest": _GUEST}}
    calls = [[{"name": "f", "arguments": {"g": value}}] for value in (candidate, reference)]
    verdict = score_turn(calls[0], calls[1], [{"name": "f", "parameters": parameters}])
    return verdict.score, [(error.kind.value, error.path) for error in verdict.errors]


@pytest.mark.parametrize(
    ("guest", "score", "errors"),
    [
        (_ANN, 1.0, []),
        ({**_ANN, "kind": "vip"}, 0.939393939394, [("invalid_value", "$.g.kind")]),
        (
            {**_ANN, "kind": "vip", "age": 40},
            0.878787878788,
            [("wrong_value", "$.g.age"), ("invalid_value", "$.g.kind")],
        ),
        (
            {"name": "Bo", "kind": "vip", "age": -1},
            0.818181818182,
            [("wrong_value", "$.g.name"), ("invalid_value", "$.g.age"), ("invalid_value", "$.g.kind")],
        ),
        ({"name": "Ann", "age": "41", "kind": "adult"}, 0.878787878788, [("wrong_type", "$.g.age")]),
        ({**_ANN, "friend": {"name": "Bo", "age": -1}}, 0.954545454545, [("extra_argument", "$.g.friend")]),
    ],
)
def test_an_object_that_may_be_null_is_graded_by_what_it_holds(guest: Any, score: float, errors: Any) -> None:
    reference, null = {"$ref": "#/$defs/Guest"}, {"type": "null"}
    nested = {"oneOf": [{"anyOf": [reference, {"type": "integer"}]}, null]}
    for schema in (
        reference,
        {"anyOf": [reference, null]},
        {"anyOf": [null, reference]},
        {"oneOf": [reference]},
        nested,
    ):
        assert _errors(guest, _ANN, schema) == (score, errors)
    arrays = {"anyOf": [null, {"type": "array", "items": {"anyOf": [reference, null]}}]}
    assert _errors([guest], [_ANN], arrays) == (
        score,
        [(kind, place.replace("$.g", "$.g[0]")) for kind, place in errors],
    )


def test_an_object_that_holds_one_of_its_own_kind_is_graded_all_the_way_down() -> None:
    reference = {**_ANN, "friend": {**_ANN, "friend": {"name": "Bo", "friend": None}}}
    schema = {"anyOf": [{"$ref": "#/$defs/Guest"}, {"type": "null"}]}
    assert _errors(reference, reference, schema) == (1.0, [])
    wrong = {**_ANN, "friend": {**_ANN, "friend": {"name": 3, "age": -1, "friend": None}}}
    expected = [("wrong_type", "$.g.friend.friend.name"), ("extra_argument", "$.g.friend.friend.age")]
    assert _errors(wrong, reference, schema)[1] == expected


def test_a_rule_on_the_whole_of_an_alternative_counts_as_it_does_without_the_others() -> None:
    schema = {"type": "array", "items": {"type": "integer"}, "maxItems": 2}
    plain, nullable = (_errors([1, 3, 4], [1, 2], each) for each in (schema, {"anyOf": [schema, {"type": "null"}]}))
    assert plain == nullable
    assert plain[1] == [("invalid_value", "$.g")]


def test_of_several_alternatives_the_one_that_was_meant_counts() -> None:
    def animal(kind: str, **more: Any) -> dict[str, Any]:
        members = {"kind": {"const": kind}, "name": {"type": "string"}, **more}
        return {"type": "object", "properties": members, "required": [*members]}

    cat = animal("cat", lives={"type": "integer", "maximum": 9})
    dog = animal("dog", age={"type": "integer", "minimum": 0})
    for schema in ({"anyOf": [cat, dog]}, {"oneOf": [dog, cat]}):
        rex = {"kind": "dog", "name": "Rex", "age": 3}
        assert _errors(rex, rex, schema) == (1.0, [])
        assert _errors({**rex, "age": -1}, rex, schema)[1] == [("invalid_value", "$.g.age")]
        assert _errors({**rex, "age": "3"}, rex, schema)[1] == [("wrong_type", "$.g.age")]
        assert _errors({**rex, "kind": "cow"}, rex, schema)[1] == [("invalid_value", "$.g.kind")]
        assert _errors({"kind": "cat", "name": "Rex", "lives": 9}, rex, schema)[1] == [
            ("wrong_value", "$.g.kind"),
            ("missing_required", "$.g.age"),
            ("unknown_argument", "$.g.lives"),
        ]
