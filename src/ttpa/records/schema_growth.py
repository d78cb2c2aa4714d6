"""Schemas that no validator ends with: references that double, level by level or turn by turn."""

from ttpa.records.json_pointer import resolve
from ttpa.records.record import JsonObject, JsonValue
from ttpa.records.schema_recursion import DEFINITIONS, NO_SCHEMAS, Entangled, find_doubling

_MOST_RULES = 100_000
"""Rules that one value may have to be checked against."""
_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})


def find_growth(schema: JsonObject) -> str | None:
    """Why checking a value against `schema` could take for ever; none where it is bounded by schema and value."""
    try:
        _Growth(schema).rules(schema)
        doubling = find_doubling(schema)
    except (_GrowsError, Entangled) as error:
        return str(error)
    except RecursionError:
        return "its references are nested too deeply"
    return None if doubling is None else f"{doubling!r} refers to itself more than once at one place"


class _GrowsError(ValueError):
    """The schema grows without bound."""


class _Growth:
    """Counts the rules behind each reference once; what refers to itself counts as one rule there."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._known: dict[str, int] = {}
        self._open: set[str] = set()
        """References that are being followed."""

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
                if key not in DEFINITIONS:
                    total += sum(map(self.rules, value.values()))
            elif key not in NO_SCHEMAS:
                total += self.rules(value)
        if total > _MOST_RULES:
            raise _GrowsError(f"its references unfold to more than {_MOST_RULES:,} rules")
        return total

    def _follow(self, reference: str) -> int:
        if reference in self._open:
            return 1
        if reference not in self._known:
            self._open.add(reference)
            self._known[reference] = self.rules(self._find(reference))
            self._open.discard(reference)
        return self._known[reference]

    def _find(self, reference: str) -> JsonValue:
        """What a reference within the schema leads to; nothing for one that leaves it, which is refused elsewhere."""
        if reference.startswith("#") and reference != "#" and not reference.startswith("#/"):
            raise _GrowsError(
                f"{reference!r} names an anchor, which is not followed; a path such as '#/$defs/Day' is due"
            )
        return resolve(self._root, reference)
