"""Specs from signatures and docstrings; what cannot be described is refused by the tool's name."""

import datetime
from collections.abc import Callable
from typing import Annotated, Literal, NotRequired

import pytest
from pydantic import Field, JsonValue
from typing_extensions import TypedDict

from ttpa.errors import ToolError
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
    [spec] = read_specs({function.__name__: function})
    assert check_schema(spec) is None
    return spec.parameters


def property_of(function: Callable[..., object], name: str) -> JsonValue:
    properties = schema_of(function)["properties"]
    assert isinstance(properties, dict)
    return properties[name]


def test_a_function_becomes_a_spec() -> None:
    def find_hotels(city: str, nights: int = 1, *, stars: float | None = None) -> str:
        """Find hotels in a city.

        They are sorted by price.

        Args:
            city: Name of the city.
            nights: How many nights.
        """
        return f"{city} {nights} {stars}"

    [spec] = read_specs({"find_hotels": find_hotels})
    assert (spec.name, spec.description) == ("find_hotels", "Find hotels in a city.")
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


REFUSED = [
    ("def bad(city: str): ...", "has no docstring"),
    ("def bad(city): 'Find.'", "'city' has no type annotation"),
    ("def bad(*cities: str): 'Find.'", "'cities' cannot be given by name"),
    ("def bad(**cities: str): 'Find.'", "'cities' cannot be given by name"),
    ("def bad(city: str, /): 'Find.'", "'city' cannot be given by name"),
    ("def bad(city: 'Nowhere'): 'Find.'", "'Nowhere' is not defined"),
    ("def bad(city: Opaque): 'Find.'", "without a JSON Schema"),
    ("def bad(city: Callable[[], None]): 'Find.'", "without a JSON Schema"),
    ("def bad(city: Node): 'Find.'", "'Node' holds itself"),
    ("def bad(city: Annotated[str, Field(pattern='(')]): 'Find.'", "unclosed group"),
]


@pytest.mark.parametrize(("source", "reason"), REFUSED)
def test_what_cannot_be_described_is_refused_by_the_tools_name(source: str, reason: str) -> None:
    names: dict[str, Callable[..., object]] = {}
    exec(source, {"Opaque": Opaque, "Node": Node, "Callable": Callable, "Annotated": Annotated, "Field": Field}, names)
    with pytest.raises(ToolError, match=f"(?s)tool 'bad'.*{reason}"):
        read_specs({"bad": names["bad"]})
