"""Which schemas could take for ever to check, and which only look so."""

import pytest

from ttpa.records.record import JsonObject, JsonValue
from ttpa.records.schema_growth import find_growth


def test_references_that_double_are_found() -> None:
    twice: list[list[JsonValue]] = [[{"$ref": f"#/$defs/d{n + 1}"}] * 2 for n in range(40)]
    doubling: JsonObject = {f"d{n}": {"allOf": references} for n, references in enumerate(twice)}
    assert "unfold to more than" in str(find_growth({"$ref": "#/$defs/d0", "$defs": {**doubling, "d40": {}}}))


def test_references_that_double_through_lists_and_encoded_names_are_found() -> None:
    levels = [f"#/%24defs/d{n + 1}/allOf/0" for n in range(40)]
    doubling: JsonObject = {
        f"d{n}": {"allOf": [{"anyOf": [{"$ref": to}, {"$ref": to}]}]} for n, to in enumerate(levels)
    }
    last: JsonObject = {"d40": {"allOf": [{}]}}
    assert "unfold to more than" in str(find_growth({"$ref": "#/$defs/d0", "$defs": {**doubling, **last}}))


def test_an_anchor_is_refused_by_name() -> None:
    assert "'#day' names an anchor" in str(find_growth({"$ref": "#day", "$defs": {"day": {"$anchor": "day"}}}))


def test_a_reference_that_is_met_twice_at_one_place_is_found() -> None:
    twice: JsonObject = {"items": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}}
    assert find_growth(twice) == "'#' refers to itself more than once at one place"


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}},
        {"items": {"$ref": "#/$defs/a~1b"}, "$defs": {"a/b": {"type": "array", "items": {"$ref": "#/$defs/a~1b"}}}},
        {"properties": {str(n): {"$ref": "#/$defs/p"} for n in range(500)}, "$defs": {"p": {"minimum": 1}}},
        {"default": {"$ref": "#"}, "$ref": "#/nowhere"},
        {"anyOf": [{"type": "null"}, {"type": "array", "items": {"$ref": "#"}}]},
    ],
)
def test_trees_lists_and_many_members_are_bounded(schema: JsonObject) -> None:
    assert find_growth(schema) is None
