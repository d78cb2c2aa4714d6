"""Drawing a plan over the tools shown: chains where they allow it, else independent calls, or one tool twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from pydantic import JsonValue

from ttpa.quickstart.generator.entry import Argument, Entry, Source
from ttpa.quickstart.generator.plan import Pick, Plan, PlannedCall, Reading

FOLLOW_WEIGHT, FRESH_WEIGHT, TWIN_WEIGHT = 5, 3, 1
"""How much the next call is drawn to read an earlier result, to be a new one, to repeat the last with another value."""
CHAIN_SHARE = 0.7
"""How often a new call comes with one that reads its result, where both tools are shown."""
TOPIC_SHARE = 0.35
"""How often a value of the same topic is used again."""
ONE_BY_ONE_SHARE = 0.25
"""How often independent calls are made one a turn."""


def draw_plan(rng: Random, entries: Sequence[Entry], low: int, high: int) -> Plan:
    """A plan of `low` to `high` calls, two at least, over some of `entries`."""
    low = max(2, low)
    high = max(low, high)
    draft = _Draft(rng, entries)
    draft.grow(min(rng.randint(low, high), rng.randint(low, high)))
    plan = Plan(tuple(draft.calls), one_by_one=False)
    if rng.random() < ONE_BY_ONE_SHARE and any(len(turn) > 1 for turn in plan.turns()):
        return Plan(plan.calls, one_by_one=True)
    return plan


def draw_alone(rng: Random, entry: Entry, *, without: str | None = None) -> dict[str, JsonValue]:
    """Values for one call of a tool where nothing is read from elsewhere; `without` one of them where named."""
    draft = _Draft(rng, [entry])
    draft.add(entry, None)
    return {name: value for name, value in draft.calls[0].given.items() if name != without}


@dataclass(frozen=True, slots=True)
class _Link:
    """A call that could read the result of the call with index `call`."""

    entry: Entry
    argument: Argument
    source: Source
    call: int


class _Draft:
    """A plan in the making."""

    def __init__(self, rng: Random, entries: Sequence[Entry]) -> None:
        self.calls: list[PlannedCall] = []
        self._rng = rng
        self._entries = {entry.tool: entry for entry in entries}
        self._topics: dict[str, JsonValue] = {}

    def grow(self, count: int) -> None:
        while len(self.calls) < count:
            used = {call.tool for call in self.calls}
            links = self._links(used)
            fresh = [entry for name, entry in self._entries.items() if name not in used]
            one_tool_would_do = len(used) == 1 and count - len(self.calls) == 1
            twin = None if one_tool_would_do and fresh else self._twin()
            weights = (FOLLOW_WEIGHT * bool(links), FRESH_WEIGHT * bool(fresh), TWIN_WEIGHT * (twin is not None))
            if not any(weights):
                self.add(self._rng.choice(list(self._entries.values())), None)
                continue
            move = self._rng.choices(("follow", "fresh", "twin"), weights)[0]
            if move == "follow":
                link = self._rng.choice(links)
                self.add(link.entry, link)
            elif move == "fresh":
                self._add_fresh(fresh, room=count - len(self.calls))
            elif twin is not None:
                self.calls.append(twin)

    def add(self, entry: Entry, link: _Link | None) -> None:
        given: dict[str, JsonValue] = {}
        readings: dict[str, Reading] = {}
        for argument in entry.arguments:
            if link is not None and argument.name == link.argument.name:
                readings[argument.name] = Reading(link.call, self._pick(link.source))
            elif link is not None and argument.name in link.source.shares:
                given[argument.name] = self.calls[link.call].given[argument.name]
            elif argument.chance >= 1 or self._rng.random() < argument.chance:
                given[argument.name] = self._value(argument, given, ends=entry.ends)
        self.calls.append(PlannedCall(entry.tool, given, readings))

    def _add_fresh(self, fresh: Sequence[Entry], room: int) -> None:
        """Adds a call that reads nothing, together with one that reads its result where that is possible."""
        names = {entry.tool for entry in fresh}
        pairs = [(s.tool, entry) for entry in fresh for a in entry.arguments for s in a.sources if s.tool in names]
        if room < 2 or not pairs or self._rng.random() >= CHAIN_SHARE:
            self.add(self._rng.choice(fresh), None)
            return
        producer, reader = self._rng.choice(pairs)
        self.add(self._entries[producer], None)
        links = self._links({call.tool for call in self.calls})
        link = self._rng.choice([link for link in links if link.entry is reader and link.call == len(self.calls) - 1])
        self.add(reader, link)

    def _links(self, used: set[str]) -> list[_Link]:
        """What could read an earlier result; of a tool called twice nobody could say which result is meant."""
        tools = [call.tool for call in self.calls]
        links: list[_Link] = []
        for entry in self._entries.values():
            if entry.tool in used:
                continue
            for argument in entry.arguments:
                links += [
                    _Link(entry, argument, source, tools.index(source.tool))
                    for source in argument.sources
                    if tools.count(source.tool) == 1 and self._is_there(tools.index(source.tool), entry, source)
                ]
        return links

    def _is_there(self, call: int, entry: Entry, source: Source) -> bool:
        if any(name not in self.calls[call].given for name in source.shares):
            return False
        readers = [other.tool for other in self.calls if any(r.call == call for r in other.readings.values())]
        return not (entry.ends and readers) and not any(self._entries[reader].ends for reader in readers)

    def _twin(self) -> PlannedCall | None:
        """The last call with another value, where nothing hangs on it and it was not repeated before."""
        if not self.calls:
            return None
        last = self.calls[-1]
        entry = self._entries[last.tool]
        if not entry.varies or last.readings or sum(call.tool == last.tool for call in self.calls) > 1:
            return None
        argument = entry.argument(entry.varies)
        value = argument.sample(self._rng)
        while value in last.given.values():
            value = argument.sample(self._rng)
        return PlannedCall(last.tool, {**last.given, argument.name: value}, {})

    def _value(self, argument: Argument, given: dict[str, JsonValue], *, ends: bool) -> JsonValue:
        """A value, now and then one of the same topic that another call has, unless the call removes what it names."""
        taken = [given.get(argument.unlike), *self._values_of(endings_only=not ends)]
        value = self._topics.get(argument.topic) if self._rng.random() < TOPIC_SHARE and not ends else None
        while value is None or value in taken:
            value = argument.sample(self._rng)
        if argument.topic and not ends:
            self._topics[argument.topic] = value
        return value

    def _values_of(self, *, endings_only: bool) -> list[JsonValue]:
        """What the calls so far are about; of the calls that remove something, or of all."""
        calls = [call for call in self.calls if self._entries[call.tool].ends or not endings_only]
        return [value for call in calls for value in call.given.values()]

    def _pick(self, source: Source) -> Pick | None:
        if "{pick}" not in source.phrases[0]:
            return None
        return "first" if self._rng.random() < 0.7 else "last"
