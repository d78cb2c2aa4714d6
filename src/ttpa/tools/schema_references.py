"""A schema with what it refers to in place: one form for the model that reads it and for all that look into it."""

from ttpa.records.json_pointer import resolve
from ttpa.records.record import JsonObject, JsonValue

_SCHEMAS = frozenset(
    """items additionalItems prefixItems unevaluatedItems contains additionalProperties unevaluatedProperties
    propertyNames anyOf oneOf allOf not if then else""".split()  # noqa: SIM905 - one word a line would fill a screen
)
"""Keywords that hold a schema, or a list of them."""
_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
_DEFINITIONS = frozenset({"$defs", "definitions"})
_BESIDE = _DEFINITIONS | {"$schema", "$comment", "title", "description", "default", "examples", "deprecated"}
"""Keywords beside a reference that are no rules."""
_FOLLOWED_OTHERWISE = frozenset({"$dynamicRef", "$recursiveRef"})
_MOST_SCHEMAS = 10_000
"""With the references in place: more than a model could read."""


def put_in_place(schema: JsonObject) -> JsonObject:
    """The schema with what it refers to within itself in place, and without definitions that nothing refers to then.

    A reference stays, and all definitions with it, where it leads to a schema that holds it, or leads elsewhere, and
    where rules stand beside it. All stay where they would unfold to more than a model could read.
    """
    unfolding = _Unfolding(schema)
    try:
        made = unfolding.schema(schema, ("#",))
    except (_TooManyError, RecursionError):
        return schema
    return made if unfolding.leaves_any else {key: value for key, value in made.items() if key not in _DEFINITIONS}


class _TooManyError(Exception):
    """More schemas than a model could read."""


class _Unfolding:
    """Puts the references of one schema in place."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._made = 0
        self.leaves_any = False
        """Whether a reference stays."""

    def schema(self, schema: JsonObject, above: tuple[str, ...]) -> JsonObject:
        """The schema, which stands below the references `above`. Raises `_TooManyError`."""
        self._made += 1
        if self._made > _MOST_SCHEMAS:
            raise _TooManyError
        if isinstance(reference := schema.get("$ref"), str):
            if reference not in above and (found := self._find(schema, reference)) is not None:
                return self.schema(found, (*above, reference))
            self.leaves_any = True
        self.leaves_any |= not _FOLLOWED_OTHERWISE.isdisjoint(schema)
        return {key: self._below(key, value, above) for key, value in schema.items()}

    def _below(self, key: str, value: JsonValue, above: tuple[str, ...]) -> JsonValue:
        if key in _MAPS and isinstance(value, dict):
            return {name: self._any(one, above) for name, one in value.items()}
        if key in _SCHEMAS and isinstance(value, list):
            return [self._any(one, above) for one in value]
        return self._any(value, above) if key in _SCHEMAS else value

    def _any(self, value: JsonValue, above: tuple[str, ...]) -> JsonValue:
        if not isinstance(value, dict):
            return value
        if "$id" not in value:
            return self.schema(value, above)
        self.leaves_any = True  # what it refers to is looked for within itself
        return value

    def _find(self, schema: JsonObject, reference: str) -> JsonObject | None:
        """What the reference leads to, with what stands beside it; nothing where it has to stay."""
        found = resolve(self._root, reference)
        if not isinstance(found, dict) or "$id" in found:
            return None
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        rules = [key for key, value in beside.items() if key not in _BESIDE and found.get(key) != value]
        return None if rules else {**found, **beside}
