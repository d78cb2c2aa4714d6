"""Checks without a model: values come from somewhere, nothing is told too early."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from ttpa.records.instructions import Step
from ttpa.records.strict_json import canonical_json
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec
from ttpa.stages.construct.checks import find_leaked_result, find_leaked_tool, find_ungrounded

BOOK = ToolSpec(
    name="book_room",
    parameters={
        "type": "object",
        "properties": {
            "hotel": {"type": "string"},
            "nights": {"type": "integer"},
            "breakfast": {"type": "boolean"},
            "currency": {"type": "string", "default": "EUR"},
            "includeParking": {"type": "boolean"},
            "vip": {"type": "boolean"},
            "extras": {"anyOf": [{"type": "object", "additionalProperties": {"type": "integer"}}, {"type": "null"}]},
        },
    },
)


def step(result: JsonValue = None, **arguments: JsonValue) -> Step:
    content = result if isinstance(result, str) else canonical_json(result)
    return Step(
        calls=(ToolCall(name="book_room", arguments=arguments),), results=(ToolResult(content=content, ok=True),)
    )


def ungrounded(question: str, *steps: Step) -> list[str]:
    return find_ungrounded(question, steps, [BOOK])


@pytest.mark.parametrize(
    ("value", "question"),
    [
        ("Hotel Lisboa", "A room in the hotel  LISBOA, please."),
        ("sea_view", "With sea view."),
        ("2025-05-03", "From 2025-05-03 on."),
        ("C++", "A book on C++."),
        ("", "Anything."),
        (None, "Anything."),
        (3, "For 3 nights."),
        (1250, "At most 1,250 euros."),
        (2.5, "For 2.50 hours."),
        (5, "For 3-5 nights."),
        (12, "On 2025-05-12."),
        (-4, "It is -4 degrees."),
        ([1, "Ann"], "Ann and 1 more."),
        ({"name": "Ann", "pets": ["Rex"]}, "Ann with Rex."),
        ("北京", "请查询北京明天的天气"),
        ("Oslo", "查询Oslo天气"),
        ("서울", "서울에서 호텔을 찾아줘"),
    ],
)
def test_a_value_that_stands_in_the_question_is_grounded(value: JsonValue, question: str) -> None:
    assert ungrounded(question, step(hotel=value)) == []


@pytest.mark.parametrize(
    ("value", "question", "missing"),
    [
        ("Lisboa", "A room in Lisboan style.", ["hotel = Lisboa"]),
        ("上海", "请查询北京明天的天气", ["hotel = 上海"]),
        (3, "For 13 nights, room 30.", ["hotel = 3"]),
        (3, "For 3.5 hours.", ["hotel = 3"]),
        (4, "It is -4 degrees.", ["hotel = 4"]),
        ([1, 2], "Just 1.", ["hotel = 2"]),
        ({"name": "Ann", "pet": "Rex"}, "Ann.", ["hotel = Rex"]),
    ],
)
def test_a_value_that_comes_from_nowhere_is_named(value: JsonValue, question: str, missing: list[str]) -> None:
    assert ungrounded(question, step(hotel=value)) == missing


def test_a_value_may_come_from_an_earlier_result_but_not_from_its_own() -> None:
    search = step({"hotels": ["Casa Sol"]}, hotel="Lisbon")
    assert ungrounded("Rooms in Lisbon?", search, step(hotel="Casa Sol")) == []
    assert ungrounded("Rooms in Lisbon?", step({"hotel": "Casa Sol"}, hotel="Casa Sol")) == ["hotel = Casa Sol"]
    together = Step(calls=(*search.calls, ToolCall(name="book_room", arguments={"hotel": "Casa Sol"})))
    assert ungrounded("Rooms in Lisbon?", together) == ["hotel = Casa Sol"]


def test_a_schema_default_needs_no_source() -> None:
    assert ungrounded("Rooms?", step(currency="EUR")) == []
    assert ungrounded("Rooms?", step(currency="USD")) == ["currency = USD"]


CARD: JsonValue = {"properties": {"kind": {"const": "by_card"}, "number": {"type": "string"}}}
CASH: JsonValue = {"properties": {"kind": {"enum": ["in_cash"]}, "tip": {"type": "integer", "default": 5}}}
LANGUAGE: JsonValue = {"properties": {"lang": {"default": "en"}, "unit": {"const": "km"}, "one": {"default": 1}}}


@pytest.mark.parametrize(
    ("schema", "value", "missing"),
    [
        (LANGUAGE, {"lang": "en", "unit": "km", "one": 1.0}, []),
        (LANGUAGE, {"lang": "sv", "unit": "m", "one": True}, ["payment = sv", "payment = m", "payment = True"]),
        ({"type": "array", "items": LANGUAGE}, [{"lang": "en"}, {"lang": "sv"}], ["payment = sv"]),
        ({"anyOf": [LANGUAGE, {"type": "null"}]}, {"lang": "en", "unit": "km"}, []),
        ({"oneOf": [CARD, CASH]}, {"kind": "by_card", "number": "4111"}, ["payment = 4111"]),
        ({"oneOf": [CARD, CASH]}, {"kind": "in_cash", "tip": 5}, []),
        ({"oneOf": [CARD, CASH]}, {"kind": "in_cash"}, ["payment = in_cash"]),  # a choice, which somebody has to tell
        ({"anyOf": [{"const": "km"}, {"const": "m"}]}, "km", ["payment = km"]),
    ],
)
def test_what_a_schema_gives_anywhere_in_a_value_needs_no_source(
    schema: JsonValue, value: JsonValue, missing: list[str]
) -> None:
    tool = ToolSpec(name="book_room", parameters={"type": "object", "properties": {"payment": schema}})
    found = find_ungrounded("Do it.", [step(payment=value)], [tool])
    assert [f"payment = {one.partition(' = ')[2]}" for one in found] == missing


def test_a_boolean_is_grounded_where_the_question_speaks_of_its_parameter() -> None:
    assert ungrounded("With breakfast, please.", step(breakfast=True)) == []
    assert ungrounded("A room, please.", step(breakfast=False)) == ["breakfast = False"]
    assert ungrounded("A room, parking if there is any.", step(includeParking=True)) == []
    assert ungrounded("A room for a VIP.", step(vip=True)) == []
    assert ungrounded("A room for vipers.", step(vip=True)) == ["vip = True"]


def test_a_value_of_a_result_is_known_by_what_it_says_not_by_how_json_writes_it() -> None:
    told = Step(
        calls=(ToolCall(name="book_room", arguments={}),),
        results=(ToolResult(content=json.dumps({"hotel": 'Café "Noir"'}), ok=True),),
    )
    assert ungrounded("A room?", told, step(hotel='Café "Noir"')) == []


@given(st.text(), st.recursive(st.none() | st.integers() | st.floats(allow_nan=False) | st.text(), st.lists))
def test_no_question_and_no_value_make_the_checks_raise(question: str, value: JsonValue) -> None:
    made = step("x", hotel=value)
    assert all(line.startswith("hotel = ") for line in ungrounded(question, made))
    find_leaked_result(question, [made])


def test_a_question_that_names_a_tool_is_found_out() -> None:
    assert find_leaked_tool("Please use Book_Room for me.", [BOOK]) == "book_room"
    assert find_leaked_tool("Please book a room; rebook_rooms too.", [BOOK]) is None


@pytest.mark.parametrize(
    "question", ["Call `add` for me.", "What gives add(2, 3)?", "Use the add tool.", "Use tool Add."]
)
def test_a_name_that_is_an_ordinary_word_leaks_where_it_is_written_as_a_name(question: str) -> None:
    add = ToolSpec(name="add", parameters={"type": "object"})
    assert find_leaked_tool(question, [add]) == "add"
    assert find_leaked_tool("Please add 2 and 3.", [add]) is None


@pytest.mark.parametrize("name", ["Search", "SEARCH", "check-in", "Check-In"])
def test_an_ordinary_word_is_one_in_any_case_and_with_a_hyphen(name: str) -> None:
    tool = ToolSpec(name=name, parameters={"type": "object"})
    assert find_leaked_tool("Please search for shoes and do the check-in.", [tool]) is None
    assert find_leaked_tool(f"Use the {name} tool.", [tool]) == name


@pytest.mark.parametrize("name", ["getWeather", "GetCurrentWeather", "get-weather", "list-open-issues"])
def test_a_name_of_several_words_leaks_wherever_it_stands(name: str) -> None:
    tool = ToolSpec(name=name, parameters={"type": "object"})
    assert find_leaked_tool(f"Please run {name} for Oslo.", [tool]) == name
    assert find_leaked_tool("Please get the current weather and list the open issues.", [tool]) is None


def test_a_question_that_tells_what_only_a_result_tells_is_found_out() -> None:
    made = step({"reference": "AB-1207-X", "state": "rain", "paid": True, "total": 1234.56}, hotel="Casa Sol")
    assert find_leaked_result("Is ab-1207-x right?", [made]) == "AB-1207-X"
    assert find_leaked_result("Does it cost 1,234.56?", [made]) == "1234.56"
    assert find_leaked_result("Will there be rain? Is it paid?", [made]) is None  # too short to tell anything


def test_an_id_that_a_later_call_takes_out_of_a_result_leaks_where_the_question_tells_it() -> None:
    found = step({"contact_id": "CT-246481", "city": "Lisbon"}, hotel="Amara Wagner", city="Lisbon")
    sent = step("sent", hotel="CT-246481", text="in Lisbon")
    assert find_leaked_result("Tell Amara Wagner, contact CT-246481, 'in Lisbon'.", [found, sent]) == "CT-246481"
    assert (
        find_leaked_result("Tell Amara Wagner 'in Lisbon'.", [found, sent]) is None
    )  # a call before it takes the city
    assert find_leaked_result("Tell contact CT-246481 'in Lisbon'.", [sent, found]) is None


def test_what_the_question_must_hold_anyway_is_no_leak() -> None:
    made = step({"hotel": "Casa Sol", "note": "Sol, Casa"}, hotel="Casa Sol")
    assert find_leaked_result("A room in Casa Sol?", [made]) is None


def test_a_result_that_is_plain_text_is_told_as_a_whole() -> None:
    assert find_leaked_result("Why is the gate closed?", [step("the gate closed", hotel="x")]) == "the gate closed"


@pytest.mark.parametrize(
    ("extras", "missing"),
    [
        ({"SKU-17": 2, "SKU-42": 5}, []),
        ({"SKU-17": 2, "SKU-99": 5}, ["extras = SKU-99"]),
        ({"SKU-17": 3}, ["extras = 3"]),
        (None, []),
    ],
)
def test_keys_that_a_schema_leaves_free_are_values_too(extras: JsonValue, missing: list[str]) -> None:
    assert ungrounded("Add 2 of SKU-17 and 5 of SKU-42.", step(extras=extras)) == missing


def test_keys_that_a_schema_names_or_says_nothing_of_are_no_values() -> None:
    assert ungrounded("For Ann.", step(hotel={"guest": "Ann"})) == []
