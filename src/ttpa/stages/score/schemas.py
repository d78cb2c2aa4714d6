"""Tools compiled for scoring: each schema read once, then asked about many values."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jsonschema_rs

from ttpa.records.record import JsonObject, JsonValue
from ttpa.records.schema_growth import find_growth
from ttpa.records.tools import ToolSpec
from ttpa.stages.score.broken_rules import Broken, by_place
from ttpa.stages.score.nodes import ANYTHING, Node, compile_nodes, is_constrained
from ttpa.stages.score.normalise import SchemaReader
from ttpa.stages.score.turns import is_mapping
from ttpa.stages.score.validators import compile_validator

Tool = ToolSpec | Mapping[str, Any]
"""A tool as callers have it: ours, OpenAI's `{"type": "function", "function": {...}}`, or the bare function."""

_CROSSING = frozenset(
    {
        *("anyOf", "allOf", "$ref", "not", "if", "enum", "const", "minProperties", "maxProperties"),
        *("dependentRequired", "dependentSchemas", "propertyNames", "patternProperties"),
    }
)
"""Keywords that, at the root, are rules across arguments."""

_FREE: JsonObject = {"type": "object", "additionalProperties": True}
"""The parameters of a tool that takes anything."""


@dataclass(frozen=True, slots=True, eq=False)
class CompiledTool:
    """One tool's parameters, compiled."""

    name: str
    arguments: Node
    problems: tuple[str, ...]
    """What had to be changed or ignored in the schema, for people."""
    validator: jsonschema_rs.Draft202012Validator | None
    """Checks what types and members do not say; none where nothing is left to check."""
    is_crossing: bool
    """Whether the schema has rules across arguments."""

    def broken_rules(self, arguments: dict[str, JsonValue]) -> Broken:
        """Rules that the values break (enum, range, format, ...), by place.

        `()` means all arguments, and is told of a schema with rules across them alone.
        """
        if self.validator is None:
            return {}
        return by_place(self.validator.iter_errors(arguments), is_whole=self.is_crossing)


class CompiledTools:
    """The tools on offer, each compiled when it is first needed; a name given twice means its first tool.

    Raises `ValueError` for a tool without a name. Reuse one for all turns that are offered the same tools.
    """

    def __init__(self, tools: Iterable[Tool]) -> None:
        self._parameters: dict[str, object] = {}
        self._compiled: dict[str, CompiledTool] = {}
        self.repeated: list[str] = []
        """Names that are given more than once."""
        for index, tool in enumerate(tools):
            name, parameters = _read_tool(tool, index)
            if name in self._parameters:
                self.repeated.append(name)
            else:
                self._parameters[name] = parameters

    def __contains__(self, name: object) -> bool:
        return name in self._parameters

    @property
    def names(self) -> Sequence[str]:
        """Names of the tools on offer, in order."""
        return tuple(self._parameters)

    def tool(self, name: str) -> CompiledTool:
        """The tool of that name; for one that is not offered, a tool that takes anything."""
        compiled = self._compiled.get(name)
        if compiled is None:
            if name in self._parameters:
                compiled = compile_tool(name, self._parameters[name])
            else:
                compiled = CompiledTool(name, ANYTHING, (), None, is_crossing=False)
            self._compiled[name] = compiled
        return compiled


def schema_problems(tool: Tool) -> list[str]:
    """What is not valid JSON Schema in a tool's parameters, and how scoring reads it.

    Raises `ValueError` for a tool without a name and for parameters that are not JSON.
    """
    name, parameters = _read_tool(tool, 0)
    return list(compile_tool(name, parameters).problems)


def compile_tool(name: str, parameters: object) -> CompiledTool:
    """The compiled tool; equal schemas are compiled once per process. Raises `ValueError` where they are not JSON."""
    try:
        text = json.dumps(parameters, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"tool {name!r}: its parameters are not JSON ({error})") from error
    return _compile(name, text)


@lru_cache(maxsize=4096)
def _compile(name: str, text: str) -> CompiledTool:
    parameters: JsonValue = json.loads(text)
    growth = find_growth(parameters) if "$ref" in text and isinstance(parameters, dict) else None
    reader = SchemaReader(_FREE if growth else parameters)
    schema = reader.read()
    arguments = compile_nodes(schema)
    problems = [f"anything is allowed: {growth}"] if growth else list(reader.problems)
    validator: jsonschema_rs.Draft202012Validator | None = None
    is_crossing = not _CROSSING.isdisjoint(schema)
    if is_crossing or is_constrained(schema, schema):
        try:
            validator = compile_validator(schema)
        except ValueError as error:
            problems.append(f"values are not checked beyond their types: {str(error).splitlines()[0]}")
    return CompiledTool(name, arguments, tuple(problems), validator, is_crossing)


def _read_tool(tool: Tool, index: int) -> tuple[str, object]:
    """Name and parameters."""
    if isinstance(tool, ToolSpec):
        return tool.name, tool.parameters
    if not is_mapping(tool):
        raise ValueError(f"tool {index} is {str(tool)[:100]!r}, neither a ToolSpec nor a function schema")
    function = tool.get("function", tool)
    name = function.get("name") if is_mapping(function) else None
    if not is_mapping(function) or not isinstance(name, str) or not name:
        raise ValueError(f"tool {index} has no name: {str(tool)[:100]}")
    return name, function.get("parameters")
