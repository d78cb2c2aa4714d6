"""The schemas of an OpenAPI document as JSON Schema, with everything they refer to in place."""

from collections.abc import Iterator

from ttpa.records.json_pointer import resolve
from ttpa.records.json_shapes import as_list, as_object, texts_in
from ttpa.records.record import JsonObject, JsonValue

_KEPT = frozenset(
    """type description enum const format pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength
    maxLength minItems maxItems uniqueItems default items properties required additionalProperties anyOf oneOf allOf
    not minProperties maxProperties""".split()  # noqa: SIM905 - one word a line would fill a screen
)
"""Keywords of a schema that a model can use."""
_BRANCHES = ("allOf", "anyOf", "oneOf")
"""Keywords that say more of the same value."""
_NOTES = frozenset({"description", "default"})
"""Keywords that restrict nothing."""
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
        return self._unfold(schema, (), frozenset())

    def _unfold(self, schema: JsonValue, above: tuple[str, ...], read_only: frozenset[str]) -> JsonObject:
        """`read_only` names members that the schema is not asked for, whatever it says of them."""
        self._made += 1
        if self._made > _MOST_SCHEMAS:
            raise Unusable(f"its references unfold to more than {_MOST_SCHEMAS:,} schemas")
        if not isinstance(schema, dict):
            return {}
        if isinstance(reference := schema.get("$ref"), str):
            if reference in above:
                return {}
            return self._unfold(self._in_place(schema), (*above, reference), read_only)
        read_only |= self._read_only(schema)
        made: JsonObject = {}
        for key, value in schema.items():
            if key == "properties":
                kept = {name: member for name, member in as_object(value).items() if name not in read_only}
                made[key] = {name: self._unfold(member, above, frozenset()) for name, member in kept.items()}
            elif key in ("items", "not") or (key == "additionalProperties" and isinstance(value, dict)):
                made[key] = self._unfold(value, above, frozenset())
            elif key in _BRANCHES:
                branches = [(one, self._unfold(one, above, read_only)) for one in as_list(value)]
                made[key] = [branch for one, branch in branches if key == "allOf" or not _is_emptied(one, branch)]
                if branches and not made[key]:
                    del made[key]
            elif key == "required" and (isinstance(value, list) or "properties" in schema):
                made[key] = [name for name in texts_in(value) if name not in read_only]
            elif key in _KEPT:
                made[key] = value
        return _as_json_schema(schema, made)

    def _read_only(self, schema: JsonObject) -> frozenset[str]:
        """Members that an object of the schema has in answers alone, whichever of its branches says so.

        One that an alternative alone says it of, and another describes as any other, is none.
        """
        told = list(self._members(schema, set(), is_sure=True))
        writable = {name for name, is_read_only, _ in told if not is_read_only}
        return frozenset(
            name for name, is_read_only, is_sure in told if is_read_only and (is_sure or name not in writable)
        )

    def _members(
        self, schema: JsonValue, seen: set[tuple[str, bool]], *, is_sure: bool
    ) -> Iterator[tuple[str, bool, bool]]:
        """Each member that a branch describes, whether it is read-only there, and whether the branch always holds."""
        if not isinstance(schema, dict):
            return
        if isinstance(reference := schema.get("$ref"), str):
            if (reference, is_sure) in seen:
                return
            seen.add((reference, is_sure))
            yield from self._members(self._in_place(schema), seen, is_sure=is_sure)
            return
        for name, member in as_object(schema.get("properties")).items():
            mark = as_object(member).get("readOnly", as_object(self.follow(member)).get("readOnly"))
            yield name, bool(mark), is_sure
        for key in _BRANCHES:
            for one in as_list(schema.get(key)):
                yield from self._members(one, seen, is_sure=is_sure and key == "allOf")

    def _in_place(self, schema: JsonObject) -> JsonObject:
        """What its reference leads to, with what stands beside the reference."""
        others = {key: value for key, value in schema.items() if key != "$ref"}
        return {**as_object(self.find(str(schema["$ref"]))), **others}

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


def _is_emptied(told: JsonValue, made: JsonObject) -> bool:
    """Whether an alternative asked for read-only members and for nothing else, so that no request takes it."""
    return bool(as_object(told).get("required")) and not made.get("required") and made.keys() <= {"type", "required"}


def _as_json_schema(told: JsonObject, made: JsonObject) -> JsonObject:
    """What OpenAPI 3.0 writes in its own way, as JSON Schema does."""
    if told.get("nullable") is True and isinstance(made.get("type"), str):
        made["type"] = [made["type"], "null"]
    elif told.get("nullable") is True and made.keys().isdisjoint(("type", "properties")):
        rest: JsonObject = {key: made.pop(key) for key in list(made) if key not in _NOTES}
        made.update({"anyOf": [_as_json_schema({}, rest), {"type": "null"}]} if rest else {})
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(made.get(exclusive), bool):
            is_exclusive = made.pop(exclusive)
            if is_exclusive and bound in made:
                made[exclusive] = made.pop(bound)
    return made
