"""One call of an operation as the HTTP request that makes it; each argument stays within its own place."""

import json
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx2

from ttpa.errors import ToolError
from ttpa.records.json_shapes import as_object
from ttpa.records.record import JsonObject, JsonValue
from ttpa.redaction import as_basic
from ttpa.tools.openapi_operation import Argument, Body, Operation, Secret

_JOINTS = {"spaceDelimited": " ", "pipeDelimited": "|"}
"""Between items that are told as one; by default a comma."""


class Refused(Exception):
    """Arguments that fit the schema and must not be sent."""


def check_key(secret: Secret, key: str) -> None:
    """Raises `ToolError` that names the scheme where its key cannot be sent, and never the key."""
    if not key:
        raise ToolError(f"the key for {secret.scheme!r} is empty")
    if secret.kind == "basic":
        return  # in base64
    if not key.isprintable() or (secret.kind in ("header", "bearer") and not key.isascii()):
        raise ToolError(f"the key for {secret.scheme!r} holds a character that no request can hold there")


def build_request(
    client: httpx2.AsyncClient, operation: Operation, arguments: Mapping[str, JsonValue], keys: Mapping[str, str]
) -> httpx2.Request:
    """The request, with the key of each scheme that the operation needs. Raises `Refused`."""
    try:
        return _build(client, operation, arguments, keys)
    except (httpx2.InvalidURL, UnicodeEncodeError) as error:  # too long, or half a character
        raise Refused(str(error)) from error


def _build(
    client: httpx2.AsyncClient, operation: Operation, arguments: Mapping[str, JsonValue], keys: Mapping[str, str]
) -> httpx2.Request:
    path = operation.path
    query: list[tuple[str, str]] = []
    headers: dict[str, str] = {"accept": "application/json, text/*;q=0.5"}
    members: JsonObject = {}
    for name, value in arguments.items():
        argument = operation.arguments[name]
        if argument.place == "path":
            path = path.replace("{" + argument.name + "}", _path_part(argument, value))
        elif argument.place == "query":
            query.extend(_own_pairs(operation, argument, value))
        elif argument.place == "header":
            headers[argument.name] = _header(argument, value)
        else:
            members[name] = value
    for secret in operation.secrets:
        _sign(secret, keys[secret.scheme], headers, query)
    url = httpx2.URL(operation.server + path)
    url = url.copy_merge_params(tuple(query)) if query else url  # into the path's own query
    base = httpx2.URL(operation.server)
    if (url.scheme, url.host, url.port) != (base.scheme, base.host, base.port):
        raise Refused("they lead to another host")
    content = None
    if operation.body is not None and (members or operation.body.is_required):
        headers["content-type"] = operation.body.content_type
        content = _content(operation, operation.body, members)
    return client.build_request(operation.method, url, headers=headers, content=content)


def _content(operation: Operation, body: Body, members: JsonObject) -> bytes:
    if body.kind == "form":
        if body.whole:
            told = as_object(members.get(body.whole))
            pairs = [_pairs(body.fields.get(name) or Argument(name, "body"), value) for name, value in told.items()]
        else:
            pairs = [_own_pairs(operation, operation.arguments[name], value) for name, value in members.items()]
        return urlencode([pair for some in pairs for pair in some]).encode()
    return json.dumps(members[body.whole] if body.whole else members, ensure_ascii=False).encode()


def _path_part(argument: Argument, value: JsonValue) -> str:
    """The value as one part of a path: no slash of it, no `..` and nothing empty."""
    text = _simple(argument, value)
    if text in ("", ".", ".."):
        raise Refused(f"{argument.name} is {text!r}, which is no part of a path")
    return quote(text, safe=",=")


def _simple(argument: Argument, value: JsonValue) -> str:
    """Items, and the members of an object, joined by commas."""
    if argument.style == "json":
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        joint = "=" if argument.explode else ","
        return ",".join(f"{key}{joint}{_scalar(item)}" for key, item in value.items())
    return ",".join(_scalar(item) for item in value) if isinstance(value, list) else _scalar(value)


def _own_pairs(operation: Operation, argument: Argument, value: JsonValue) -> list[tuple[str, str]]:
    """The value as a query or a form tells it; no member of an object takes the place of something else."""
    taken = {other.name for other in operation.arguments.values() if other.place == argument.place}
    if argument.place == "query":
        taken |= {name for name, _ in parse_qsl(urlsplit(operation.path).query, keep_blank_values=True)}
    taken |= {secret.name for secret in operation.secrets if secret.kind == argument.place}
    pairs = _pairs(argument, value)
    told = {name for name, _ in pairs if name != argument.name}
    stems = {name.partition("[")[0] for name in told}  # where another parameter is written in brackets
    if stray := sorted((told | stems) & (taken - {argument.name})):
        raise Refused(f"{argument.name} has the member {stray[0]!r}, the name of another parameter")
    return pairs


def _pairs(argument: Argument, value: JsonValue) -> list[tuple[str, str]]:
    """The value as a query or a form tells it (OpenAPI 3.1, section 4.8.12.3)."""
    name = argument.name
    if argument.style == "json":
        return [(name, json.dumps(value, ensure_ascii=False))]
    if argument.style == "deepObject":
        return list(_in_brackets(name, value))
    joint = _JOINTS.get(argument.style, ",")
    if isinstance(value, list):
        items = [_scalar(item) for item in value]
        return [(name, item) for item in items] if argument.explode else [(name, joint.join(items))]
    if isinstance(value, dict) and argument.style in _JOINTS:
        return [(name, joint.join(f"{key}{joint}{_scalar(item)}" for key, item in value.items()))]
    if isinstance(value, dict) and argument.style == "form" and argument.place == "query":
        if argument.explode:
            return [(key, _scalar(item)) for key, item in value.items()]
        return [(name, ",".join(f"{key},{_scalar(item)}" for key, item in value.items()))]
    return [(name, _scalar(value))]


def _in_brackets(name: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    """`x[a][b]=1`, `x[]=1` and, of an array that holds objects, `x[0][a]=1`.

    OpenAPI leaves open what stands within an object or array; services that read brackets at all read these.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _in_brackets(f"{name}[{key}]", item)
    elif isinstance(value, list):
        is_flat = not any(isinstance(item, dict | list) for item in value)
        for place, item in enumerate(value):
            yield from _in_brackets(f"{name}[{'' if is_flat else place}]", item)
    else:
        yield name, _scalar(value)


def _header(argument: Argument, value: JsonValue) -> str:
    text = _simple(argument, value)
    if not text.isascii() or not text.isprintable():
        raise Refused(f"{argument.name} holds what no header can hold")
    return text


def _scalar(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _sign(secret: Secret, key: str, headers: dict[str, str], query: list[tuple[str, str]]) -> None:
    if secret.kind == "query":
        query.append((secret.name, key))
    elif secret.kind == "cookie":
        headers["cookie"] = f"{secret.name}={quote(key)}"
    elif secret.kind == "header":
        headers[secret.name] = key
    else:
        proof = as_basic(key) if secret.kind == "basic" else key
        headers["authorization"] = f"{secret.kind.capitalize()} {proof}"
