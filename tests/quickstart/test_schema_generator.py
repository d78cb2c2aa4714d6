"""Construction over tools that nobody prepared anything for."""

import json
import math
from collections.abc import Callable
from random import Random
from zoneinfo import available_timezones

import jsonschema_rs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import JsonValue

from ttpa.errors import ModelError
from ttpa.quickstart.schema_generator import SchemaGenerator
from ttpa.quickstart.schema_values import draw_value
from ttpa.records.discards import Discard
from ttpa.records.instructions import Instruction
from ttpa.records.json_shapes import objects_in
from ttpa.records.messages import UserMessage
from ttpa.records.record import JsonObject
from ttpa.stages.construct import ConstructConfig, construct, describe, plan_construction
from ttpa.tools.python_toolset import PythonToolset

TOOLS = """
    from enum import StrEnum

    class Colour(StrEnum):
        RED = "red"
        BLUE = "blue"

    def find_shop(city: str, is_open: bool = True) -> dict[str, str]:
        '''Finds a shop in a city.'''
        return {"shop_id": f"S{len(city)}77", "city": city}

    def list_paints(shop_id: str, colour: Colour, litres: float = 1.0) -> list[str]:
        '''Lists the paints of a shop.'''
        return [f"{colour} paint of {shop_id}"]

    def order_paint(shop_id: str, cans: int, notes: list[str]) -> dict[str, object]:
        '''Order paint from a shop.'''
        if cans > 90:
            raise ValueError("too many cans")
        return {"order_id": f"O{cans}", "total": cans * 3}

    def track_order(order_id: str) -> str:
        '''Tracks an order.'''
        return "on its way"
"""
SCHEMAS: list[JsonObject] = [
    {"type": "integer", "minimum": 3, "maximum": 5},
    {"type": "number", "minimum": 0.5, "maximum": 0.9},
    {"type": "number", "minimum": 0.21, "maximum": 0.25},
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.1},
    {"type": "integer", "maximum": -10},
    {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 3},
    {"type": "integer", "minimum": 1, "exclusiveMaximum": 1.5},
    {"type": "integer", "minimum": 2**53 + 1, "maximum": 2**53 + 1},
    {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 1},
    {"type": "array", "items": {"type": "boolean"}, "minItems": 2},
    {"type": "object", "properties": {"a": {"enum": [1, "b"]}, "day": {"type": "string", "format": "date"}}},
    {"anyOf": [{"type": "null"}, {"type": "string"}]},
    {
        "properties": {"name": {"type": "string"}, "number": {"type": "integer"}},
        "anyOf": [{"required": ["name"]}, {"required": ["number"]}],
    },
    {
        "allOf": [
            {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]},
            {"properties": {"all": {"type": "boolean"}}, "required": ["all"]},
        ]
    },
    {"type": ["null", "integer"]},
    {"const": 7},
    {"type": "string", "pattern": r"^\d{5}$"},
    {"type": "string", "pattern": r"^[A-Z]{2,3}-\d+(\.[0-9a-f]{2})?$", "maxLength": 12},
    {"type": "string", "pattern": r"^(?:north|south)(?<side>east|west)?$"},
    {"type": "string", "pattern": r"^\+?[^\W_]+@[\w.-]+?\.(com|org)\/$", "minLength": 20},
    {"type": "string", "pattern": "^é.é$"},
    {"type": "string", "pattern": "Lisbon|^[A-Z]"},
    {"type": "string", "minLength": 12},
    {"type": "string", "minLength": 2, "maxLength": 3},
    {"type": "string", "maxLength": 1},
    *({"type": "string", "format": form} for form in ("uuid", "duration", "ipv4", "ipv6", "hostname", "email", "uri")),
    {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False, "minItems": 2},
    {"type": "array", "prefixItems": [{"type": "boolean"}], "items": {"type": "integer"}, "minItems": 3, "maxItems": 3},
]


