"""Plans: which tools are called in which order, and where every value comes from.

The generator keeps nothing between replies: a plan travels as the constraints of its scenario, one fact an argument.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from ttpa.errors import ModelError
from ttpa.records.strict_json import InvalidJson, read_json

ONE_BY_ONE = "One thing after the other."
"""The constraint of plans whose calls are made one a turn even where they do not depend on each other."""

_FACT = re.compile(r"(?P<tool>\w+)(?: \((?P<nth>\d+)\))?\.(?P<argument>\w+) (?:= (?P<value>.+)|<- (?P<source>.+))")
_SOURCE = re.compile(r"(?:(?P<pick>first|last) of )?(?P<tool>\w+)")

Pick = Literal["first", "last"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that is read from an earlier result."""

    call: int
    """Index of the call whose result it is."""
    pick: Pick | None
    """Which row of the result; none where the result is one record."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call before it is made."""

    tool: str
    given: dict[str, JsonValue]
    """Values that the question holds."""
    readings: dict[str, Reading]
    """Arguments whose value an earlier result tells."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls in the order in which the question speaks of them."""

    calls: tuple[PlannedCall, ...]
    one_by_one: bool

    def turns(self) -> list[list[int]]:
        """Indices of the calls, turn by turn: a call comes as soon as what it reads is there."""
        if self.one_by_one:
            return [[index] for index in range(len(self.calls))]
        turn_of: list[int] = []
        for call in self.calls:
            turn_of.append(1 + max((turn_of[reading.call] for reading in call.readings.values()), default=-1))
        return [[i for i, turn in enumerate(turn_of) if turn == wanted] for wanted in range(1 + max(turn_of))]


def write_facts(plan: Plan) -> list[str]:
    """The plan as constraints, such as `find_hotels.city = "Lisbon"` and `book_hotel.hotel_id <- first of find_hotels`.

    A tool's second call reads `find_hotels (2)`.
    """
    facts: list[str] = []
    for index, call in enumerate(plan.calls):
        nth = sum(other.tool == call.tool for other in plan.calls[: index + 1])
        subject = call.tool if nth == 1 else f"{call.tool} ({nth})"
        for name, value in call.given.items():
            facts.append(f"{subject}.{name} = {json.dumps(value, ensure_ascii=False)}")
        for name, reading in call.readings.items():
            pick = f"{reading.pick} of " if reading.pick else ""
            facts.append(f"{subject}.{name} <- {pick}{plan.calls[reading.call].tool}")
    return [*facts, ONE_BY_ONE] if plan.one_by_one else facts


def read_facts(constraints: Sequence[str]) -> Plan:
    """The plan that `write_facts` wrote. Raises `ModelError` for constraints that it did not write."""
    places: dict[tuple[str, str], int] = {}
    calls: list[PlannedCall] = []
    for constraint in constraints:
        if constraint == ONE_BY_ONE:
            continue
        fact = _FACT.fullmatch(constraint)
        if fact is None:
            raise _foreign(constraint)
        key = (fact["tool"], fact["nth"] or "1")
        if key not in places:
            places[key] = len(calls)
            calls.append(PlannedCall(fact["tool"], {}, {}))
        call = calls[places[key]]
        if fact["value"] is not None:
            try:
                call.given[fact["argument"]] = read_json(fact["value"])
            except InvalidJson as error:
                raise _foreign(constraint) from error
        else:
            call.readings[fact["argument"]] = _read_source(fact["source"], places, constraint)
    if not calls:
        raise ModelError("the scenario has no constraints; the offline generator reads its plan from them")
    return Plan(tuple(calls), ONE_BY_ONE in constraints)


def _read_source(text: str, places: dict[tuple[str, str], int], constraint: str) -> Reading:
    source = _SOURCE.fullmatch(text)
    if source is None or (source["tool"], "1") not in places:
        raise _foreign(constraint)
    pick: Pick | None = None if source["pick"] is None else "first" if source["pick"] == "first" else "last"
    return Reading(places[source["tool"], "1"], pick)


def _foreign(constraint: str) -> ModelError:
    return ModelError(f"constraint {constraint!r} is not one that the offline generator wrote")
