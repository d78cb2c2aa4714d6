"""The schemas of an OpenAPI document as JSON Schema, with everything they refer to in place."""

from ttpa.records.json_pointer import resolve
from ttpa.records.json_shapes import as_list, as_object, texts_in
from ttpa.records.record import JsonObject, JsonValue

_KEPT = frozenset(
    """type description enum const format pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength
    maxLength minItems maxItems uniqueItems default items properties required additionalProperties anyOf oneOf allOf
    not minProperties maxProperties""".split()  # noqa: SIM905 - one word a line would fill a screen
)
"""Keywords of a schema that a model can use."""
_MOST_SCHEMAS = 10_000
"""Of one argument or body with its references in place: more than a model could read."""


class Unusable(Exception):
    """An operation that a tool cannot call."""


class References:
    """What a document's references lead to. Raises `Unusable` for one that leaves the document, or leads nowhere."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._made = 0

    def schema(self, schema: JsonValue) -> JsonObject:
        """A schema with its references in place, as JSON Schema has it; one that holds itself ends in `{}`.

        Raises `Unusable` where they unfold to more than a model could read.
        """
        self._made = 0
        return self._unfold(schema, ())

    def _unfold(self, schema: JsonValue, above: tuple[str, ...]) -> JsonObject:
        self._made += 1
        if self._made > _MOST_SCHEMAS:
            raise Unusable(f"its references unfold to more than {_MOST_SCHEMAS:,} schemas")
        if not isinstance(schema, dict):
            return {}
        if isinstance(reference := schema.get("$ref"), str):
            if reference in above:
                return {}
            others = {key: value for key, value in schema.items() if key != "$ref"}
            return self._unfold({**as_object(self.find(reference)), **others}, (*above, reference))
        made: JsonObject = {}
        for key, value in schema.items():
            if key == "properties":
                kept = {
                    n: as_object(p)
                    for n, p in as_object(value).items()
                    if not as_object(self.follow(p)).get("readOnly")
                }
                made[key] = {name: self._unfold(member, above) for name, member in kept.items()}
            elif key in ("items", "not") or (key == "additionalProperties" and isinstance(value, dict)):
                made[key] = self._unfold(value, above)
            elif key in ("anyOf", "oneOf", "allOf"):
                made[key] = [self._unfold(one, above) for one in as_list(value)]
            elif key in _KEPT:
                made[key] = value
        if isinstance(members := made.get("properties"), dict) and "required" in made:
            made["required"] = [name for name in texts_in(made["required"]) if name in members]
        return _as_json_schema(schema, made)

    def follow(self, value: JsonValue) -> JsonValue:
        """What a reference leads to; any other value as it is."""
        for _ in range(20):
            if not isinstance(value, dict) or not isinstance(reference := value.get("$ref"), str):
                return value
            value = self.find(reference)
        raise Unusable("its references lead in a circle")

    def find(self, reference: str) -> JsonValue:
        if not reference.startswith("#/"):
            raise Unusable(f"it refers to {reference!r}; nothing outside of the document is fetched")
        found = resolve(self._document, reference)
        if found is None:
            raise Unusable(f"it refers to {reference!r}, which is not there")
        return found


def _as_json_schema(told: JsonObject, made: JsonObject) -> JsonObject:
    """What OpenAPI 3.0 writes in its own way, as JSON Schema does."""
    if told.get("nullable") is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(made.get(exclusive), bool):
            is_exclusive = made.pop(exclusive)
            if is_exclusive and bound in made:
                made[exclusive] = made.pop(bound)
    return made
