"""Which recursive schemas check a value more often the deeper it is nested."""

import pytest

from ttpa.records.record import JsonObject, JsonValue
from ttpa.records.schema_growth import find_growth

_JSON: JsonObject = {
    "anyOf": [
        {"type": "string"},
        {"type": "array", "items": {"$ref": "#/$defs/Json"}},
        {"type": "object", "additionalProperties": {"$ref": "#/$defs/Json"}},
    ]
}
_NAMED: list[JsonValue] = [{"$ref": f"#/$defs/{name}"} for name in ("And", "Or", "Not", "Is")]


def _one(schema: JsonValue) -> JsonObject:
    return {"$ref": "#/$defs/One", "$defs": {"One": schema}}


def _has(name: str, schema: JsonValue) -> JsonObject:
    return {"type": "object", "properties": {name: schema}}


def _items(schema: JsonValue) -> JsonObject:
    return {"type": "array", "items": schema}


_ONE: JsonObject = {"$ref": "#/$defs/One"}
_TWO: JsonObject = {"$ref": "#/$defs/Two"}


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"value": {"$ref": "#/$defs/Json"}}, "$defs": {"Json": _JSON}},
        _one({"anyOf": [_has("and", _items(_ONE)), _has("or", _items(_ONE)), _has("field", {"type": "string"})]}),
        {
            "properties": {"filter": {"anyOf": _NAMED}},
            "$defs": {
                "And": _has("and", _items({"anyOf": _NAMED})),
                "Or": _has("or", _items({"anyOf": _NAMED})),
                "Not": _has("not", {"anyOf": _NAMED}),
                "Is": {"type": "string"},
            },
        },
        _one({"properties": {"left": _ONE}, "additionalProperties": _ONE}),
        _one({"prefixItems": [_ONE, _ONE], "items": _ONE}),
        _one({"anyOf": [_ONE, {"items": _ONE}]}),
        {"allOf": [_has("a", _JSON), _has("a", _JSON)], "$defs": {"Json": _JSON}},
    ],
)
def test_what_meets_each_place_of_a_value_once_is_bounded(schema: JsonObject) -> None:
    assert find_growth(schema) is None


@pytest.mark.parametrize(
    "schema",
    [
        _one({"anyOf": [_items(_ONE), _items(_ONE)]}),
        _one({"anyOf": [_has("children", _items(_ONE)), _has("children", _items(_ONE))]}),
        _one({"anyOf": [_has("a", _ONE), _has("a", _has("a", _ONE))]}),
        _one({"properties": {"a": _ONE}, "patternProperties": {"^a": _ONE}}),
        _one({"anyOf": [_has("a", _ONE), {"additionalProperties": _ONE}]}),
        _one({"items": _ONE, "contains": _ONE}),
        {"$ref": "#/$defs/One", "$defs": {"One": {"anyOf": [_items(_TWO), _items(_TWO)]}, "Two": _items(_ONE)}},
    ],
)
def test_what_meets_one_place_in_two_ways_at_each_level_is_found(schema: JsonObject) -> None:
    assert "refers to itself more than once at one place" in str(find_growth(schema))
