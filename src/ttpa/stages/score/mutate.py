"""Wrong turns made from right ones, each labelled with the one error it holds."""

import random
from collections.abc import Iterator, Mapping, Sequence

from ttpa.records.record import JsonValue, Record
from ttpa.records.scores import ErrorKind
from ttpa.records.tools import ToolCall
from ttpa.stages.score.nodes import Node, Path
from ttpa.stages.score.schemas import CompiledTool, CompiledTools
from ttpa.stages.score.scorer import path_text
from ttpa.stages.score.turns import Call, read_calls
from ttpa.stages.score.values import is_same

_WORDS = ("amber", "delta", "harbor", "juniper", "meadow", "quartz", "saffron", "willow")


_MAX_DEPTH = 8
"""Levels of a sampled value; a schema that refers to itself has no end of its own."""


class Mutant(Record):
    """A wrong turn and the error that was put into it."""

    kind: ErrorKind
    calls: tuple[ToolCall, ...] | None
    """None for a turn that cannot be read."""
    call: int | None = None
    """Index of the changed call: in `calls`, for `missing_call` in the reference."""
    path: str | None = None
    """Where in its arguments."""


def mutate(
    reference: Sequence[object],
    tools: CompiledTools,
    *,
    seed: int,
    acceptable: Sequence[Mapping[str, Mapping[str, Sequence[JsonValue]]]] | None = None,
    per_kind: int = 1,
) -> list[Mutant]:
    """Up to `per_kind` wrong turns of every error kind that the reference and its tools leave room for.

    Each holds exactly the error it is labelled with, given a reference that holds none. Same input, same mutants.
    Raises `ValueError` for a reference that is not made of calls.
    """
    rng = random.Random(f"{seed}")
    calls = read_calls(reference)
    free = [_listed(entry) for entry in acceptable] if acceptable else [dict[str, list[JsonValue]]() for _ in calls]
    mutants = [*_turn_mutants(calls, tools, rng)]
    for index, call in enumerate(calls):
        site = _Site(calls, index, tools, tools.tool(call.name), free[index])
        mutants.extend(_name_mutants(site, rng))
        mutants.extend(_argument_mutants(site, rng))
        mutants.extend(_value_mutants(site, rng))
    rng.shuffle(mutants)
    counts = dict.fromkeys(ErrorKind, 0)
    kept: list[Mutant] = []
    for mutant in mutants:
        counts[mutant.kind] += 1
        if counts[mutant.kind] <= per_kind:
            kept.append(mutant)
    order = list(ErrorKind)
    return sorted(kept, key=lambda mutant: order.index(mutant.kind))


class _Site:
    """One call of a reference turn, to be changed."""

    def __init__(
        self, calls: list[Call], index: int, tools: CompiledTools, tool: CompiledTool, free: dict[str, list[JsonValue]]
    ) -> None:
        self.calls = calls
        self.index = index
        self.call = calls[index]
        self.tools = tools
        self.tool = tool
        self.free = free
        """Scalars that are acceptable for each argument, at whatever depth."""

    def mutant(
        self,
        kind: ErrorKind,
        *,
        name: str | None = None,
        arguments: dict[str, JsonValue] | None = None,
        path: Path = (),
    ) -> Mutant:
        """The turn with this call's name or arguments replaced."""
        new = self.call.arguments if arguments is None else arguments
        changed = ToolCall(name=name or self.call.name, arguments=new)
        turn = [_as_tool_call(call) for call in self.calls]
        turn[self.index] = changed
        return Mutant(kind=kind, calls=tuple(turn), call=self.index, path=path_text(path) if path else None)

    def is_free(self, path: Path, value: JsonValue) -> bool:
        """Whether `value` may be acceptable below the argument that `path` leads into."""
        return any(is_same(value, each, "folded") for each in self.free.get(str(path[0]), ()))

    def may_be_omitted(self, path: Path, node: Node) -> bool:
        """Whether it may be acceptable to leave out what stands at `path`: it is listed so, or so is its default."""
        if self.is_free(path, ""):
            return True
        is_listed = str(path[0]) in self.free
        return is_listed and node.has_default and all(self.is_free(path, each) for each in _flat(node.default))

    def breaks_a_rule(self, path: Path, value: JsonValue) -> bool:
        """Whether the schema forbids `value` at `path`, its type apart."""
        name = str(path[0])
        return self.breaks_rules({**self.call.arguments, name: _replaced(self.call.arguments[name], path[1:], value)})

    def breaks_rules(self, arguments: dict[str, JsonValue]) -> bool:
        """Whether the schema forbids what is changed in the arguments, types and members apart."""
        if not self.tool.is_crossing:
            arguments = {name: value for name, value in arguments.items() if value != self.call.arguments.get(name)}
        return any(not rule.is_structural for rules in self.tool.broken_rules(arguments).values() for rule in rules)


