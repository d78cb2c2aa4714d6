"""An OpenAPI 3 document -> operations that can be called: their schemas, and where each argument goes."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, cast

import httpx2
import yaml

from ttpa.errors import ToolError
from ttpa.records.json_shapes import as_list, as_object, texts_in
from ttpa.records.record import JsonObject, JsonValue
from ttpa.records.tools import ToolSpec
from ttpa.tools.base import Effect
from ttpa.tools.offer import Definition
from ttpa.tools.openapi_schema import References, Unusable
from ttpa.tools.openapi_servers import find_server

Place = Literal["path", "query", "header", "body"]
Style = Literal["simple", "form", "spaceDelimited", "pipeDelimited", "deepObject", "json"]
"""How a value that is no scalar is written: as OpenAPI names it, or as JSON where the document says so."""
_STYLES: Mapping[str, Sequence[Style]] = {
    "path": ("simple",),
    "header": ("simple",),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
}
"""That are written here, the usual one first."""
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_LOOKING = ("get", "head", "options")
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Argument:
    """Where one argument goes."""

    name: str
    """As the document has it."""
    place: Place
    explode: bool = True
    """Whether each item of an array, and each member of an object, is given by itself."""
    style: Style = "form"


@dataclass(frozen=True, slots=True)
class Secret:
    """How a request proves who sends it."""

    scheme: str
    """The document's name for it."""
    kind: Literal["header", "query", "cookie", "bearer", "basic"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the service."""

    definition: Definition
    server: str
    """The address that its path is added to."""
    method: str
    path: str
    arguments: Mapping[str, Argument]
    """By the name that the tool's schema gives it."""
    body: Literal["none", "json", "form"]
    whole_body: str | None = None
    """The argument that is the whole body, where that is no object of named values."""
    secrets: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """What a document describes."""

    operations: tuple[Operation, ...]
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])
    """Operations that cannot be called, with the reason."""


def read_document(source: str, *, server: str = "", keys: Sequence[str] = ()) -> Service:
    """The service that a document describes, from a local file or an address, JSON or YAML.

    `server` takes the place of what the document names; `keys` names the security schemes that a key is there for.
    References must lead to a place within the document. An operation without an id, or with one that an operation
    before it has, is named by its method and path. Raises `ToolError` where it cannot be read, is no OpenAPI 3, has no
    paths, or does not name a scheme of `keys`.
    """
    document = _load(source)
    if "swagger" in document:
        told = f"Swagger {document['swagger']}; convert it first, as `npx swagger2openapi` does"
        raise ToolError(f"{source!r} is no OpenAPI 3 document but {told}")
    if not str(document.get("openapi", "")).startswith("3."):
        raise ToolError(f"{source!r} is no OpenAPI 3 document: its 'openapi' is {document.get('openapi')!r}")
    if not isinstance(paths := document.get("paths"), dict):
        raise ToolError(f"OpenAPI document {source!r} has no paths: 'paths' is {paths!r}, an object was due")
    reader = _Reader(document, partial(find_server, source, server), keys)
    if unknown := [scheme for scheme in keys if scheme not in reader.schemes]:
        known = ", ".join(reader.schemes) or "none"
        raise ToolError(f"tools.openapi.keys names {unknown[0]!r}; the security schemes of {source!r} are {known}")
    operations: list[Operation] = []
    left_out: dict[str, str] = {}
    names: set[str] = set()
    for path, told in paths.items():
        if path.startswith("x-"):
            continue  # what a vendor adds
        try:
            shared = reader.path_item(told)
        except Unusable as reason:
            left_out[path] = str(reason)
            continue
        for method in _METHODS:
            if method not in shared:
                continue
            item = shared[method]
            name = str(as_object(item).get("operationId") or "")
            name = name if name and name not in names else f"{method}_{path}"
            names.add(name)
            try:
                operations.append(reader.operation(name, path, method, shared, _object(item, "it")))
            except Unusable as reason:
                left_out[name] = str(reason)
    return Service(tuple(operations), left_out)


