"""Plans and the constraints that carry them."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttpa.errors import ModelError
from ttpa.quickstart.generator.knowledge import ENTRIES
from ttpa.quickstart.generator.plan import Plan, PlannedCall, Reading, read_facts, write_facts
from ttpa.quickstart.generator.planning import draw_plan

shown_tools = st.lists(st.sampled_from(sorted(ENTRIES)), min_size=2, max_size=10, unique=True)
seeds = st.integers(min_value=0, max_value=2**32)


def _draw(names: list[str], seed: int, low: int = 2, high: int = 4) -> Plan:
    return draw_plan(Random(seed), [ENTRIES[name] for name in names], low, high)


@given(shown_tools, seeds)
def test_a_plan_comes_back_from_its_constraints(names: list[str], seed: int) -> None:
    plan = _draw(names, seed)
    assert read_facts(write_facts(plan)) == plan


@given(shown_tools, seeds, st.integers(2, 4), st.integers(0, 2))
def test_a_plan_has_as_many_calls_as_wanted_and_two_tools(names: list[str], seed: int, low: int, more: int) -> None:
    plan = _draw(names, seed, low, low + more)
    assert low <= len(plan.calls) <= low + more
    assert len({call.tool for call in plan.calls}) >= 2
    assert {call.tool for call in plan.calls} <= set(names)


@given(shown_tools, seeds)
def test_a_call_comes_after_the_calls_it_reads(names: list[str], seed: int) -> None:
    plan = _draw(names, seed)
    turn_of = {index: turn for turn, indices in enumerate(plan.turns()) for index in indices}
    assert sorted(turn_of) == list(range(len(plan.calls)))
    for index, call in enumerate(plan.calls):
        assert all(turn_of[reading.call] < turn_of[index] for reading in call.readings.values())


@given(seeds)
def test_nothing_else_uses_what_a_call_removes(seed: int) -> None:
    plan = _draw(["list_events", "cancel_event", "move_event", "invite_people"], seed)
    readers = [call.tool for call in plan.calls if call.readings]
    assert "cancel_event" not in readers or len(readers) == 1


@given(seeds)
def test_nothing_else_is_asked_of_what_a_call_removes(seed: int) -> None:
    plan = _draw(["cancel_event", "move_event", "invite_people"], seed)
    removed = [call.given.get("event_id") for call in plan.calls if call.tool == "cancel_event"]
    others = [call.given.get("event_id") for call in plan.calls if call.tool != "cancel_event"]
    assert not set(removed) & set(others)


def test_one_tool_alone_is_called_twice_with_other_values() -> None:
    plan = _draw(["get_weather"], 1)
    assert [call.tool for call in plan.calls] == ["get_weather"] * len(plan.calls)
    assert plan.calls[0].given != plan.calls[1].given


def test_constraints_are_readable() -> None:
    calls = (
        PlannedCall("find_hotels", {"city": "Lisbon"}, {}),
        PlannedCall("book_hotel", {"check_in": "2026-05-03", "nights": 2}, {"hotel_id": Reading(0, "last")}),
        PlannedCall("get_weather", {"city": "Porto"}, {}),
        PlannedCall("get_weather", {"city": "Faro"}, {}),
    )
    assert write_facts(Plan(calls, one_by_one=True)) == [
        'find_hotels.city = "Lisbon"',
        'book_hotel.check_in = "2026-05-03"',
        "book_hotel.nights = 2",
        "book_hotel.hotel_id <- last of find_hotels",
        'get_weather.city = "Porto"',
        'get_weather (2).city = "Faro"',
        "One thing after the other.",
    ]


@pytest.mark.parametrize("constraint", ["It is May.", "find_hotels.city = Lisbon", "book_hotel.hotel_id <- nowhere"])
def test_foreign_constraints_are_refused(constraint: str) -> None:
    with pytest.raises(ModelError, match="offline generator"):
        read_facts([constraint])
