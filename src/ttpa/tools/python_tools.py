"""Python functions as tools: their schemas from type hints and docstrings, or why they have none."""

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, cast

import docstring_parser
import jsonschema_rs
from pydantic import Field, create_model
from pydantic.errors import PydanticUserError
from pydantic_core import SchemaError

from ttpa.errors import ToolError
from ttpa.records.record import JsonObject, JsonValue
from ttpa.records.schema_growth import find_growth
from ttpa.records.tools import ToolSpec


class Undescribed(Exception):
    """A function that no model can be told of as a tool; the message says why."""


def read_specs(functions: Mapping[str, Callable[..., object]]) -> tuple[list[ToolSpec], dict[str, str]]:
    """One spec a function, in order, and the reasons of those that have none; `functions` are named as tools.

    Parameters come from the signature, descriptions from a Google-, NumPy- or reST-style docstring. A missing one, an
    unannotated parameter, `*args`, and a type that has no JSON Schema, or that holds itself, leave a function out.
    """
    specs: list[ToolSpec] = []
    left_out: dict[str, str] = {}
    for name, function in functions.items():
        try:
            specs.append(_read_spec(name, function))
        except Undescribed as reason:
            left_out[name] = str(reason)
    return specs, left_out


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
    if not (inspect.isroutine(function) or hasattr(function, "__wrapped__")):  # what `functools.cache` makes is one
        raise Undescribed(f"it is of the type {type(function).__name__!r}; a function was due")
    docstring = docstring_parser.parse(inspect.getdoc(function) or "")
    if not docstring.short_description:
        raise Undescribed("it has no docstring; its first paragraph is what the model reads")
    described = {parameter.arg_name: parameter.description for parameter in docstring.params}
    properties: JsonObject = {}
    required: list[JsonValue] = []
    try:
        signature = inspect.signature(function, eval_str=True)
    except (NameError, TypeError, ValueError) as error:
        raise Undescribed(f"its signature cannot be read: {error}") from error
    module = getattr(function, "__module__", None) or __name__  # methods of built-in types have none
    for parameter in signature.parameters.values():
        properties[parameter.name] = _property(parameter, module, described.get(parameter.name))
        if parameter.default is parameter.empty:
            required.append(parameter.name)
    schema: JsonObject = {"type": "object", "properties": properties}
    return ToolSpec(
        name=name,
        description=_first_paragraph(docstring),
        parameters={**schema, "required": required} if required else schema,
    )


def _first_paragraph(docstring: docstring_parser.Docstring) -> str:
    """What stands before the first blank line or section, in one line."""
    told = docstring.short_description or ""
    if docstring.long_description and not docstring.blank_after_short_description:
        told += " " + docstring.long_description.partition("\n\n")[0]
    return " ".join(line.strip() for line in told.split("\n"))


def _property(parameter: inspect.Parameter, module: str, description: str | None) -> Any:
    """The schema of a parameter. Raises `Undescribed` that names it where it has none.

    `module` is where its function stands: what a hint quotes within, as in `list["Item"]`, is looked up there.
    """
    name = parameter.name
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise Undescribed(f"its parameter {name!r} cannot be given by name")
    if parameter.annotation is parameter.empty:
        raise Undescribed(f"its parameter {name!r} has no type annotation")
    default = ... if parameter.default is parameter.empty else parameter.default
    told: dict[str, Any] = {"description": description} if description else {}  # else what the annotation says
    # pydantic keeps `json`, `copy`, `_x` and others to itself, so the field has a name of ours.
    field: Any = (parameter.annotation, Field(default, alias="value", **told))
    try:
        schema = create_model(name, __module__=module, value=field).model_json_schema()
    except (PydanticUserError, SchemaError) as error:
        message = error.message if isinstance(error, PydanticUserError) else str(error)
        reason = " ".join(message.split())
        raise Undescribed(f"its parameter {name!r} has a type without a JSON Schema: {reason}") from error
    except RecursionError as error:  # an alias without a name of its own, as in `Rows = list["Rows"]`
        raise Undescribed(f"its parameter {name!r} is of a type that holds itself; it must end") from error
    return _tidy(schema["properties"]["value"], schema.get("$defs", {}), name)


_VALUES = ("default", "const", "enum", "examples")
"""Keywords whose values are data, not schemas."""
_KEY_ORDER = ("type", "description", "enum", "const", "items", "properties", "required", "default")


def _tidy(schema: Any, definitions: Any, parameter: str, above: tuple[str, ...] = ()) -> Any:
    """The schema without pydantic's titles and with its definitions in place: shorter for the model to read."""
    if isinstance(schema, list):
        return [_tidy(item, definitions, parameter, above) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    items = cast("dict[str, Any]", schema)
    if "$ref" in items:
        name = str(items["$ref"]).removeprefix("#/$defs/")
        if name in above:
            raise Undescribed(f"its parameter {parameter!r} is of the type {name!r}, which holds itself; it must end")
        above = (*above, name)
        items = {**definitions[name], **{key: value for key, value in items.items() if key != "$ref"}}
    tidy: dict[str, Any] = {}
    for key, value in items.items():
        if key == "title" or (key == "additionalProperties" and isinstance(value, bool)):
            continue
        if key == "properties":
            tidy[key] = {name: _tidy(property_, definitions, parameter, above) for name, property_ in value.items()}
        else:
            tidy[key] = value if key in _VALUES else _tidy(value, definitions, parameter, above)
    return {key: tidy[key] for key in sorted(tidy, key=lambda key: _KEY_ORDER.index(key) if key in _KEY_ORDER else 99)}
