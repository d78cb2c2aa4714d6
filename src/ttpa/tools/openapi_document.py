"""An OpenAPI 3 document -> operations that can be called: their schemas, and where each argument goes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ttpa.errors import ToolError
from ttpa.records.json_shapes import as_object, objects_in, texts_in
from ttpa.records.record import JsonObject, JsonValue
from ttpa.records.tools import ToolSpec
from ttpa.redaction import cut_addresses
from ttpa.tools.base import Effect
from ttpa.tools.offer import Definition
from ttpa.tools.openapi_operation import Argument, Body, Operation, Secret, Service, Style
from ttpa.tools.openapi_schema import References, Unusable
from ttpa.tools.openapi_security import find_secrets, security_schemes
from ttpa.tools.openapi_servers import find_server
from ttpa.tools.openapi_source import parse_source

_STYLES: Mapping[str, Sequence[Style]] = {
    "path": ("simple",),
    "header": ("simple",),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
}
"""That are written here, the usual one first."""
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options")
_LOOKING = ("get", "head", "options")
_OF_MEMBERS_TOGETHER = frozenset(("anyOf", "oneOf", "allOf", "not", "minProperties", "maxProperties"))
"""Keywords of a schema that are lost where its members become arguments of their own."""
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


def read_document(source: str, text: str, *, server: str = "", keys: Sequence[str] = ()) -> Service:
    """The service that a document describes: `text`, JSON or YAML, which `source` is the name or address of.

    `server` takes the place of what the document names; `keys` names the security schemes that a key is there for.
    References must lead to a place within the document. An operation without an id, or with one that an operation
    before it has, is named by its method and path. Raises `ToolError` where it cannot be read, is no OpenAPI 3, has no
    paths, or does not name a scheme of `keys`.
    """
    document, paths = parse_source(source, text)
    schemes = security_schemes(document)
    if unknown := [scheme for scheme in keys if scheme not in schemes]:
        known = ", ".join(schemes) or "none"
        named = cut_addresses(source)
        raise ToolError(f"tools.openapi.keys names {unknown[0]!r}; the security schemes of {named!r} are {known}")
    reader = _Reader(document, source, server, keys)
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


@dataclass(frozen=True, slots=True)
class _Arguments:
    """What a tool takes, as far as it was read."""

    places: dict[str, Argument] = field(default_factory=dict[str, Argument])
    properties: JsonObject = field(default_factory=dict[str, JsonValue])
    required: list[JsonValue] = field(default_factory=list[JsonValue])

    def add(self, name: str, schema: JsonObject, place: Argument, *, is_required: bool) -> None:
        if name in self.places:
            raise Unusable(f"two of its parameters are named {name!r}")
        self.places[name], self.properties[name] = place, schema
        if is_required:
            self.required.append(name)

    def schema(self) -> JsonObject:
        return {"type": "object", "properties": self.properties, "required": self.required}


class _Reader:
    """Reads operations of one document."""

    def __init__(self, document: JsonObject, source: str, server: str, keys: Sequence[str]) -> None:
        self._document = document
        self._source = source
        self._server = server
        self._references = References(document)
        self._keys = keys

    def path_item(self, told: JsonValue) -> JsonObject:
        """What the operations of a path share, and they themselves by their methods."""
        return _object(self._references.follow(told), "it")

    def operation(self, name: str, path: str, method: str, shared: JsonObject, item: JsonObject) -> Operation:
        secrets = find_secrets(self._document, self._keys, item)
        arguments = _Arguments()
        for parameter in self._parameters(shared, item):
            self._add_parameter(parameter, secrets, arguments)
        for hole in re.findall(r"{([^{}]+)}", path):
            if not any(argument.name == hole and argument.place == "path" for argument in arguments.places.values()):
                raise Unusable(f"its path has {{{hole}}}, which no parameter fills")
        body = self._add_body(item, arguments)
        description = _description(item) or _description(shared) or f"{method.upper()} {path}"
        spec = ToolSpec(name=name, description=description, parameters=arguments.schema())
        effect: Effect = "read" if method in _LOOKING else "write"
        return Operation(
            definition=Definition(spec, effect),
            server=find_server(self._source, self._server, (item, shared, self._document)),
            method=method.upper(),
            path=path,
            arguments=arguments.places,
            body=body,
            secrets=secrets,
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

    def _add_parameter(self, parameter: JsonObject, secrets: Sequence[Secret], arguments: _Arguments) -> None:
        name, place = str(parameter.get("name")), parameter.get("in")
        is_required = bool(parameter.get("required")) or place == "path"
        if place not in ("path", "query", "header"):
            if is_required or place != "cookie":
                raise Unusable(f"its parameter {name!r} goes into {place!r}; path, query or header was due")
            return
        if place == "header" and name.lower() in ("authorization", "accept", "content-type", "host", "cookie"):
            return  # not for a model to say
        if any(_is_place_of(secret, name, place) for secret in secrets):
            return  # the key goes there
        content = as_object(parameter.get("content"))
        style = "json" if content else _style(name, place, parameter.get("style"))
        told = as_object(content.get(_choose(content, ("json",), f"its parameter {name!r}"))) if content else parameter
        schema = self._references.schema(told.get("schema") or {})
        if isinstance(parameter.get("description"), str):
            schema.setdefault("description", parameter["description"])
        explode = parameter.get("explode", style == "form")
        arguments.add(name, schema, Argument(name, place, bool(explode), style), is_required=is_required)

    def _add_body(self, item: JsonObject, arguments: _Arguments) -> Body | None:
        request = _object(self._references.follow(item.get("requestBody") or {}), "its body")
        content = as_object(request.get("content"))
        told = request.get("required")
        if not content and not told:
            return None
        media_type = _choose(content, ("json", "form"), "its body")
        media = as_object(content[media_type])
        schema = self._references.schema(media.get("schema", {}))
        kind = "form" if _kind(media_type) == "form" else "json"
        needs_members = _needs_members(schema)
        # Left out it is false by the letter, but those who leave it out seldom mean that.
        is_required = needs_members if told is None else bool(told)
        must = texts_in(schema.get("required"))
        members = as_object(schema.get("properties"))
        members = members and {**members, **{name: {} for name in must if name not in members}}
        fields = {name: _field(name, kind, as_object(media.get("encoding"))) for name in members}
        is_told_by_members = not set(schema) & _OF_MEMBERS_TOGETHER and (is_required or not needs_members)
        if members and is_told_by_members and not set(members) & set(arguments.places):
            for name, member in members.items():
                arguments.add(name, as_object(member), fields[name], is_required=name in must)
            return Body(kind, media_type, is_required)
        if kind == "form":
            if not members:
                raise Unusable("its body is a form whose fields are not told")
            schema["type"] = "object"
        name = "body" if "body" not in arguments.places else "request_body"
        arguments.add(name, schema, Argument(name, "body"), is_required=is_required)
        return Body(kind, media_type, is_required, whole=name, fields=fields)


def _object(value: JsonValue, what: str) -> JsonObject:
    """The value. Raises `Unusable` where it is no object."""
    if not isinstance(value, dict):
        raise Unusable(f"{what} is {_short(value)}; an object was due")
    return value


def _short(value: JsonValue) -> str:
    return f"{value!r:.60}"


def _description(told: JsonObject) -> str:
    """Its summary and its description in one paragraph; of one that is part of the other nothing is said twice."""
    summary, description = (" ".join(str(told.get(key) or "").split()) for key in ("summary", "description"))
    gist, whole = (text.rstrip(".").casefold() for text in (summary, description))
    if gist in whole:
        return description
    if whole in gist:
        return summary
    return f"{summary}{'' if summary.endswith(('.', '!', '?', ':')) else '.'} {description}"


def _needs_members(schema: JsonObject) -> bool:
    """Whether an object of the schema has members that are required, whichever of its alternatives it follows."""
    if texts_in(schema.get("required")) or any(map(_needs_members, objects_in(schema.get("allOf")))):
        return True
    choices = (objects_in(schema.get(key)) for key in ("anyOf", "oneOf"))
    return any(choice and all(map(_needs_members, choice)) for choice in choices)


def _field(name: str, kind: Literal["json", "form"], encodings: JsonObject) -> Argument:
    """Where a member of a body goes. Raises `Unusable` where a form is to write it in a style that is not known."""
    encoding = as_object(encodings.get(name))
    style = _style(name, "query", encoding.get("style")) if kind == "form" else "json"
    return Argument(name, "body", bool(encoding.get("explode", style == "form")), style)


def _is_place_of(secret: Secret, name: str, place: str) -> bool:
    """Whether a parameter is where the key goes."""
    same = name.lower() == secret.name.lower() if place == "header" else name == secret.name
    return secret.kind == place and same


def _choose(content: JsonObject, kinds: Sequence[Literal["json", "form"]], what: str) -> str:
    """The media type of `content` that is of the first of `kinds` it has, `application/json` before others of JSON.

    Raises `Unusable` that names `what` where there is none.
    """
    for kind in kinds:
        found = [media_type for media_type in content if _kind(media_type) == kind]
        if found:
            return next((media_type for media_type in found if _bare(media_type) == _JSON), found[0])
    due = "JSON or a form" if "form" in kinds else "JSON"
    raise Unusable(f"{what} is {', '.join(content) or 'of no kind'}; {due} was due")


def _kind(media_type: str) -> Literal["json", "form"] | None:
    bare = _bare(media_type)
    if bare == _JSON or (bare.startswith("application/") and bare.endswith("+json")):
        return "json"
    return "form" if bare == _FORM else None


def _bare(media_type: str) -> str:
    """Without its parameters, of which a charset is one."""
    return media_type.partition(";")[0].strip().lower()


def _style(name: str, place: Literal["path", "query", "header"], told: JsonValue) -> Style:
    """The style of a parameter. Raises `Unusable` for one that is not written here."""
    known = _STYLES[place]
    for style in known:
        if style == (told or known[0]):
            return style
    raise Unusable(f"its parameter {name!r} has the style {told!r}; {' or '.join(known)} was due")