def _load(source: str) -> JsonObject:
    try:
        if source.startswith(("http://", "https://")):
            response = httpx2.get(source, timeout=30.0, follow_redirects=True)
            response.raise_for_status()
            text = response.text
        else:
            text = Path(source).read_text(encoding="utf-8")
    except (httpx2.HTTPError, OSError, UnicodeDecodeError) as error:
        raise ToolError(f"OpenAPI document {source!r} cannot be read: {error}") from error
    try:
        document: object = json.loads(text)
    except ValueError:
        try:
            # Dates in YAML would be objects; the document's values are JSON.
            document = json.loads(json.dumps(yaml.safe_load(text), default=str))
        except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
            raise ToolError(f"OpenAPI document {source!r} is neither JSON nor YAML: {error}") from error
    if not isinstance(document, dict):
        raise ToolError(f"OpenAPI document {source!r} is no object")
    return cast("JsonObject", document)


class _Reader:
    """Reads operations of one document."""

    def __init__(self, document: JsonObject, find: Callable[[Sequence[JsonObject]], str], keys: Sequence[str]) -> None:
        self._document = document
        self._find_server = find
        self._references = References(document)
        self._keys = frozenset(keys)
        self.schemes = as_object(as_object(document.get("components")).get("securitySchemes"))

    def path_item(self, told: JsonValue) -> JsonObject:
        """What the operations of a path share, and they themselves by their methods."""
        return _object(self._references.follow(told), "it")

    def operation(self, name: str, path: str, method: str, shared: JsonObject, item: JsonObject) -> Operation:
        properties: JsonObject = {}
        required: list[JsonValue] = []
        arguments: dict[str, Argument] = {}
        for parameter in self._parameters(shared, item):
            self._add_parameter(parameter, properties, required, arguments)
        for hole in re.findall(r"{([^{}]+)}", path):
            if not any(argument.name == hole and argument.place == "path" for argument in arguments.values()):
                raise Unusable(f"its path has {{{hole}}}, which no parameter fills")
        body, whole = self._add_body(item, properties, required, arguments)
        told = str(
            item.get("summary") or item.get("description") or shared.get("summary") or f"{method.upper()} {path}"
        )
        schema: JsonObject = {"type": "object", "properties": properties, "required": required}
        effect: Effect = "read" if method in _LOOKING else "write"
        return Operation(
            definition=Definition(ToolSpec(name=name, description=" ".join(told.split()), parameters=schema), effect),
            server=self._find_server((item, shared, self._document)),
            method=method.upper(),
            path=path,
            arguments=arguments,
            body=body,
            whole_body=whole,
            secrets=self._secrets(item),
        )

    def _parameters(self, shared: JsonObject, item: JsonObject) -> list[JsonObject]:
        """The path's parameters and the operation's own, which take their place."""
        found: dict[tuple[str, str], JsonObject] = {}
        for told in (shared.get("parameters") or [], item.get("parameters") or []):
            if not isinstance(told, list):
                raise Unusable(f"its parameters are {_short(told)}; a list was due")
            for one in told:
                parameter = _object(self._references.follow(one), "a parameter of it")
                if not isinstance(name := parameter.get("name"), str):
                    raise Unusable(f"a parameter of it has no name: {_short(parameter)}")
                found[name, str(parameter.get("in"))] = parameter
        return list(found.values())

    def _add_parameter(
        self,
        parameter: JsonObject,
        properties: JsonObject,
        required: list[JsonValue],
        arguments: dict[str, Argument],
    ) -> None:
        name, place = str(parameter.get("name")), parameter.get("in")
        is_required = bool(parameter.get("required")) or place == "path"
        if place not in ("path", "query", "header"):
            if is_required or place != "cookie":
                raise Unusable(f"its parameter {name!r} goes into {place!r}; path, query or header was due")
            return
        if place == "header" and name.lower() in ("authorization", "accept", "content-type", "host", "cookie"):
            return  # not for a model to say
        content = as_object(parameter.get("content"))
        style = "json" if content else _style(name, place, parameter.get("style"))
        told = as_object(content.get(_JSON)).get("schema") if content else parameter.get("schema")
        schema = self._references.schema(told or {})
        if isinstance(parameter.get("description"), str):
            schema.setdefault("description", parameter["description"])
        explode = parameter.get("explode", style == "form")
        self._add(name, schema, Argument(name, place, bool(explode), style), properties, arguments)
        if is_required:
            required.append(name)

    def _add_body(
        self,
        item: JsonObject,
        properties: JsonObject,
        required: list[JsonValue],
        arguments: dict[str, Argument],
    ) -> tuple[Literal["none", "json", "form"], str | None]:
        request = _object(self._references.follow(item.get("requestBody") or {}), "its body")
        if not request:
            return "none", None
        content = as_object(request.get("content"))
        kind = next((kind for kind in (_JSON, _FORM) if kind in content), None)
        if kind is None:
            if request.get("required"):
                raise Unusable(f"its body is {', '.join(content) or 'of no kind'}; JSON or a form was due")
            return "none", None
        media = as_object(content[kind])
        schema = self._references.schema(media.get("schema", {}))
        body: Literal["json", "form"] = "json" if kind == _JSON else "form"
        members = schema.get("properties")
        if isinstance(members, dict) and members and not set(members) & set(arguments):
            must = set(texts_in(schema.get("required"))) if request.get("required", False) else set[str]()
            for name, member in members.items():
                encoding = as_object(as_object(media.get("encoding")).get(name))
                style = _style(name, "query", encoding.get("style")) if body == "form" else "json"
                argument = Argument(name, "body", bool(encoding.get("explode", style == "form")), style)
                self._add(name, as_object(member), argument, properties, arguments)
                if name in must:
                    required.append(name)
            return body, None
        if body == "form":
            raise Unusable("its body is a form whose fields cannot be told from its parameters")
        name = "body" if "body" not in arguments else "request_body"
        self._add(name, schema, Argument(name, "body"), properties, arguments)
        if request.get("required"):
            required.append(name)
        return body, name

    @staticmethod
    def _add(
        name: str, schema: JsonObject, argument: Argument, properties: JsonObject, arguments: dict[str, Argument]
    ) -> None:
        if name in arguments:
            raise Unusable(f"two of its parameters are named {name!r}")
        properties[name], arguments[name] = schema, argument

    def _secrets(self, item: JsonObject) -> tuple[Secret, ...]:
        """What the first alternative needs that all keys are there for."""
        alternatives = as_list(item.get("security", self._document.get("security", [])))
        if not alternatives or ({} in alternatives and not self._keys):
            return ()
        wanted: list[str] = []
        for alternative in alternatives:
            schemes = list(as_object(alternative))
            if set(schemes) <= self._keys:
                return tuple(self._secret(scheme) for scheme in schemes)
            wanted.append(" and ".join(schemes))
        raise Unusable(f"it needs a key for {' or '.join(wanted)}; tools.openapi.keys names where it is")

    def _secret(self, scheme: str) -> Secret:
        found = as_object(self._references.follow(self.schemes.get(scheme)))
        kind, place, name = found.get("type"), found.get("in"), str(found.get("name", ""))
        if kind == "apiKey" and place in ("header", "query", "cookie"):
            return Secret(scheme, place, name)
        if kind == "http" and str(found.get("scheme")).lower() in ("bearer", "basic"):
            return Secret(scheme, "basic" if str(found["scheme"]).lower() == "basic" else "bearer")
        if kind in ("oauth2", "openIdConnect"):
            return Secret(scheme, "bearer")
        raise Unusable(f"its security scheme {scheme!r} is none that is known here")


def _object(value: JsonValue, what: str) -> JsonObject:
    """The value. Raises `Unusable` where it is no object."""
    if not isinstance(value, dict):
        raise Unusable(f"{what} is {_short(value)}; an object was due")
    return value


def _short(value: JsonValue) -> str:
    return f"{value!r:.60}"


def _style(name: str, place: Literal["path", "query", "header"], told: JsonValue) -> Style:
    """The style of a parameter. Raises `Unusable` for one that is not written here."""
    known = _STYLES[place]
    for style in known:
        if style == (told or known[0]):
            return style
    raise Unusable(f"its parameter {name!r} has the style {told!r}; {' or '.join(known)} was due")
