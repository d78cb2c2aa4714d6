"""Recursive schemas that check one value over and over: twice as often with each level that it is nested.

A schema is read as an automaton whose steps lead from a value to its members and elements. A value is checked as often
as there are ways of steps to its place; their number doubles where two ways part and meet within one loop.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from ttpa.records.json_pointer import resolve
from ttpa.records.record import JsonObject, JsonValue

DEFINITIONS = frozenset({"$defs", "definitions"})
NO_SCHEMAS = frozenset({"default", "const", "enum", "examples", "example", "required", "type"})
"""Keywords whose values are no schemas."""

_MEMBERS: Final = ("additionalProperties", "unevaluatedProperties")
_ELEMENTS: Final = ("items", "prefixItems", "additionalItems", "contains", "unevaluatedItems")
_MOST_STEPS = 1_000_000
"""Looked at before a schema counts as one that cannot be judged."""


class Entangled(ValueError):
    """The schema has too many ways through it to be judged."""


class _Step(NamedTuple):
    """From a value to what is in it."""

    to: Literal["member", "element", "name"]
    key: str | int | None = None
    """The member or element; none for any."""
    but: frozenset[str | int] = frozenset()
    """Which are not among any."""

    def may_meet(self, other: "_Step") -> bool:
        """Whether both can lead to the same place."""
        if self.to != other.to:
            return False
        if self.key is not None and other.key is not None:
            return self.key == other.key
        return self.key not in other.but and other.key not in self.but


class _Way(NamedTuple):
    """A step to the schema that holds at its end; the same one may be taken for two reasons."""

    step: _Step
    origin: int
    end: int


def find_doubling(root: JsonObject) -> str | None:
    """A reference by which `root` checks a value twice as often with each level; none where there is no such.

    Raises `Entangled` where it cannot be told, and `RecursionError` for schemas nested too deeply.
    """
    return _Automaton(root).find_doubling()


class _Automaton:
    """The schemas at the ends of steps, and the steps from each of them."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._schemas: dict[int, JsonObject] = {id(root): root}
        self._ways: dict[int, Counter[_Way]] = {}
        """Of each schema, whatever it says of the same value in other places included."""
        self._left = _MOST_STEPS

    def find_doubling(self) -> str | None:
        ways = self._looping_ways()
        for state in ways:
            if any(self._can_meet(pair, ways) for pair in _parting(ways[state])):
                return self._name(state)
        return None

    def _looping_ways(self) -> dict[int, Counter[_Way]]:
        """The ways from each schema that are part of a loop."""
        found: dict[int, Counter[_Way]] = {}
        waiting = [id(self._root)]
        while waiting:
            state = waiting.pop()
            if state not in found:
                found[state] = self._ways_from(self._schemas[state], set())[0]
                waiting.extend(way.end for way in found[state])
        loops = _loops({state: [way.end for way in ways] for state, ways in found.items()})
        return {
            state: Counter({way: count for way, count in ways.items() if loops[way.end] == loops[state]})
            for state, ways in found.items()
        }

    def _ways_from(self, schema: JsonObject, above: set[int]) -> tuple[Counter[_Way], bool]:
        """The ways, with how often each can be taken, and whether none was left out as part of a loop in one place.

        Validators end such a loop by themselves.
        """
        if id(schema) in self._ways:
            return self._ways[id(schema)], True
        if id(schema) in above:
            return Counter(), False
        above.add(id(schema))
        ways, is_whole = Counter[_Way](), True
        for step, inner in _steps(schema, self._root):
            self._count()
            self._schemas[id(inner)] = inner
            if step is not None:
                ways[_Way(step, id(schema), id(inner))] += 1
                continue
            more, is_known = self._ways_from(inner, above)
            self._count(len(more))
            ways.update(more)
            is_whole = is_whole and is_known
        above.discard(id(schema))
        if is_whole:
            self._ways[id(schema)] = ways
        return ways, is_whole

    def _can_meet(self, pair: tuple[int, int], ways: dict[int, Counter[_Way]]) -> bool:
        """Whether two ways that parted may meet again, at one place of the value."""
        waiting, seen = [pair], {pair}
        while waiting:
            one, other = waiting.pop()
            if one == other:
                return True
            for way in ways[one]:
                for beside in ways[other]:
                    self._count()
                    ends = (way.end, beside.end)
                    if ends not in seen and way.step.may_meet(beside.step):
                        seen.add(ends)
                        waiting.append(ends)
        return False

    def _within(self, state: int) -> dict[int, None]:
        """Schemas that are met below this one, itself first."""
        seen, waiting = {state: None}, [state]
        while waiting:
            for _, inner in _steps(self._schemas[waiting.pop(0)], self._root):
                self._count()
                if id(inner) not in seen:
                    seen[id(inner)] = None
                    waiting.append(id(inner))
        return seen

    def _name(self, state: int) -> str:
        """The first reference on a loop through `state`; each loop has one."""
        for inner in self._within(state):
            reference = self._schemas[inner].get("$ref")
            target = resolve(self._root, reference) if isinstance(reference, str) else None
            if isinstance(reference, str) and isinstance(target, dict) and state in self._within(id(target)):
                return reference
        return "#"

    def _count(self, steps: int = 1) -> None:
        self._left -= steps
        if self._left < 0:
            raise Entangled("its references lead to each other in too many ways")


