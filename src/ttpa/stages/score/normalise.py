"""JSON Schemas as people write them, rewritten into valid JSON Schema (2020-12); every change is told as a problem."""

import json
import re
from itertools import count
from typing import Any

from ttpa.records.json_pointer import resolve
from ttpa.records.record import JsonObject, JsonValue
from ttpa.stages.score.validators import compile_validator, has_type

MAX_SCHEMA_DEPTH = 64

JSON_TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")

_ALIASES = {
    **dict.fromkeys(("str", "text", "char", "date", "time", "datetime", "date-time", "uuid", "uri", "url"), "string"),
    **dict.fromkeys(("int", "long", "short", "byte", "int32", "int64", "bigint"), "integer"),
    **dict.fromkeys(("float", "double", "decimal", "numeric"), "number"),
    "bool": "boolean",
    **dict.fromkeys(("list", "tuple", "set", "arraylist", "sequence"), "array"),
    **dict.fromkeys(("dict", "dictionary", "map", "hashmap", "hashtable", "json", "struct"), "object"),
    **dict.fromkeys(("none", "nonetype"), "null"),
}
_ANY = ("any", "mixed", "*")
_GENERIC = re.compile(r"(list|array|arraylist|sequence|tuple|set|optional|dict|map)\s*[\[<](.*)[\]>]", re.DOTALL)

_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_COUNTS = (
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minContains",
    "maxContains",
)
_OTHER = ("enum", "const", "pattern", "format", "uniqueItems", "dependentRequired")
_SINGLE = ("contains", "propertyNames", "not", "if", "then", "else")
_MAPS = ("$defs", "definitions", "patternProperties", "dependentSchemas")

CONSTRAINTS = frozenset((*_NUMBERS, *_COUNTS, *_SINGLE, *_OTHER, "patternProperties", "dependentSchemas"))
"""Keywords that restrict a value beyond its type and members."""