def test_instances_over_any_tools_are_right_by_construction(write_tools: Callable[[str], str]) -> None:
    config = ConstructConfig(instances=60, max_calls=3, unseen_share=0.0, no_call_share=0.2)
    with PythonToolset(write_tools(TOOLS)) as toolset:
        plans = plan_construction(toolset.specs, config, seed=1)
        made = [construct(plan, generator=SchemaGenerator(), toolset=toolset, config=config) for plan in plans]
        again = [construct(plan, generator=SchemaGenerator(), toolset=toolset, config=config) for plan in plans]
    assert made == again
    instructions = [one for one in made if isinstance(one, Instruction)]
    reasons = {one.reason.value for one in made if isinstance(one, Discard)}
    assert len(instructions) >= 45
    assert reasons <= {"failed_execution"}
    facts = describe(instructions).facts()
    assert facts["grounded"] == "100.0 %"
    assert facts["questions that name a tool"] == "0"
    first_words = {
        one.question.removeprefix("I want you to ").removeprefix("Could you ").removeprefix("Please ").split()[0]
        for one in instructions
    }
    assert first_words == {"find", "list", "order", "track"}
    later = [call for one in instructions for step in one.steps[1:] for call in step.calls]
    assert any(str(call.arguments.get("shop_id", "")).endswith("77") for call in later)  # as an earlier result told


def test_the_question_tells_which_calls_stand_in_one_turn(write_tools: Callable[[str], str]) -> None:
    config = ConstructConfig(instances=60, max_calls=4, unseen_share=0.0, no_call_share=0.0, retries=0)
    with PythonToolset(write_tools(TOOLS)) as toolset:
        plans = plan_construction(toolset.specs, config, seed=2)
        made = [construct(plan, generator=SchemaGenerator(), toolset=toolset, config=config) for plan in plans]
    found: dict[str, list[list[int]]] = {}
    for plan, one in zip(plans, made, strict=True):
        if isinstance(one, Instruction):
            turns = [len(step.calls) for step in one.steps]
            assert [len(turn.split(" and ")) for turn in one.question.split(", then ")] == turns
            found.setdefault(plan.shape, []).append(turns)
    assert all(turns == [sum(turns)] for turns in found["side by side"])
    assert all(set(turns) == {1} for turns in found["chain"])
    assert {len(turns) for turns in found["free"]} == {1, 2, 3, 4}


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@given(st.integers(0, 1000))
def test_values_keep_to_their_schema(schema: JsonObject, seed: int) -> None:
    assert jsonschema_rs.is_valid(schema, draw_value(Random(seed), "thing", schema), validate_formats=True)


def test_what_stands_beside_alternatives_says_what_the_value_is_of() -> None:
    schema: JsonObject = {"description": "A carrier, such as 'Mule'.", "anyOf": [{"type": "string"}, {"type": "null"}]}
    assert draw_value(Random(1), "thing", schema) == "Mule"


def test_a_pattern_that_cannot_be_drawn_gets_a_usual_value() -> None:
    usual = draw_value(Random(1), "thing", {"type": "string"})
    for pattern in (r"^(?=.*\d)\w{8}$", r"^(\w)\1$", "^$"):
        assert draw_value(Random(1), "thing", {"type": "string", "pattern": pattern}) == usual


BOUNDS = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9)


@given(
    st.sampled_from(["integer", "number"]),
    st.fixed_dictionaries({}, optional={"minimum": BOUNDS, "exclusiveMinimum": BOUNDS}),
    st.fixed_dictionaries({}, optional={"maximum": BOUNDS, "exclusiveMaximum": BOUNDS}),
    st.integers(0, 1000),
)
def test_numbers_keep_to_any_bounds_that_allow_one(
    kind: str, lows: dict[str, float], highs: dict[str, float], seed: int
) -> None:
    if lows and highs:
        assume(math.floor(max(lows.values())) + 1 < min(highs.values()))
    schema: JsonObject = {"type": kind, **lows, **highs}
    assert jsonschema_rs.is_valid(schema, draw_value(Random(seed), "thing", schema))


