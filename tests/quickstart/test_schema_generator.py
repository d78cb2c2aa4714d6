"""Construction over tools that nobody prepared anything for."""

from collections.abc import Callable
from random import Random

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttpa.errors import ModelError
from ttpa.quickstart.schema_generator import SchemaGenerator
from ttpa.quickstart.schema_values import draw_value
from ttpa.records.discards import Discard
from ttpa.records.instructions import Instruction
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
    {"type": "array", "items": {"type": "boolean"}, "minItems": 2},
    {"type": "object", "properties": {"a": {"enum": [1, "b"]}, "day": {"type": "string", "format": "date"}}},
    {"anyOf": [{"type": "null"}, {"type": "string"}]},
    {"type": ["null", "integer"]},
    {"const": 7},
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
    later = [call for one in instructions for step in one.steps[1:] for call in step.calls]
    assert any(str(call.arguments.get("shop_id", "")).endswith("77") for call in later)  # as an earlier result told


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
@given(st.integers(0, 1000))
def test_values_keep_to_their_schema(schema: JsonObject, seed: int) -> None:
    assert jsonschema_rs.is_valid(schema, draw_value(Random(seed), "thing", schema))


def test_other_messages_are_refused() -> None:
    with pytest.raises(ModelError, match="answers the requests of construction"):
        SchemaGenerator().chat([UserMessage(content="Hello")], seed=1)
