"""What all tool sources do with their definitions: legal names, a choice, checked arguments, a hash."""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import jsonschema_rs

from ttpa.errors import ToolError
from ttpa.records.strict_json import canonical_json
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec
from ttpa.tools.base import Effect
from ttpa.tools.python_tools import check_schema, refuse_remote
from ttpa.tools.results import failed

_LONGEST = 64
_ILLEGAL = re.compile(r"[^A-Za-z0-9_-]+")
_BOUNDED = jsonschema_rs.FancyRegexOptions(backtrack_limit=20_000, size_limit=1_000_000, dfa_size_limit=1_000_000)
"""No pattern takes long."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One tool as its source defines it."""

    spec: ToolSpec
    """With the source's own name."""
    effect: Effect


class Offer:
    """The tools that a source offers, under names that every dialect can write."""

    def __init__(
        self,
        source: str,
        definitions: Sequence[Definition],
        *,
        only: Sequence[str] = (),
        allow_write: bool = False,
        left_out: Mapping[str, str] | None = None,
        closed: bool = False,
        numbered: bool = False,
    ) -> None:
        """`only` names tools, in the order of the offer, by their own or by their legal names.

        Of several with one name in the source the first is offered, for a call could not tell them apart; with
        `numbered`, where calls go by the offered names, all are. With `closed` no argument is let through that the
        schema does not name.
        Raises `ToolError` where `only` names a tool that is not there, and where nothing is left to offer.
        """
        self._choose = partial(_choose, only=only, allow_write=allow_write, closed=closed, numbered=numbered)
        choice = self._choose(definitions)
        self._definitions = tuple(definitions)
        self._offered = choice.offered
        self._validators = choice.validators
        self._original = {name: definition.spec.name for name, definition in choice.offered.items()}
        self.left_out: dict[str, str] = {**(left_out or {}), **choice.left_out}
        known = sorted({definition.spec.name for definition in definitions})
        if unknown := sorted(choice.missing - set(self.left_out)):
            raise ToolError(f"{source!r} has no tool {unknown[0]!r}; it has {', '.join(known) or 'none'}")
        if not choice.offered:
            told = "; ".join(f"{name}: {reason}" for name, reason in list(self.left_out.items())[:3])
            raise ToolError(f"{source!r} has no tool to offer{': ' + told if told else ''}")
        places = {name: place for place, name in enumerate(only)}
        specs = sorted(
            _under_their_names(choice.offered),
            key=lambda spec: places.get(spec.name, places.get(self._original[spec.name], 0)),
        )
        self.specs: tuple[ToolSpec, ...] = tuple(specs)

    def choose(self, definitions: Sequence[Definition]) -> dict[str, Definition]:
        """Those of `definitions` that would be offered in the place of the first ones, by the names they would have."""
        if tuple(definitions) == self._definitions:  # as nearly always: no schema has to be read again
            return self._offered
        return self._choose(definitions).offered

    def original(self, name: str) -> str:
        """The source's own name of an offered tool."""
        return self._original[name]

    @property
    def own_names(self) -> Mapping[str, str]:
        """The source's own names of the offered tools, by the names that they are offered under."""
        return self._original

    def effect(self, name: str) -> Effect:
        """What an offered tool does to the world."""
        return self._offered[name].effect

    @property
    def writes(self) -> bool:
        """Whether any tool on offer changes something."""
        return any(definition.effect == "write" for definition in self._offered.values())

    def refuse(self, call: ToolCall) -> ToolResult | None:
        """What a call gives that must not be executed: of a tool that is not offered, or with invalid arguments."""
        validator = self._validators.get(call.name)
        if validator is None:
            return failed(f"no tool is named {call.name!r}")
        problem = next(iter(validator.iter_errors(call.arguments)), None)
        if problem is None:
            return None
        place = ".".join(str(part) for part in problem.instance_path)
        return failed(f"invalid arguments: {place + ': ' if place else ''}{problem.message}")


