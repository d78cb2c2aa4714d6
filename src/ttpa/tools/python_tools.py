"""Python functions as tools: their schemas from type hints and docstrings."""

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, cast

import docstring_parser
import jsonschema_rs
from pydantic import ConfigDict, Field, create_model
from pydantic.errors import PydanticUserError
from pydantic_core import SchemaError

from ttpa.errors import ToolError
from ttpa.records.record import JsonObject
from ttpa.records.schema_growth import find_growth
from ttpa.records.tools import ToolSpec


def read_specs(functions: Mapping[str, Callable[..., object]]) -> list[ToolSpec]:
    """One spec a function, in order; `functions` are named as tools.

    Parameters come from the signature, descriptions from a Google-, NumPy- or reST-style docstring. Raises
    `ToolError` that names the function for a missing description, an unannotated parameter, `*args`, a type that has
    no JSON Schema, or that holds itself.
    """
    return [_read_spec(name, function) for name, function in functions.items()]


def check_schema(spec: ToolSpec) -> str | None:
    """Why the spec's parameters are no JSON Schema of an object; none where they are.

    References must lead to a place within the schema: nothing is fetched.
    """
    if spec.parameters.get("type") != "object":
        return f"parameters have type {spec.parameters.get('type')!r}, an object schema was due"
    if growth := find_growth(spec.parameters):
        return f"parameters cannot be checked: {growth}"
    try:
        json.dumps(spec.parameters, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "parameters hold a lone surrogate, which no UTF-8 file can hold"
    try:
        jsonschema_rs.validator_for(spec.parameters, retriever=refuse_remote)
    except jsonschema_rs.ValidationError as error:
        place = ".".join(str(part) for part in error.instance_path) or "the top"
        return f"parameters are no JSON Schema at {place}: {error.message}"
    return None


def refuse_remote(uri: str) -> NoReturn:
    """Fetches nothing: raises `ToolError` for any reference that leaves its schema."""
    raise ToolError(f"a schema refers to {uri!r}; nothing outside of the schema is fetched")


def _read_spec(name: str, function: Callable[..., object]) -> ToolSpec:
    docstring = docstring_parser.parse(inspect.getdoc(function) or "")
    if not docstring.short_description:
        raise ToolError(f"tool {name!r} has no docstring; its first line is what the model reads")
    described = {parameter.arg_name: parameter.description or "" for parameter in docstring.params}
    fields: dict[str, Any] = {}
    try:
        signature = inspect.signature(function, eval_str=True)
    except (NameError, TypeError, ValueError) as error:
        raise ToolError(f"tool {name!r} has a signature that cannot be read: {error}") from error
    for index, parameter in enumerate(signature.parameters.values()):
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise ToolError(f"tool {name!r}: parameter {parameter.name!r} cannot be given by name")
        if parameter.annotation is parameter.empty:
            raise ToolError(f"tool {name!r}: parameter {parameter.name!r} has no type annotation")
        default = ... if parameter.default is parameter.empty else parameter.default
        # The name goes into an alias: pydantic keeps `json`, `copy`, `_x` and others to itself.
        description = described.get(parameter.name)
        told: dict[str, Any] = {"description": description} if description else {}  # else what the annotation says
        fields[f"parameter_{index}"] = (parameter.annotation, Field(default, alias=parameter.name, **told))
    try:
        model = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
        schema = cast("JsonObject", model.model_json_schema())
    except PydanticUserError as error:
        raise ToolError(f"tool {name!r} has a parameter type without a JSON Schema: {error.message}") from error
    except SchemaError as error:
        reason = " ".join(str(error).split())
        raise ToolError(f"tool {name!r} has a parameter type without a JSON Schema: {reason}") from error
    schema = _tidy(schema, schema.pop("$defs", {}), name)
    schema.setdefault("properties", {})
    return ToolSpec(name=name, description=docstring.short_description, parameters=schema)


_VALUES = ("default", "const", "enum", "examples")
"""Keywords whose values are data, not schemas."""
_KEY_ORDER = ("type", "description", "enum", "const", "items", "properties", "required", "default")


def _tidy(schema: Any, definitions: Any, tool: str, above: tuple[str, ...] = ()) -> Any:
    """The schema without pydantic's titles and with its definitions in place: shorter for the model to read."""
    if isinstance(schema, list):
        return [_tidy(item, definitions, tool, above) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    items = cast("dict[str, Any]", schema)
    if "$ref" in items:
        name = str(items["$ref"]).removeprefix("#/$defs/")
        if name in above:
            raise ToolError(f"tool {tool!r}: type {name!r} holds itself; a tool's parameters must be finite")
        above = (*above, name)
        items = {**definitions[name], **{key: value for key, value in items.items() if key != "$ref"}}
    tidy: dict[str, Any] = {}
    for key, value in items.items():
        if key == "title" or (key == "additionalProperties" and isinstance(value, bool)):
            continue
        if key == "properties":
            tidy[key] = {name: _tidy(property_, definitions, tool, above) for name, property_ in value.items()}
        else:
            tidy[key] = value if key in _VALUES else _tidy(value, definitions, tool, above)
    return {key: tidy[key] for key in sorted(tidy, key=lambda key: _KEY_ORDER.index(key) if key in _KEY_ORDER else 99)}