def _parting(ways: Counter[_Way]) -> Iterator[tuple[int, int]]:
    """Where two ways lead that go to one place of the value."""
    named: dict[tuple[str, str | int], list[_Way]] = {}
    for way in ways:
        if ways[way] > 1:
            yield way.end, way.end
        if way.step.key is not None:
            named.setdefault((way.step.to, way.step.key), []).append(way)
    free = [way for way in ways if way.step.key is None]
    for alike in named.values():
        yield from _pairs(alike)
    for way in free:
        yield from ((way.end, other.end) for other in ways if other is not way and way.step.may_meet(other.step))


def _pairs(ways: list[_Way]) -> Iterator[tuple[int, int]]:
    for index, way in enumerate(ways):
        yield from ((way.end, other.end) for other in ways[index + 1 :])


def _loops(ends: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """Of each state a number that it shares with those that it leads to and that lead back to it."""
    begun, left = set[int](), list[int]()
    for start in ends:
        stack = [(start, False)]
        while stack:
            state, is_left = stack.pop()
            if is_left:
                left.append(state)
            elif state not in begun:
                begun.add(state)
                stack.append((state, True))
                stack.extend((end, False) for end in ends[state])
    sources: dict[int, list[int]] = {state: [] for state in ends}
    for state, following in ends.items():
        for end in following:
            sources[end].append(state)
    loops: dict[int, int] = {}
    for start in reversed(left):
        waiting = [start]
        while waiting:
            state = waiting.pop()
            if state not in loops:
                loops[state] = start
                waiting.extend(sources[state])
    return loops


def _steps(schema: JsonObject, root: JsonObject) -> Iterator[tuple[_Step | None, JsonObject]]:
    """The schemas within one, each with the step to the value that it is about; none where it is the same value."""
    for key, value in schema.items():
        if key == "$ref" and isinstance(value, str):
            found: Iterable[tuple[_Step | None, JsonValue]] = [(None, resolve(root, value))]
        elif key in DEFINITIONS or key in NO_SCHEMAS:
            found = ()
        elif key == "properties" and isinstance(value, dict):
            found = [(_Step("member", name), member) for name, member in value.items()]
        elif key == "patternProperties" and isinstance(value, dict):
            found = [(_Step("member"), member) for member in value.values()]
        elif key == "dependentSchemas" and isinstance(value, dict):
            found = [(None, each) for each in value.values()]
        elif key in _MEMBERS:
            found = [(_Step("member", but=_listed(schema)), value)]
        elif key == "propertyNames":
            found = [(_Step("name"), value)]
        elif key in _ELEMENTS:
            found = _elements(schema, key, value)
        else:
            found = [(None, each) for each in _flat(value)]
        for step, inner in found:
            if isinstance(inner, dict):
                yield step, inner


def _listed(schema: JsonObject) -> frozenset[str | int]:
    properties = schema.get("properties")
    return frozenset(properties) if isinstance(properties, dict) else frozenset()


def _elements(schema: JsonObject, key: str, value: JsonValue) -> Iterable[tuple[_Step, JsonValue]]:
    if isinstance(value, list):
        return [(_Step("element", index), each) for index, each in enumerate(value)]
    ahead = {"items": schema.get("prefixItems"), "additionalItems": schema.get("items")}.get(key)
    but = frozenset[str | int](range(len(ahead))) if isinstance(ahead, list) else frozenset[str | int]()
    return [(_Step("element", but=but), value)]


def _flat(value: JsonValue) -> Iterator[JsonValue]:
    if isinstance(value, list):
        for each in value:
            yield from _flat(each)
    else:
        yield value