def _turn_mutants(calls: Sequence[Call], tools: CompiledTools, rng: random.Random) -> Iterator[Mutant]:
    turn = tuple(_as_tool_call(call) for call in calls)
    yield Mutant(kind=ErrorKind.MALFORMED, calls=None)
    if not turn:
        for name in tools.names:
            arguments = _sample_arguments(tools.tool(name).arguments, rng)
            added = ToolCall(name=name, arguments=arguments)
            yield Mutant(kind=ErrorKind.UNNEEDED_CALL, calls=(added,), call=0)
        return
    yield Mutant(kind=ErrorKind.NO_CALL, calls=())
    for index, call in enumerate(turn):
        if len(turn) > 1:
            yield Mutant(kind=ErrorKind.MISSING_CALL, calls=turn[:index] + turn[index + 1 :], call=index)
        yield Mutant(kind=ErrorKind.EXTRA_CALL, calls=(*turn, call), call=len(turn))


def _name_mutants(site: _Site, rng: random.Random) -> Iterator[Mutant]:
    stranger = f"{site.call.name}_{rng.choice(_WORDS)}"
    if stranger not in site.tools:
        yield site.mutant(ErrorKind.UNKNOWN_TOOL, name=stranger)
    for other in site.tools.names:
        if other != site.call.name:
            yield site.mutant(ErrorKind.WRONG_TOOL, name=other)


def _argument_mutants(site: _Site, rng: random.Random) -> Iterator[Mutant]:
    """Arguments left out or added, at the top and inside of objects."""
    for path, value, node in _objects(site.call.arguments, site.tool.arguments, ()):
        for name in value:
            below = (*path, name)
            rest = {each: item for each, item in value.items() if each != name}
            child = node.member(name)
            if name in node.required:
                yield site.mutant(ErrorKind.MISSING_REQUIRED, arguments=_changed(site, path, rest), path=below)
            elif child is not None and not _is_default(value[name], child) and not site.may_be_omitted(below, child):
                yield site.mutant(ErrorKind.MISSING_OPTIONAL, arguments=_changed(site, path, rest), path=below)
        stranger = f"{rng.choice(_WORDS)}_note"
        if node.member(stranger) is None and stranger not in value:
            added = {**value, stranger: "x"}
            yield site.mutant(ErrorKind.UNKNOWN_ARGUMENT, arguments=_changed(site, path, added), path=(*path, stranger))
        for name, child in node.properties.items():
            below = (*path, name)
            if name in value or (name in site.free if not path else bool(site.free.get(str(path[0])))):
                continue
            sample = _sample(child, rng)
            if _is_default(sample, child) or not child.allows(sample):
                continue
            arguments = _changed(site, path, {**value, name: sample})
            if not site.breaks_rules(arguments):
                yield site.mutant(ErrorKind.EXTRA_ARGUMENT, arguments=arguments, path=below)


def _value_mutants(site: _Site, rng: random.Random) -> Iterator[Mutant]:
    """Values of another type, forbidden ones, and ones that are allowed but not meant."""
    for path, value, node in _scalars(site.call.arguments, site.tool.arguments, ()):
        if node.types is not None:
            pool: tuple[JsonValue, ...] = (str(value), 7, [value], True, {})
            wrong = [each for each in pool if not node.allows(each)]
            for each in wrong[:1]:
                yield site.mutant(ErrorKind.WRONG_TYPE, arguments=_changed(site, path, each), path=path)
        others = [each for each in _others(value, node, rng) if node.allows(each) and not site.is_free(path, each)]
        forbidden = [each for each in others if site.breaks_a_rule(path, each)] if node.is_constrained else []
        for each in forbidden[:1]:
            yield site.mutant(ErrorKind.INVALID_VALUE, arguments=_changed(site, path, each), path=path)
        valid = [each for each in others if each not in forbidden] if forbidden else others
        for each in valid[:1]:
            yield site.mutant(ErrorKind.WRONG_VALUE, arguments=_changed(site, path, each), path=path)


