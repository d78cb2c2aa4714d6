"""Travel tools: trains and flights. Trains are T1000 to T8999, flights F1000 to F8999."""

from typing import Literal

from typing_extensions import TypedDict

from ttpa.quickstart.tools.days import read_day
from ttpa.quickstart.tools.facts import Row, check_id, clock, draw, find_ids, pick


class Traveller(TypedDict):
    """Who flies."""

    name: str
    age: int


def find_trains(origin: str, destination: str, date: str, direct_only: bool = False) -> list[Row]:
    """Finds trains between two cities.

    Args:
        origin: City of departure.
        destination: City of arrival.
        date: Day as YYYY-MM-DD.
        direct_only: Whether to leave out changes.
    """
    _check_journey(origin, destination, date)
    ids = find_ids("T", 1000, 8999, lambda _: True, origin, destination, date, direct_only)
    return [
        {"train_id": train_id, "departs": clock(5, 21, train_id), "price": draw(9, 140, "price", train_id)}
        for train_id in ids
    ]


def find_flights(
    origin: str, destination: str, date: str, cabin: Literal["economy", "premium_economy", "business"] = "economy"
) -> list[Row]:
    """Finds flights between two cities.

    Args:
        origin: City of departure.
        destination: City of arrival.
        date: Day as YYYY-MM-DD.
        cabin: Class of travel.
    """
    _check_journey(origin, destination, date)
    ids = find_ids("F", 1000, 8999, lambda _: True, "flights", origin, destination, date, cabin)
    factor = {"economy": 1, "premium_economy": 2, "business": 4}[cabin]
    return [
        {"flight_id": flight_id, "departs": clock(6, 22, flight_id), "price": factor * draw(39, 380, flight_id)}
        for flight_id in ids
    ]


def reserve_seat(train_id: str, passenger: str, seat: Literal["window", "aisle", "table"] = "window") -> Row:
    """Reserves a seat on a train.

    Args:
        train_id: Id of the train.
        passenger: Full name of the passenger.
        seat: Kind of seat.
    """
    check_id(train_id, "T", 1000, 8999, "train")
    letter = {"window": "A", "aisle": "C", "table": "D"}[seat]
    number = f"{draw(11, 98, train_id, passenger)}{letter}"
    return {"seat": number, "coach": draw(1, 12, "coach", train_id, passenger)}


def check_in_traveller(flight_id: str, traveller: Traveller, bags: int = 0) -> Row:
    """Checks a traveller in for a flight.

    Args:
        flight_id: Id of the flight.
        traveller: Who flies.
        bags: Number of checked bags.
    """
    check_id(flight_id, "F", 1000, 8999, "flight")
    row = draw(1, 38, "row", flight_id, traveller["name"])
    return {"seat": f"{row}{pick('ABCDEF', flight_id, traveller['name'])}", "bag_fee": 30 * bags}


def _check_journey(origin: str, destination: str, date: str) -> None:
    read_day(date)
    if origin.casefold() == destination.casefold():
        raise ValueError(f"origin and destination are both {origin}")