@dataclass(frozen=True, slots=True)
class _Choice:
    """What is offered of some definitions, by the legal names, and what is not."""

    missing: set[str]
    """Names that are wanted and not there."""
    offered: dict[str, Definition] = field(default_factory=dict[str, Definition])
    validators: dict[str, jsonschema_rs.Validator] = field(default_factory=dict[str, jsonschema_rs.Validator])
    left_out: dict[str, str] = field(default_factory=dict[str, str])


def _choose(
    definitions: Sequence[Definition], *, only: Sequence[str], allow_write: bool, closed: bool, numbered: bool
) -> _Choice:
    choice = _Choice(missing=set(only))
    names = legal_names([definition.spec.name for definition in definitions])
    seen: set[str] = set()
    for definition, name in zip(definitions, names, strict=True):
        spec = definition.spec
        if spec.name in seen and not numbered:
            choice.left_out[name] = f"another tool is named {spec.name!r} as well"
            continue
        seen.add(spec.name)
        if only and not {spec.name, name} & choice.missing:
            continue
        choice.missing.difference_update((spec.name, name))
        if problem := check_schema(spec):
            choice.left_out[spec.name] = problem
        elif definition.effect == "write" and not allow_write:
            choice.left_out[spec.name] = "it changes something; tools.allow_write = true offers it"
        else:
            schema = {**spec.parameters, "additionalProperties": False} if closed else spec.parameters
            try:
                choice.validators[name] = jsonschema_rs.validator_for(
                    schema, retriever=refuse_remote, pattern_options=_BOUNDED
                )
            except jsonschema_rs.ValidationError as error:
                choice.left_out[spec.name] = f"a pattern of its parameters takes too much to check: {error.message}"
                continue
            choice.offered[name] = definition
    return choice


def _under_their_names(offered: Mapping[str, Definition]) -> list[ToolSpec]:
    return [definition.spec.model_copy(update={"name": name}) for name, definition in offered.items()]


class OfferedTools(ABC):
    """What every toolset tells of its offer."""

    _offer: Offer
    is_remote = False

    @abstractmethod
    def read_definitions(self) -> Sequence[Definition]:
        """All that the source says of its tools at this moment, whether they are on offer or not."""

    def definitions(self) -> str:
        return hash_definitions(self._offer.choose(self.read_definitions()).values())

    def specs_now(self) -> Sequence[ToolSpec]:
        return _under_their_names(self._offer.choose(self.read_definitions()))

    @property
    def specs(self) -> Sequence[ToolSpec]:
        return self._offer.specs

    @property
    def own_names(self) -> Mapping[str, str]:
        return self._offer.own_names

    @property
    def left_out(self) -> Mapping[str, str]:
        return self._offer.left_out

    @property
    def can_replay(self) -> bool:
        return not self._offer.writes


def legal_names(names: Sequence[str]) -> list[str]:
    """Names of letters, digits, `_` and `-`, at most 64 of them and no two alike, in order.

    A name that is legal stays as it is, whatever the others become; of several that are alike, the first does.
    """
    taken = {name for name in names if _is_legal(name)}
    kept: set[str] = set()
    legal: list[str] = []
    for name in names:
        if _is_legal(name) and name not in kept:
            kept.add(name)
            legal.append(name)
            continue
        stem = _ILLEGAL.sub("_", name).strip("_") or "tool"
        stem = stem if stem[0].isalpha() or stem[0] == "_" else f"tool_{stem}"
        candidate, number = stem[:_LONGEST], 2
        while candidate in taken:
            ending = f"_{number}"
            candidate, number = stem[: _LONGEST - len(ending)] + ending, number + 1
        taken.add(candidate)
        legal.append(candidate)
    return legal


def hash_definitions(definitions: Iterable[Definition]) -> str:
    """Equal for equal definitions, in whatever order the source tells them."""
    texts = sorted(canonical_json([d.spec.model_dump(mode="json"), d.effect]) for d in definitions)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _is_legal(name: str) -> bool:
    return 0 < len(name) <= _LONGEST and not _ILLEGAL.search(name) and (name[0].isalpha() or name[0] == "_")
