"""How people ask for trains and flights."""

from ttpa.quickstart.generator.entry import Argument, Domain, Entry, Source
from ttpa.quickstart.generator.samplers import city, code, day, one_of, person, record, whole, yes

_ORIGIN = Argument("origin", "city of departure", city, (" from {}", " starting from {}"))
_DESTINATION = Argument("destination", "destination", city, (" to {}", " going to {}"), topic="city", unlike="origin")
_DATE = Argument("date", "day of travel", day, (" on {}", " for {}"), topic="date")

DOMAIN = Domain(
    activities=("visiting relatives far away", "travelling for work", "putting together a journey"),
    leads=("I have to travel for work.", "I am visiting my sister.", "A longer journey is coming up for me."),
    entries=(
        Entry(
            "find_trains",
            "search for trains",
            (
                "find{direct_only} trains{origin}{destination}{date}",
                "look up{direct_only} trains{date}{origin}{destination}",
                "search for{direct_only} train connections{origin}{destination}{date}",
                "show me{direct_only} trains{destination}{origin}{date}",
            ),
            ("train {train_id} leaves at {departs}", "the first train costs {price}"),
            (
                _ORIGIN,
                _DESTINATION,
                _DATE,
                Argument("direct_only", "direct trains", yes, (" direct", " only direct"), chance=0.4),
            ),
            varies="destination",
        ),
        Entry(
            "find_flights",
            "search for flights",
            (
                "find flights{origin}{destination}{date}{cabin}",
                "look for a flight{origin}{destination}{date}{cabin}",
                "search for flights{date}{origin}{destination}{cabin}",
                "show me flights{cabin}{origin}{destination}{date}",
            ),
            ("flight {flight_id} leaves at {departs}", "the first flight costs {price}"),
            (
                _ORIGIN,
                _DESTINATION,
                _DATE,
                Argument(
                    "cabin",
                    "class",
                    one_of("premium_economy", "business"),
                    (" in {}", " in {} class", " travelling {}"),
                    chance=0.45,
                ),
            ),
            varies="date",
        ),
        Entry(
            "reserve_seat",
            "reserve a seat on a train",
            (
                "reserve a seat{seat}{train_id}{passenger}",
                "get a seat{passenger}{train_id}{seat}",
                "keep a seat{passenger}{seat}{train_id}",
                "make a seat reservation{train_id}{passenger}{seat}",
            ),
            ("{passenger} has seat {seat}", "seat {seat} in coach {coach}"),
            (
                Argument(
                    "train_id",
                    "id of the train",
                    code("T", 1000, 8999),
                    (" on train {}", " on the train {}", " aboard train {}"),
                    absent=" on a train",
                    sources=(
                        Source("find_trains", "train_id", (" on the {pick} train", " on the {pick} train you find")),
                    ),
                ),
                Argument("passenger", "passenger", person, (" for {}", " for the passenger {}")),
                Argument("seat", "kind of seat", one_of("aisle", "table"), (" at the {}", " by the {}"), chance=0.6),
            ),
        ),
        Entry(
            "check_in_traveller",
            "check somebody in for a flight",
            (
                "check in{traveller}{flight_id}{bags}",
                "do the check-in of{traveller}{flight_id}{bags}",
                "check{traveller} in{flight_id}{bags}",
                "complete the check-in of{traveller}{bags}{flight_id}",
            ),
            ("checked in on seat {seat}", "the seat is {seat}"),
            (
                Argument(
                    "flight_id",
                    "id of the flight",
                    code("F", 1000, 8999),
                    (" for flight {}", " for the flight {}", " on flight {}"),
                    sources=(
                        Source(
                            "find_flights", "flight_id", (" for the {pick} flight", " on the {pick} flight you find")
                        ),
                    ),
                ),
                Argument(
                    "traveller",
                    "name and age of the traveller",
                    record(name=person, age=whole(18, 88)),
                    (" {name}, aged {age},", " {name} ({age} years old)", " {name}, {age} years old,"),
                    absent=" a traveller",
                ),
                Argument("bags", "number of bags", whole(2, 5), (" with {} checked bags", " with {} bags"), chance=0.5),
            ),
        ),
    ),
)
