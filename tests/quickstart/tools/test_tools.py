"""The bundled tools: their schemas, their results, their errors, their state."""

import inspect
import json
import time
from collections.abc import Iterator

import pytest

from ttpa.quickstart.tools import (
    TOOLS,
    calendar,
    contacts,
    hotels,
    kitchen,
    library,
    money,
    reset,
    shop,
    travel,
    weather,
)
from ttpa.records.record import JsonObject
from ttpa.records.tools import ToolSpec
from ttpa.tools.python_tools import check_schema, read_specs

SPECS, _ = read_specs({tool.__name__: tool for tool in TOOLS})


@pytest.fixture(autouse=True)
def _fresh_state() -> Iterator[None]:
    reset()
    yield
    reset()


def _properties(parameters: JsonObject) -> JsonObject:
    properties = parameters["properties"]
    assert isinstance(properties, dict)
    return properties


def test_there_are_enough_tools_in_enough_domains() -> None:
    assert len(TOOLS) >= 28
    assert len({function.__module__ for function in TOOLS}) >= 7


@pytest.mark.parametrize("spec", SPECS, ids=[spec.name for spec in SPECS])
def test_schemas_are_short_enough_for_a_small_policy(spec: ToolSpec) -> None:
    assert check_schema(spec) is None
    assert "_" in spec.name
    assert len(spec.description.split()) <= 12
    assert 1 <= len(_properties(spec.parameters)) <= 5
    for name, schema in _properties(spec.parameters).items():
        assert isinstance(schema, dict)
        description = schema.get("description")
        assert isinstance(description, str), name
        assert 1 <= len(description.split()) <= 6


def test_the_schemas_cover_every_kind_of_parameter() -> None:
    schemas = [schema for spec in SPECS for schema in _properties(spec.parameters).values()]
    kinds = {str(schema["type"]) for schema in schemas if isinstance(schema, dict)}
    assert kinds == {"string", "integer", "number", "boolean", "array", "object"}
    assert any(isinstance(schema, dict) and "enum" in schema for schema in schemas)
    assert any(isinstance(schema, dict) and "default" in schema for schema in schemas)


def test_the_tools_take_only_what_their_docstring_describes() -> None:
    for function in TOOLS:
        described = inspect.getdoc(function) or ""
        for name in inspect.signature(function).parameters:
            assert f"    {name}: " in described, function.__name__


def test_what_one_call_finds_another_can_use() -> None:
    hotel = hotels.find_hotels("Lisbon", max_price=180)[0]
    booking = hotels.book_hotel(str(hotel["hotel_id"]), "2026-05-03", 2)
    assert booking["total"] == 2 * int(hotel["price"])
    assert hotels.cancel_booking(str(booking["booking_id"]))["status"] == "cancelled"


def test_search_keeps_to_its_limits() -> None:
    assert all(int(row["price"]) <= 90 for row in hotels.find_hotels("Oslo", max_price=90))
    assert all(int(row["hours"]) <= 4 for row in library.find_audiobooks("folk tales", max_hours=4))
    assert all(int(row["minutes"]) <= 15 for row in kitchen.find_recipes(["rice"], max_minutes=15))


def test_equal_calls_give_equal_results() -> None:
    assert weather.get_weather("Rome", "2026-07-01") == weather.get_weather("rome", "2026-07-01")
    assert weather.get_weather("Rome", "2026-07-01") != weather.get_weather("Rome", "2026-07-01", unit="fahrenheit")


def test_results_are_short() -> None:
    results: list[object] = [
        hotels.find_hotels("Buenos Aires"),
        hotels.get_hotel_reviews("H345"),
        travel.find_flights("Oslo", "Rome", "2026-05-05", cabin="business"),
        shop.find_products("silent desk lamp"),
        library.find_books("rural fishing"),
        calendar.list_events("2026-05-05"),
        kitchen.get_ingredients("R345", servings=16),
    ]
    assert all(len(json.dumps(result)) <= 250 for result in results)


def test_an_event_is_listed_moved_and_cancelled() -> None:
    event_id = str(calendar.add_event("Lunch with Noor", "2027-09-01", "12:30", minutes=45)["event_id"])
    assert calendar.list_events("2027-09-01") == [{"event_id": event_id, "title": "Lunch with Noor", "time": "12:30"}]
    assert calendar.move_event(event_id, "2027-09-02", "13:00")["was"] == "2027-09-01 12:30"
    assert calendar.list_events("2027-09-01") == []
    assert calendar.invite_people(event_id, ["Ines Park", "Theo Blom"])["total"] == 3
    calendar.cancel_event(event_id)
    with pytest.raises(ValueError, match=event_id):
        calendar.cancel_event(event_id)


