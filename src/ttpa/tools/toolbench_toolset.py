"""ToolBench's RapidAPI definitions as tools that answer from recorded responses: no key, no network is needed."""

import ast
import json
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, cast

from ttpa.errors import ToolError
from ttpa.records.record import JsonObject, JsonValue
from ttpa.records.strict_json import canonical_json
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec
from ttpa.tools.offer import Definition, Offer, OfferedTools
from ttpa.tools.results import failed, succeeded

_TYPES = {
    "STRING": "string", "NUMBER": "number", "BOOLEAN": "boolean", "OBJECT": "object", "ARRAY": "array",
    "ENUM": "string", "INTEGER": "integer", "BINARY": "string", "DATE (YYYY-MM-DD)": "string",
    "TIME (24-HOUR HH:MM)": "string", "GEOPOINT (LATITUDE, LONGITUDE)": "string",
}  # fmt: skip


class ToolBenchToolset(OfferedTools):
    """A folder with `tools/CATEGORY/TOOL.json` and, for the answers, `tool_response_cache/CATEGORY/TOOL/API.json`.

    That is the layout of ToolBench's `toolenv` and of StableToolBench's cache. A call that was never recorded fails.
    """

    def __init__(self, folder: str, *, categories: Sequence[str] = (), only: Sequence[str] = ()) -> None:
        """Reads the definitions of all categories, or of those named.

        Raises `ToolError` where the folder holds none, or a file of it is no definition.
        """
        self._folder = Path(folder)
        self._categories = tuple(categories)
        read = self._read()
        self._responses = {api.spec.name: responses for api, responses in reversed(read)}  # of two alike the first
        self._offer = Offer(folder, [api for api, _ in read], only=only)

    def read_definitions(self) -> Sequence[Definition]:
        return [api for api, _ in self._read()]

    @contextmanager
    def session(self) -> Generator["ToolBenchToolset"]:
        """The recorded responses; they have no state."""
        yield self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def run(self, call: ToolCall) -> ToolResult:
        """The response that was recorded for these arguments."""
        refused = self._offer.refuse(call)
        if refused is not None:
            return refused
        recorded = read_responses(self._responses[self._offer.original(call.name)])
        found = recorded.get(response_key(call.arguments))
        if found is None:
            return failed("no response is recorded for these arguments")
        error, response = str(found.get("error") or ""), found.get("response")
        text = response if isinstance(response, str) else json.dumps(response, ensure_ascii=False)
        return failed(f"{error}: {text}") if error else succeeded(text)

    def _read(self) -> list[tuple[Definition, Path]]:
        """Each API's definition, named `API_for_TOOL`, and the file of its responses."""
        files = sorted((self._folder / "tools").glob("*/*.json"))
        files = [file for file in files if not self._categories or file.parent.name in self._categories]
        if not files:
            among = f" in {', '.join(self._categories)}" if self._categories else ""
            raise ToolError(f"{str(self._folder)!r} has no definitions{among}: tools/CATEGORY/TOOL.json was due")
        apis: list[tuple[Definition, Path]] = []
        for file in files:
            try:
                tool = cast("dict[str, Any]", json.loads(file.read_text(encoding="utf-8")))
                title = str(tool.get("standardized_name") or tool.get("tool_name") or file.stem)
                for api in tool["api_list"]:
                    name = f"{standardise(str(api['name']))}_for_{standardise(title)}"
                    cache = self._folder / "tool_response_cache" / file.parent.name / standardise(title)
                    spec = describe_api(name, str(tool.get("tool_description") or ""), api)
                    apis.append((Definition(spec, "none"), cache / f"{standardise(str(api['name']))}.json"))
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise ToolError(f"{str(file)!r} is no ToolBench definition: {type(error).__name__}: {error}") from error
        return apis


def describe_api(name: str, about: str, api: dict[str, Any]) -> ToolSpec:
    """An entry of an `api_list` as a tool, its defaults in the types of their parameters."""
    properties: JsonObject = {}
    required: list[JsonValue] = []
    for is_required, parameters in ((True, api.get("required_parameters")), (False, api.get("optional_parameters"))):
        for parameter in cast("list[dict[str, Any]]", parameters or []):
            kind = _TYPES.get(str(parameter.get("type", "")).upper().strip())
            schema: JsonObject = {"type": kind} if kind else {}
            if description := str(parameter.get("description") or "").strip():
                schema["description"] = description
            default = _default(parameter.get("default"), kind)
            if default is not None and not is_required:
                schema["default"] = default
            properties[str(parameter["name"])] = schema
            if is_required:
                required.append(str(parameter["name"]))
    told = str(api.get("description") or "").strip() or about.strip()
    schema = {"type": "object", "properties": properties, "required": required}
    return ToolSpec(name=name, description=" ".join(told.split()), parameters=schema)


def _default(value: object, kind: str | None) -> JsonValue:
    """A default in its parameter's type; none where there is none, or it is of another type."""
    if value in ("", None):
        return None
    if kind == "string":
        return str(value)
    try:
        read: object = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None
    fits = {
        "number": isinstance(read, int | float) and not isinstance(read, bool),
        "integer": isinstance(read, int) and not isinstance(read, bool),
        "boolean": isinstance(read, bool),
    }
    return cast("JsonValue", read) if kind is not None and fits.get(kind) else None


def read_responses(file: Path) -> dict[str, dict[str, Any]]:
    """The recorded responses of one API by their arguments."""
    try:
        told: object = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    found: dict[str, dict[str, Any]] = {}
    for arguments, response in cast("dict[str, Any]", told).items() if isinstance(told, dict) else ():
        if isinstance(response, dict):
            found[response_key(_read_arguments(arguments))] = cast("dict[str, Any]", response)
    return found


def _read_arguments(text: str) -> JsonValue:
    """Arguments as the cache writes them: JSON, or a Python dictionary of plain values."""
    try:
        return cast("JsonValue", json.loads(text))
    except ValueError:
        try:
            return cast("JsonValue", json.loads(json.dumps(ast.literal_eval(text))))
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return text


def response_key(arguments: JsonValue) -> str:
    """What a recorded response is found by."""
    return canonical_json(arguments)


def standardise(name: str) -> str:
    """A name as ToolBench standardises it."""
    text = re.sub(r"[^\u4e00-\u9fa5^a-z^A-Z^0-9^_]", "_", name)
    text = re.sub(r"_+", "_", text).lower().strip("_")
    return f"get_{text}" if text[:1].isdigit() else text
