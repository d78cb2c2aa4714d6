"""Schemas that no validator ends with: references that double, level by level or turn by turn."""

from ttpa.records.json_pointer import resolve
from ttpa.records.record import JsonObject, JsonValue

_MOST_RULES = 100_000
"""Rules that one value may have to be checked against."""
_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_DEFINITIONS = frozenset({"$defs", "definitions"})
_VALUES = frozenset({"default", "const", "enum", "examples", "example", "required", "type"})
"""Keywords whose values are no schemas."""


def find_growth(schema: JsonObject) -> str | None:
    """Why checking a value against `schema` could take for ever; none where it is bounded by schema and value."""
    growth = _Growth(schema)
    try:
        growth.rules(schema)
    except _GrowsError as error:
        return str(error)
    except RecursionError:
        return "its references are nested too deeply"
    return None


class _GrowsError(ValueError):
    """The schema grows without bound."""


class _Growth:
    """Counts the rules behind each reference once; what refers to itself may do so once a level."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._known: dict[str, int] = {}
        self._open: dict[str, int] = {}
        """References that are being followed, and how often each was met again below itself at one place."""

    def rules(self, schema: JsonValue) -> int:
        """Rules that a value meets here, those behind references included. Raises `_GrowsError` for too many."""
        if isinstance(schema, list):
            return sum(map(self.rules, schema))
        if not isinstance(schema, dict):
            return 0
        total = 1
        for key, value in schema.items():
            if key == "$ref" and isinstance(value, str):
                total += self._follow(value)
            elif key in _MAPS and isinstance(value, dict):
                if key not in _DEFINITIONS:
                    total += self._members(value)
            elif key not in _VALUES:
                total += self.rules(value)
        if total > _MOST_RULES:
            raise _GrowsError(f"its references unfold to more than {_MOST_RULES:,} rules")
        return total

    def _members(self, members: JsonObject) -> int:
        """Members are places of their own: a reference back from each of them is met once a place."""
        total, before = 0, dict(self._open)
        most = dict(before)
        for member in members.values():
            self._open = dict(before)
            total += self.rules(member)
            most = {name: max(most[name], met) for name, met in self._open.items()}
        self._open = most
        return total

    def _follow(self, reference: str) -> int:
        if reference in self._open:
            self._open[reference] += 1
            if self._open[reference] > 1:
                raise _GrowsError(f"{reference!r} refers to itself more than once at one place")
            return 1
        if reference not in self._known:
            self._open[reference] = 0
            self._known[reference] = self.rules(self._find(reference))
            del self._open[reference]
        return self._known[reference]

    def _find(self, reference: str) -> JsonValue:
        """What a reference within the schema leads to; nothing for one that leaves it, which is refused elsewhere."""
        if reference.startswith("#") and reference != "#" and not reference.startswith("#/"):
            raise _GrowsError(
                f"{reference!r} names an anchor, which is not followed; a path such as '#/$defs/Day' is due"
            )
        return resolve(self._root, reference)
