"""What the offline generator knows about a tool: where values come from, how people ask for it, what to report."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pydantic import JsonValue

Sampler = Callable[[Random], JsonValue]
"""Draws a value of one argument."""


@dataclass(frozen=True, slots=True)
class Source:
    """An argument's value may be read from an earlier result of another tool."""

    tool: str
    field: str
    """The result's field, of its first or last row where the result is a list."""
    phrases: tuple[str, ...]
    """How the question says so; `{pick}` stands for `first` or `last` where the result is a list."""
    shares: tuple[str, ...] = ()
    """Arguments that have the same value in both calls."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One parameter of a tool."""

    name: str
    noun: str
    """What the answer asks for, after `the`, when the value is missing."""
    sample: Sampler
    phrases: tuple[str, ...]
    """Parts of a sentence with a leading space; `{}` is the value, `{field}` a field of an object."""
    denied: tuple[str, ...] = ()
    """The phrases of `false`."""
    absent: str = ""
    """What stands in the sentence when no value is given."""
    chance: float = 1.0
    """How often it is given; 1 for required parameters."""
    topic: str = ""
    """Within one plan, arguments of one topic often have one value."""
    unlike: str = ""
    """An earlier argument of the same call that must have another value."""
    sources: tuple[Source, ...] = ()

    def source(self, tool: str) -> Source:
        """How the value is read from results of `tool`. Raises `KeyError` where it is not."""
        for source in self.sources:
            if source.tool == tool:
                return source
        raise KeyError(tool)


@dataclass(frozen=True, slots=True)
class Entry:
    """One tool."""

    tool: str
    ability: str
    """What it can do, as in `none of my tools can {ability}`."""
    requests: tuple[str, ...]
    """Imperative sentences without capital and full stop, with a `{slot}` for the phrase of every argument."""
    reports: tuple[str, ...]
    """What the answer says, with `{fields}` of the call's arguments and of its result's first row."""
    arguments: tuple[Argument, ...]
    """In the order of the signature."""
    varies: str = ""
    """The argument in which a second call of the tool differs from the first, where comparing makes sense."""
    ends: bool = False
    """Whether the thing it is called for is gone afterwards, so that no other call may use it."""

    def argument(self, name: str) -> Argument:
        """The argument named `name`. Raises `KeyError` where there is none."""
        for argument in self.arguments:
            if argument.name == name:
                return argument
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Domain:
    """Tools that belong together, and why somebody would need them."""

    activities: tuple[str, ...]
    """What a person is doing, as in `Mara is {activity}`."""
    leads: tuple[str, ...]
    """First-person sentences that may open a question."""
    entries: tuple[Entry, ...]