class SchemaReader:
    """Rewrites one tool's parameters and collects what had to be changed."""

    def __init__(self, parameters: JsonValue) -> None:
        self.problems: list[str] = []
        self._root = self._as_parameters(parameters)
        self._written: dict[int, dict[str, Any]] = {}
        """By the id of a schema as it was written: what it became."""
        self._referring: list[dict[str, Any]] = []

    def read(self) -> dict[str, Any]:
        """The arguments' schema: an object schema."""
        schema = self._schema(self._root, "", 0)
        if schema.get("type", "object") != "object":
            self._tell("", f"type {schema['type']!r} read as object: arguments are an object")
        schema["type"] = "object"
        for referring in self._referring:  # grows where what is referred to is read here first
            self._lead(referring, schema)
        return schema

    def _lead(self, referring: dict[str, Any], schema: dict[str, Any]) -> None:
        """Gives what a reference led to, where it stands elsewhere since (`oneOf` is `anyOf`), a name of its own."""
        reference: str = referring["$ref"]
        target = resolve(self._root, reference)
        became = self._written.get(id(target))
        if became is None:
            became = self._schema(target, reference, 1)
        if resolve(schema, reference) is not became:
            named: dict[str, Any] = schema.setdefault("$defs", {})
            name = next(name for number in count() if (name := f"moved-{number}") not in named)
            named[name] = became
            referring["$ref"] = f"#/$defs/{name}"

    def _as_parameters(self, raw: JsonValue) -> JsonObject:
        if raw is None:
            return {}
        if isinstance(raw, list):
            self._tell("", "a list of parameters read as properties")
            members: JsonObject = {}
            for index, item in enumerate(raw):
                if isinstance(item, dict) and isinstance(name := item.get("name"), str):
                    members[name] = item
                else:
                    self._tell("", f"parameter {index} has no name, ignored")
            return {"type": "object", "properties": members}
        if not isinstance(raw, dict):
            self._tell("", f"parameters are {raw!r}, not a schema: read as none")
            return {}
        known = {"type", "properties", "$ref", "anyOf", "oneOf", "allOf", "required", "additionalProperties", "$defs"}
        is_map = bool(raw) and all(isinstance(value, dict | str) for value in raw.values())
        if is_map and (not known & raw.keys() or (isinstance(raw.get("type"), dict) and "properties" not in raw)):
            self._tell("", "a map of parameters without 'properties' read as properties")
            return {"type": "object", "properties": raw}
        return raw

    def _tell(self, path: str, problem: str) -> None:
        self.problems.append(f"`{path}`: {problem}" if path else problem)

    def _schema(self, raw: JsonValue, path: str, depth: int) -> dict[str, Any]:
        if isinstance(raw, str):
            self._tell(path, f"schema {raw!r} read as a type")
            raw = {"type": raw}
        if isinstance(raw, bool):
            return {} if raw else {"not": {}}
        if not isinstance(raw, dict) or depth > MAX_SCHEMA_DEPTH:
            self._tell(path, f"not a schema, anything is allowed: {str(raw)[:60]}")
            return {}
        out = self._written[id(raw)] = {}
        if isinstance(dependencies := raw.get("dependencies"), dict):
            raw = _with_dependencies(raw, dependencies)
        if raw.get("nullable") is True and depth and raw.keys().isdisjoint(("type", "properties", "items")):
            self._tell(path, "'nullable' without a type, null is allowed besides")
            raw = _with_null(raw)
        self._read_types(raw, out, path)
        self._read_members(raw, out, path, depth)
        self._read_items(raw, out, path, depth)
        self._read_combinations(raw, out, path, depth)
        self._read_rules(raw, out, path)
        self._read_default(raw, out, path)
        return out

    def _read_types(self, raw: JsonObject, out: dict[str, Any], path: str) -> None:
        types: list[str] | None = None
        if (stated := raw.get("type")) is not None:
            names = stated if isinstance(stated, list) else [stated]
            read = [self._types(name, out, path) for name in names]
            types = None if not read or None in read else [name for each in read if each for name in each]
        elif "properties" in raw and "$ref" not in raw:
            types = ["object"]
            if path:
                self._tell(path, "no type, read as object")
        elif "items" in raw and "$ref" not in raw:
            types = ["array"]
            self._tell(path, "no type, read as array")
        if types and raw.get("nullable") is True:
            types.append("null")
        if types:
            unique = list(dict.fromkeys(types))
            out["type"] = unique[0] if len(unique) == 1 else unique

    def _types(self, name: JsonValue, out: dict[str, Any], path: str) -> list[str] | None:
        """The JSON types that `name` means; none where anything goes."""
        if name is None:
            return ["null"]
        if not isinstance(name, str):
            self._tell(path, f"type {str(name)[:60]} ignored")
            return None
        if name in JSON_TYPES:
            return [name]
        plain = name.strip().lower()
        if plain in _ANY:
            return None
        found = self._aliases(plain, out, path)
        meant = "anything" if found is None else " or ".join(found)
        self._tell(path, f"type {name!r} read as {meant}")
        return found

    def _aliases(self, plain: str, out: dict[str, Any], path: str) -> list[str] | None:
        if plain in JSON_TYPES:
            return [plain]
        if plain in _ALIASES:
            return [_ALIASES[plain]]
        if generic := _GENERIC.fullmatch(plain):
            outer, inner = generic[1], generic[2].strip()
            if outer == "optional":
                found = self._aliases(inner, out, path)
                return None if found is None else [*found, "null"]
            if outer in ("list", "array", "arraylist", "sequence", "set") and (found := self._aliases(inner, {}, path)):
                out["items"] = {"type": found}
            return ["object" if outer in ("dict", "map") else "array"]
        parts = re.split(r"\s*\|\s*|\s+or\s+|\s*,\s*", plain)
        if len(parts) > 1:
            read = [self._aliases(part, out, path) for part in parts if part != "optional"]
            return None if None in read or not read else [name for each in read if each for name in each]
        if plain.startswith(("date", "time")):
            return ["string"]
        return None

    def _read_members(self, raw: JsonObject, out: dict[str, Any], path: str, depth: int) -> None:
        properties = raw.get("properties")
        required = raw.get("required")
        names: list[str] = []
        if isinstance(properties, dict):
            out["properties"] = {}
            for name, schema in properties.items():
                below = f"{path}.{name}" if path else name
                out["properties"][name] = self._schema(schema, below, depth + 1)
                if isinstance(schema, dict) and isinstance(schema.get("required"), bool):
                    self._tell(below, "'required' beside the type moved to the object")
                    if schema["required"] is True:
                        names.append(name)
        elif properties is not None:
            self._tell(path, "'properties' is not an object, ignored")
        if isinstance(required, str):
            self._tell(path, f"'required' is {required!r}, read as a list")
            required = [required]
        if isinstance(required, list):
            names.extend(name for name in required if isinstance(name, str))
            if len(names) < len(required):
                self._tell(path, "'required' holds more than names, the rest is ignored")
        elif required is not None and not isinstance(required, bool):
            self._tell(path, "'required' is not a list, ignored")
        for name in names:
            if isinstance(properties, dict) and name not in out["properties"]:
                self._tell(path, f"required {name!r} has no schema, anything is allowed")
                out["properties"][name] = {}
        if names:
            out["required"] = list(dict.fromkeys(names))
        if (more := raw.get("additionalProperties")) is not None:
            out["additionalProperties"] = more if isinstance(more, bool) else self._schema(more, f"{path}.*", depth + 1)

    def _read_items(self, raw: JsonObject, out: dict[str, Any], path: str, depth: int) -> None:
        items, prefix = raw.get("items"), raw.get("prefixItems")
        if isinstance(items, list):
            items, prefix = raw.get("additionalItems"), items
        if isinstance(prefix, list) and prefix:
            out["prefixItems"] = [
                self._schema(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(prefix)
            ]
        if items is False:
            out["maxItems"] = len(prefix) if isinstance(prefix, list) else 0
        elif items is not None and items is not True:
            out["items"] = self._schema(items, f"{path}[]", depth + 1)

    def _read_combinations(self, raw: JsonObject, out: dict[str, Any], path: str, depth: int) -> None:
        every: list[dict[str, Any]] = []
        for key in ("anyOf", "oneOf", "allOf"):
            options = raw.get(key)
            if options is None:
                continue
            if not isinstance(options, list) or not options:
                self._tell(path, f"{key!r} is not a list of schemas, ignored")
                continue
            read = [self._schema(option, path, depth + 1) for option in options]
            if key == "allOf":
                every.extend(read)
            elif "anyOf" in out:
                every.append({"anyOf": read})
            else:
                out["anyOf"] = read
        if every:
            out["allOf"] = every
        for key in _SINGLE:
            if key in raw:
                out[key] = self._schema(raw[key], path, depth + 1)
        for key in _MAPS:
            if isinstance(schemas := raw.get(key), dict):
                out[key] = {
                    name: self._schema(schema, f"{path}<{name}>", depth + 1) for name, schema in schemas.items()
                }
        if (reference := raw.get("$ref")) is not None:
            if isinstance(reference, str) and isinstance(resolve(self._root, reference), dict):
                out["$ref"] = reference
                self._referring.append(out)
            else:
                self._tell(path, f"$ref {reference!r} does not lead to a place in this schema, ignored")

    def _read_rules(self, raw: JsonObject, out: dict[str, Any], path: str) -> None:
        for low, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if raw.get(exclusive) is True and low in raw:  # draft 4 has a flag beside the bound
                raw = {**{key: value for key, value in raw.items() if key != low}, exclusive: raw[low]}
            elif isinstance(raw.get(exclusive), bool):
                raw = {key: value for key, value in raw.items() if key != exclusive}
        for key in (*_NUMBERS, *_COUNTS, *_OTHER):
            if key not in raw or (raw[key] is None and key != "const"):
                continue
            if self._is_usable({key: raw[key]}) and not (key == "enum" and raw[key] == []):
                out[key] = raw[key]
            else:
                self._tell(path, f"{key!r} is {str(raw[key])[:60]!r}, ignored")
        if "enum" in out and "type" in out and not any(has_type(value, out["type"]) for value in out["enum"]):
            self._tell(path, f"no value of 'enum' is of type {out['type']!r}, enum ignored")
            del out["enum"]

    @staticmethod
    def _is_usable(rule: JsonObject) -> bool:
        try:
            compile_validator(rule)
        except (ValueError, OverflowError):
            return False
        return True

    def _read_default(self, raw: JsonObject, out: dict[str, Any], path: str) -> None:
        if "default" not in raw:
            return
        default = raw["default"]
        types = out.get("type")
        if isinstance(default, str) and types and not has_type(default, types):
            try:
                spelled: JsonValue = json.loads(default)
            except (ValueError, RecursionError):
                spelled = None
            if spelled is not None and has_type(spelled, types):
                self._tell(path, f"default {default!r} read as {default}")
                default = spelled
        out["default"] = default


def _with_dependencies(schema: JsonObject, dependencies: JsonObject) -> JsonObject:
    """A schema of draft 7 with its `dependencies` as they are written since."""
    names: JsonObject = {name: each for name, each in dependencies.items() if isinstance(each, list)}
    schemas: JsonObject = {name: each for name, each in dependencies.items() if name not in names}
    parts = schema.get("allOf")
    rule: JsonObject = {"dependentRequired": names, "dependentSchemas": schemas}
    return {**schema, "allOf": [*(parts if isinstance(parts, list) else []), rule]}


def _with_null(schema: JsonObject) -> JsonObject:
    """The schema, or null."""
    beside: JsonObject = {key: value for key, value in schema.items() if key == "default"}
    rest: JsonObject = {key: value for key, value in schema.items() if key not in ("default", "nullable")}
    return {"anyOf": [rest, {"type": "null"}], **beside}