def test_a_maximum_alone_makes_no_number_negative() -> None:
    schema: JsonObject = {"type": "integer", "maximum": 50}
    drawn = [draw_value(Random(seed), "thing", schema) for seed in range(200)]
    assert all(isinstance(value, int) and 1 <= value <= 50 for value in drawn)


def test_other_messages_are_refused() -> None:
    with pytest.raises(ModelError, match="answers the requests of construction"):
        SchemaGenerator().chat([UserMessage(content="Hello")], seed=1)


def ask_calls(failed: list[JsonValue]) -> list[JsonObject]:
    find: JsonObject = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    track: JsonObject = {"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]}
    payload: JsonObject = {
        "task": "calls",
        "scenario": {
            "situation": "Somebody wants to find a town and track a parcel.",
            "constraints": ['find: city = "Oslo"', 'track: order_id = "A1"'],
            "tools": ["find", "track"],
        },
        "tools": [{"name": "find", "parameters": find}, {"name": "track", "parameters": track}],
        "memory": [],
        "calls_wanted": [1, 2],
        "failed": failed,
    }
    reply = SchemaGenerator().chat([UserMessage(content=json.dumps(payload))], seed=3)
    return objects_in(json.loads(reply.text)["calls"])


def test_a_call_that_failed_is_tried_with_another_value_and_then_left_out() -> None:
    track: JsonObject = {"name": "track", "arguments": {"order_id": "A1"}}
    tried: JsonValue = {"calls": [{"name": "find", "arguments": {"city": "Oslo"}}, track], "why": "find: no such city"}
    assert ask_calls([]) == [{"name": "find", "arguments": {"city": "Oslo"}}, track]
    [again, beside] = ask_calls([tried])
    assert again["name"] == "find"
    assert again["arguments"] != {"city": "Oslo"}
    assert beside == track
    assert ask_calls([tried, tried]) == [track]


BROKEN_SHOP = """
    def find_shop(city: str) -> dict[str, str]:
        '''Finds a shop in a city.'''
        return {"shop": f"S{len(city)}77"}

    def book_room(guests: int) -> dict[str, str]:
        '''Books a room for some guests.'''
        return {"room": f"R{guests}"}

    def weigh_parcel(parcel: str) -> dict[str, int]:
        '''Weighs a parcel.'''
        return {"grams": 70 * len(parcel)}

    def rent_car(plate: str) -> str:
        '''Rents a car with a plate.'''
        raise ValueError("out of order")
"""


@pytest.mark.parametrize("shape", ["chain", "free", "side by side"])
def test_a_tool_that_always_fails_is_left_out_wherever_it_stands(write_tools: Callable[[str], str], shape: str) -> None:
    config = ConstructConfig(instances=90, max_calls=4, unseen_share=0.0, no_call_share=0.0)
    places: set[int] = set()
    with PythonToolset(write_tools(BROKEN_SHOP)) as toolset:
        for plan in plan_construction(toolset.specs, config, seed=3):
            if plan.shape != shape or plan.calls < 3:
                continue
            made = construct(plan, generator=SchemaGenerator(), toolset=toolset, config=config)
            assert isinstance(made, Instruction), made
            assert made.scenario is not None
            wanted = list(made.scenario.tools)
            places |= {wanted.index("rent_car")} if "rent_car" in wanted else set()
            assert [call.name for step in made.steps for call in step.calls] == [n for n in wanted if n != "rent_car"]
    assert places >= {0, 1, 2}


@pytest.mark.parametrize(("name", "told"), [("timezone", ""), ("from_zone", "IANA timezone"), ("zone", "A time zone.")])
def test_time_zones_are_real_ones(name: str, told: str) -> None:
    zones = {str(draw_value(Random(seed), name, {"type": "string", "description": told})) for seed in range(50)}
    assert len(zones) > 30
    assert zones <= available_timezones()