def test_free_time_does_not_overlap_events() -> None:
    calendar.add_event("Workshop", "2027-09-01", "08:00", minutes=120)
    calendar.add_event("Call", "2027-09-01", "10:30", minutes=60)
    assert calendar.find_free_slot("2027-09-01", 30) == {"start": "10:00", "end": "10:30"}
    assert calendar.find_free_slot("2027-09-01", 45) == {"start": "11:30", "end": "12:15"}


def test_a_new_contact_is_found_again() -> None:
    contact_id = contacts.add_contact({"name": "Mara Blom", "phone": "030-123456"})["contact_id"]
    assert contacts.find_contact("mara blom") == {"contact_id": contact_id, "phone": "030-123456"}
    assert contacts.send_message(str(contact_id), "hello", urgent=True)["status"] == "delivered"


def test_money_adds_up() -> None:
    assert money.convert_currency(100, "EUR", "USD") == {"result": 109.0, "currency": "USD"}
    assert money.split_bill(100, 4, tip_percent=10) == {"each": 27.5, "with_tip": 110.0}
    assert money.get_loan_payment(12000, 1, 6)["monthly"] == 1032.8
    assert money.sum_expenses([10, 20, 60]) == {"total": 90, "mean": 30.0, "largest": 60}


def test_reset_restores_every_state() -> None:
    before = (calendar.list_events("2026-03-09"), shop.track_order("D1003"), contacts.find_contact("Mara Blom"))
    first_id = hotels.book_hotel("H200", "2026-04-01", 1)["booking_id"]
    calendar.add_event("Call", "2026-03-09", "07:00")
    shop.return_order("D1003", "damaged")
    contacts.add_contact({"name": "Mara Blom", "phone": "1"})
    hotels.cancel_booking("B1000")
    reset()
    assert before == (calendar.list_events("2026-03-09"), shop.track_order("D1003"), contacts.find_contact("Mara Blom"))
    assert hotels.book_hotel("H200", "2026-04-01", 1)["booking_id"] == first_id
    assert hotels.cancel_booking("B1000")["status"] == "cancelled"


def test_reset_takes_less_than_a_millisecond() -> None:
    best = 1.0
    for _ in range(5):
        hotels.book_hotel("H200", "2026-04-01", 1)
        start = time.perf_counter()
        reset()
        best = min(best, time.perf_counter() - start)
    assert best < 0.001


def test_unknown_ids_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no hotel has the id 'H9'"):
        hotels.book_hotel("H9", "2026-04-01", 2)
    with pytest.raises(ValueError, match="no hotel has the id"):
        hotels.get_hotel_reviews("T200")
    with pytest.raises(ValueError, match="no booking has the id 'B1'"):
        hotels.cancel_booking("B1")
    with pytest.raises(ValueError, match="no train has the id"):
        travel.reserve_seat("T1", "Mara Blom")
    with pytest.raises(ValueError, match="no flight has the id"):
        travel.check_in_traveller("F", {"name": "Mara Blom", "age": 40})
    with pytest.raises(ValueError, match="no event has the id"):
        calendar.move_event("E9", "2026-04-01", "10:00")
    with pytest.raises(ValueError, match="no product has the id"):
        shop.order_product("P1")
    with pytest.raises(ValueError, match="no order has the id"):
        shop.track_order("D1")
    with pytest.raises(ValueError, match="no book has the id"):
        library.reserve_book("K1", "north")
    with pytest.raises(ValueError, match="no recipe has the id"):
        kitchen.get_ingredients("R1")
    with pytest.raises(ValueError, match="no contact has the id"):
        contacts.send_message("C1", "hello")


def test_impossible_values_are_refused() -> None:
    with pytest.raises(ValueError, match="in the past"):
        weather.get_weather("Rome", "2026-03-01")
    with pytest.raises(ValueError, match="not a date"):
        weather.get_weather("Rome", "3 May")
    with pytest.raises(ValueError, match="not a time"):
        calendar.add_event("Call", "2026-05-01", "25:00")
    with pytest.raises(ValueError, match="both Rome"):
        travel.find_trains("Rome", "rome", "2026-05-01")
    with pytest.raises(ValueError, match="nights must be"):
        hotels.book_hotel("H200", "2026-04-01", 0)
    hotels.cancel_booking("B1001")
    with pytest.raises(ValueError, match="cancelled already"):
        hotels.cancel_booking("B1001")
