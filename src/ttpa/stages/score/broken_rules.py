"""Rules of a schema that values break, by place, as the validation library tells them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import jsonschema_rs

from ttpa.records.record import JsonValue
from ttpa.stages.score.nodes import Node, Path

_Kind = jsonschema_rs.ValidationErrorKind
_STRUCTURAL = frozenset({"type", "required", "additionalProperties", "unevaluatedProperties"})
"""Rules that a node tells of by itself, as far as it knows of them."""


@dataclass(frozen=True, slots=True, eq=False)
class BrokenRule:
    """A rule of the schema that a value breaks."""

    error: jsonschema_rs.ValidationError
    """As the validator tells it."""

    @property
    def text(self) -> str:
        """The rule's name, and what is wrong, in words."""
        return f"{self.error.kind.name}: {self.error.message[:200]}"

    @property
    def is_structural(self) -> bool:
        """Whether the rule is about types or members."""
        return self.error.kind.name in _STRUCTURAL

    def is_told_by(self, node: Node, value: JsonValue) -> bool:
        """Whether comparing `value` with the node finds this by itself; what holds on a condition it does not."""
        kind = self.error.kind
        if kind.name not in _STRUCTURAL:
            return False
        if isinstance(kind, _Kind.Required):
            return kind.property in node.required
        if isinstance(kind, _Kind.AdditionalProperties | _Kind.UnevaluatedProperties):
            return all(node.member(name) is None for name in kind.unexpected)
        return not node.allows(value)

    def of_alternative(self, index: int, count: int) -> "Broken | None":
        """Where the rule is an `anyOf` of `count` alternatives: the rules that the value breaks of one of them."""
        kind = self.error.kind
        if not isinstance(kind, _Kind.AnyOf) or len(kind.context) != count:
            return None
        return by_place(kind.context[index])


Broken = Mapping[Path, Sequence[BrokenRule]]
"""The broken rules of each place."""


def by_place(errors: Iterable[jsonschema_rs.ValidationError], *, is_whole: bool = True) -> Broken:
    """The broken rules by place; of a value that `is_whole` not without those about its types and members."""
    broken: dict[Path, list[BrokenRule]] = {}
    for error in errors:
        rule, path = BrokenRule(error), tuple(error.instance_path)
        if path or is_whole or not rule.is_structural:
            broken.setdefault(path, []).append(rule)
    return broken


def untold_rule(broken: Broken, path: Path, node: Node, value: JsonValue) -> BrokenRule | None:
    """The first broken rule of a place that comparing `value` with the node does not find by itself."""
    for rule in broken.get(path, ()):
        if not rule.is_told_by(node, value):
            return rule
    return None


def of_alternative(broken: Broken, path: Path, index: int, count: int) -> Broken:
    """The broken rules where of an `anyOf` at `path`, with `count` alternatives, that of one index was meant."""
    rules = broken.get(path, ())
    for rule in rules:
        inner = rule.of_alternative(index, count)
        if inner is not None:
            merged = {**broken, path: [each for each in rules if each is not rule]}
            merged.update({place: [*merged.get(place, ()), *more] for place, more in inner.items()})
            return merged
    return broken
