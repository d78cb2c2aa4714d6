"""Schemas with their references in place: the same values fit, and what cannot be put in place stays whole."""

from random import Random

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttpa.quickstart.schema_values import draw_arguments
from ttpa.records.record import JsonObject, JsonValue
from ttpa.tools.schema_references import put_in_place

PLACE: JsonObject = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "$ref": {"type": "integer"}},
    "required": ["city"],
    "additionalProperties": False,
}
NODE: JsonObject = {
    "type": "object",
    "properties": {
        "label": {"type": "string"},
        "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
        "twin": {"$ref": "#/$defs/Node"},
    },
    "required": ["label", "next", "parts"],
}
DEFINITIONS: JsonObject = {"Place": PLACE, "Way": {"type": "array", "items": {"$ref": "#/$defs/Place"}, "minItems": 1}}


def taking(value: JsonObject, **definitions: JsonValue) -> JsonObject:
    return {"type": "object", "properties": {"x": value}, "required": ["x"], "$defs": {**DEFINITIONS, **definitions}}


def test_what_a_schema_refers_to_stands_in_its_place() -> None:
    way = taking({"$ref": "#/$defs/Way", "description": "Where to"})
    assert put_in_place(way) == {
        "type": "object",
        "properties": {"x": {"type": "array", "items": PLACE, "minItems": 1, "description": "Where to"}},
        "required": ["x"],
    }
    assert put_in_place({"type": "object", "$ref": "#/definitions/Place", "definitions": {"Place": PLACE}}) == PLACE


@pytest.mark.parametrize(
    "value",
    [
        {"$ref": "#/$defs/Nowhere"},
        {"$ref": "https://example.org/place.json"},
        {"$ref": "#/$defs/Place", "minProperties": 2},
        {"$id": "https://example.org/x", "$ref": "#/$defs/Own", "$defs": {"Own": {"type": "string"}}},
        {"$ref": "#/$defs/Many"},
    ],
    ids=str,
)
def test_what_cannot_be_put_in_place_stays_with_its_definitions(value: JsonObject) -> None:
    doubling: JsonObject = {
        f"D{n}": {"allOf": [{"$ref": f"#/$defs/D{n + 1}"}, {"$ref": f"#/$defs/D{n + 1}"}]} for n in range(16)
    }
    schema = taking(value, Many={"$ref": "#/$defs/D0"}, D16={"type": "string"}, **doubling)
    assert put_in_place(schema) == schema


def test_a_default_that_looks_like_a_reference_is_a_value() -> None:
    default: JsonObject = {"default": {"$ref": "#/$defs/Place"}}
    assert put_in_place(taking(default))["properties"] == {"x": default}


@pytest.mark.parametrize(
    "value",
    [{"$ref": "#/$defs/Place"}, {"anyOf": [{"$ref": "#/$defs/Way"}, {"type": "null"}]}, {"$ref": "#/$defs/Node"}],
    ids=str,
)
@given(seed=st.integers(0, 100))
def test_the_schema_generator_draws_values_that_the_first_form_allows(value: JsonObject, seed: int) -> None:
    schema = taking(value, Node=NODE)
    drawn = draw_arguments(Random(seed), {"name": "go", "parameters": put_in_place(schema)})
    assert jsonschema_rs.is_valid(schema, drawn)
