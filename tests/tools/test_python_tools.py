"""Specs from signatures and docstrings; what cannot be described is left out with the reason."""

import datetime
import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal, NotRequired

import pytest
from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from ttpa.records.record import JsonObject
from ttpa.tools.python_tools import check_schema, read_specs


class Guest(TypedDict):
    name: str
    age: NotRequired[int]


class Node(TypedDict):
    children: "list[Node]"


class Opaque:
    """A type without a JSON Schema."""


def schema_of(function: Callable[..., object]) -> JsonObject:
    [spec], _ = read_specs({function.__name__: function})
    assert check_schema(spec) is None
    return spec.parameters


def property_of(function: Callable[..., object], name: str) -> JsonValue:
    properties = schema_of(function)["properties"]
    assert isinstance(properties, dict)
    return properties[name]


def test_a_function_becomes_a_spec() -> None:
    def find_hotels(city: str, nights: int = 1, *, stars: float | None = None) -> str:
        """Find hotels in a city, also those
        that are full.

        They are sorted by price.

        Args:
            city: Name of the city.
            nights: How many nights.
        """
        return f"{city} {nights} {stars}"

    [spec], left_out = read_specs({"find_hotels": find_hotels})
    assert left_out == {}
    assert (spec.name, spec.description) == ("find_hotels", "Find hotels in a city, also those that are full.")
    assert spec.parameters == {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Name of the city."},
            "nights": {"type": "integer", "description": "How many nights.", "default": 1},
            "stars": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None},
        },
        "required": ["city"],
    }


def test_numpy_and_rest_docstrings_describe_parameters_too() -> None:
    def numpy_style(city: str) -> str:
        """Find a city.

        Parameters
        ----------
        city : str
            Its name.
        """
        return city

    def rest_style(city: str) -> str:
        """Find a city.

        :param city: Its name.
        """
        return city

    for function in (numpy_style, rest_style):
        assert property_of(function, "city") == {"type": "string", "description": "Its name."}


def test_what_an_annotation_says_of_a_parameter_is_kept() -> None:
    def find(city: Annotated[str, Field(description="Its name.", examples=["Oslo"])]) -> str:
        """Find a city."""
        return city

    assert property_of(find, "city") == {"type": "string", "description": "Its name.", "examples": ["Oslo"]}


def test_literals_are_enums_and_lists_have_items() -> None:
    def search(unit: Literal["metric", "imperial"], tags: list[str], pair: list[list[int]]) -> None:
        """Search."""

    assert property_of(search, "unit") == {"type": "string", "enum": ["metric", "imperial"]}
    assert property_of(search, "tags") == {"type": "array", "items": {"type": "string"}}
    assert property_of(search, "pair") == {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}


def test_a_typed_dict_stands_in_place_without_references() -> None:
    def book(guests: list[Guest], host: Guest) -> None:
        """Book."""

    guest = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name"],
    }
    assert property_of(book, "guests") == {"type": "array", "items": guest}
    assert property_of(book, "host") == guest


def test_a_mapping_says_what_its_values_are() -> None:
    def order(amounts: dict[str, int]) -> None:
        """Order."""

    assert property_of(order, "amounts") == {"type": "object", "additionalProperties": {"type": "integer"}}


def test_constraints_reach_the_schema() -> None:
    def forecast(days: Annotated[int, Field(ge=1, le=14)], day: datetime.date) -> None:
        """Forecast."""

    assert property_of(forecast, "days") == {"type": "integer", "maximum": 14, "minimum": 1}
    assert property_of(forecast, "day") == {"type": "string", "format": "date"}


def test_parameters_may_have_any_name() -> None:
    def export(
        title: str, json: str, schema: str, copy: bool, model_config: str, _hidden: int, properties: str
    ) -> None:
        """Export."""

    names = ["title", "json", "schema", "copy", "model_config", "_hidden", "properties"]
    assert schema_of(export)["required"] == names
    assert property_of(export, "title") == {"type": "string"}


def test_a_default_is_kept_as_it_is() -> None:
    def make(page: dict[str, str] = {"title": "Home"}) -> None:  # noqa: B006 - never changed
        """Make a page."""

    described = property_of(make, "page")
    assert isinstance(described, dict)
    assert described["default"] == {"title": "Home"}


def test_a_function_without_parameters_takes_an_empty_object() -> None:
    def now() -> str:
        """Tell the time."""
        return ""

    assert schema_of(now) == {"type": "object", "properties": {}}


LEFT_OUT = [
    ("def bad(city: str): ...", "it has no docstring; its first paragraph is what the model reads"),
    ("bad = partial(print, 'Oslo')", "it is of the type 'partial'; a function was due"),
    ("bad = 3", "it is of the type 'int'; a function was due"),
    ("def bad(city): 'Find.'", "'city' has no type annotation"),
    ("def bad(*cities: str): 'Find.'", "'cities' cannot be given by name"),
    ("def bad(**cities: str): 'Find.'", "'cities' cannot be given by name"),
    ("def bad(city: str, /): 'Find.'", "'city' cannot be given by name"),
    ("def bad(city: 'Nowhere'): 'Find.'", "'Nowhere' is not defined"),
    ("def bad(days: int, city: Opaque): 'Find.'", "its parameter 'city' has a type without a JSON Schema"),
    ("def bad(city: Callable[[], None]): 'Find.'", "its parameter 'city' has a type without a JSON Schema"),
    ("def bad(city: Node): 'Find.'", "its parameter 'city' is of the type 'Node', which holds itself"),
    ("def bad(city: Annotated[str, Field(pattern='(')]): 'Find.'", "its parameter 'city' has a type .*unclosed group"),
]


@pytest.mark.parametrize(("source", "reason"), LEFT_OUT)
def test_what_cannot_be_described_is_left_out_with_the_reason_and_the_rest_is_not(source: str, reason: str) -> None:
    def find(city: str) -> str:
        """Find a city."""
        return city

    names: dict[str, Callable[..., object]] = {}
    known = {"Opaque": Opaque, "Node": Node, "Callable": Callable, "Annotated": Annotated, "Field": Field}
    exec(source, {**known, "partial": partial}, names)
    specs, left_out = read_specs({"bad": names["bad"], "find": find})
    assert [spec.name for spec in specs] == ["find"]
    assert re.search(f"(?s){reason}", left_out["bad"])