def _others(value: JsonValue, node: Node, rng: random.Random) -> Iterator[JsonValue]:
    """Other values of the same type as `value`: near ones, then far ones."""
    found: list[JsonValue] = list(node.choices)
    rng.shuffle(found)
    if isinstance(value, bool):
        found.append(not value)
    elif isinstance(value, int | float):
        found.extend(value + step for step in (rng.randint(1, 9), -rng.randint(1, 9), 100, -1_000_000, 1_000_000_007))
    elif isinstance(value, str):
        digits = [index for index, mark in enumerate(value) if mark in "12345678"]
        if digits:
            at = rng.choice(digits)
            found.append(f"{value[:at]}{int(value[at]) + 1}{value[at + 1 :]}")
        found.extend((f"{value} {rng.choice(_WORDS)}", rng.choice(_WORDS), f"{rng.choice(_WORDS)}@0"))
    for other in found:
        if type(other) is type(value) and not is_same(other, value, "folded"):
            yield other


def _objects(value: JsonValue, node: Node, path: Path) -> Iterator[tuple[Path, dict[str, JsonValue], Node]]:
    """Every object in `value`, the outermost first."""
    node = node.variant_for(value)
    if isinstance(value, dict):
        yield path, value, node
    for key, item, child in _children(value, node):
        yield from _objects(item, child, (*path, key))


def _scalars(value: JsonValue, node: Node, path: Path) -> Iterator[tuple[Path, JsonValue, Node]]:
    node = node.variant_for(value)
    if not isinstance(value, dict | list):
        yield path, value, node
    for key, item, child in _children(value, node):
        yield from _scalars(item, child, (*path, key))


def _children(value: JsonValue, node: Node) -> Iterator[tuple[str | int, JsonValue, Node]]:
    if isinstance(value, dict):
        for name, item in value.items():
            child = node.member(name)
            if child is not None:
                yield name, item, child
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield index, item, node.element(index)


def _changed(site: _Site, path: Path, value: JsonValue) -> dict[str, JsonValue]:
    changed = _replaced(site.call.arguments, path, value)
    assert isinstance(changed, dict), "a path below the arguments leaves them an object"
    return changed


def _replaced(value: JsonValue, path: Path, new: JsonValue) -> JsonValue:
    """`value` with what stands at `path` replaced; the original is left as it is."""
    if not path:
        return new
    key = path[0]
    if isinstance(value, dict):
        return {name: _replaced(item, path[1:], new) if name == key else item for name, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, path[1:], new) if index == key else item for index, item in enumerate(value)]
    return value


def _sample_arguments(node: Node, rng: random.Random, depth: int = 0) -> dict[str, JsonValue]:
    if depth > _MAX_DEPTH:
        return {}
    return {name: _sample(node.properties[name], rng, depth + 1) for name in node.required if name in node.properties}


def _sample(node: Node, rng: random.Random, depth: int = 0) -> JsonValue:
    """A value of the node's type, one of its choices where it has some."""
    if node.choices:
        return rng.choice(node.choices)
    kind = node.types[0] if node.types else "string"
    plain: dict[str, JsonValue] = {
        "string": rng.choice(_WORDS),
        "integer": rng.randint(2, 9),
        "number": rng.randint(2, 9) + 0.5,
        "boolean": not node.default if isinstance(node.default, bool) else True,
        "null": None,
    }
    if kind == "array":
        return [] if depth > _MAX_DEPTH else [_sample(node.element(0), rng, depth + 1)]
    if kind == "object":
        return _sample_arguments(node, rng, depth + 1)
    return plain[kind]


def _is_default(value: JsonValue, node: Node) -> bool:
    return node.has_default and is_same(value, node.default, "folded")


def _listed(entry: Mapping[str, Mapping[str, Sequence[JsonValue]]]) -> dict[str, list[JsonValue]]:
    return {name: list(_flat(list(values))) for arguments in entry.values() for name, values in arguments.items()}


def _flat(value: JsonValue) -> Iterator[JsonValue]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _flat(item)
    elif isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _as_tool_call(call: Call) -> ToolCall:
    return ToolCall(name=call.name, arguments=call.arguments)
