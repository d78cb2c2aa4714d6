"""The operations of an OpenAPI 3 service as tools, called over HTTP."""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Self
from urllib.parse import quote

import httpx2
from anyio import fail_after
from anyio.from_thread import BlockingPortal, start_blocking_portal

from ttpa.records.record import JsonObject, JsonValue
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.redaction import as_basic, hide_key
from ttpa.tools.offer import Offer, OfferedTools, hash_definitions
from ttpa.tools.openapi_document import Argument, Operation, Secret, read_document
from ttpa.tools.results import failed, succeeded

_LONGEST_ANSWER = 8 << 20
"""Bytes. A whole one is read into memory, many at once, for the few of its characters that reach the model."""


class OpenApiToolset(OfferedTools):
    """A service's operations. Arguments fill their own places: none of them reaches host, scheme or path around it."""

    is_remote = True

    def __init__(
        self,
        document: str,
        *,
        server: str = "",
        keys: Mapping[str, str] | None = None,
        timeout_seconds: float = 10.0,
        only: Sequence[str] = (),
        allow_write: bool = False,
    ) -> None:
        """Reads `document`, a file or an address; `keys` holds the key of each security scheme by its name.

        Keys are sent and never shown: where a result repeats one, it is hidden. Raises `ToolError` where the document
        cannot be read or offers nothing.
        """
        self._document, self._server, self._keys = document, server, dict(keys or {})
        service = read_document(document, server=server, keys=list(self._keys))
        self._operations = {one.definition.spec.name: one for one in reversed(service.operations)}
        self._offer = Offer(
            document,
            [one.definition for one in service.operations],
            only=only,
            allow_write=allow_write,
            left_out=service.left_out,
            closed=True,
        )
        # A blocking client limits each read and no call: a service that sends a byte now and then holds it for ever.
        self._timeout_seconds = timeout_seconds
        self._stack = ExitStack()
        self._portal: BlockingPortal = self._stack.enter_context(start_blocking_portal())
        # No proxy and no .netrc of this machine has a say in where a call goes.
        client = httpx2.AsyncClient(timeout=None, follow_redirects=False, trust_env=False)
        self._client = self._stack.enter_context(self._portal.wrap_async_context_manager(client))

    def definitions(self) -> str:
        service = read_document(self._document, server=self._server, keys=list(self._keys))
        return hash_definitions(one.definition for one in service.operations)

    @contextmanager
    def session(self) -> Generator["OpenApiToolset"]:
        """The service itself: its state is its own, nothing here can bring it back."""
        yield self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, call: ToolCall) -> ToolResult:
        """The service's answer; a status of 400 and more, a redirect or no answer is a result that is not ok."""
        refused = self._offer.refuse(call)
        if refused is not None:
            return refused
        operation = self._operations[self._offer.original(call.name)]
        try:
            request = self._build(operation, call.arguments)
        except (_Refused, httpx2.InvalidURL, UnicodeEncodeError) as reason:  # too long, or half a character
            return failed(f"invalid arguments: {reason}")
        try:
            response, body = self._portal.call(self._send, request)
        except TimeoutError:
            return failed(f"no whole answer within {self._timeout_seconds:g} s")
        except httpx2.HTTPError as error:
            return failed(self._hide(f"no answer: {type(error).__name__}: {error}"))
        if response.is_redirect:
            return failed(f"the service answers with a redirect (status {response.status_code}), which is not followed")
        if len(body) > _LONGEST_ANSWER:
            return failed(f"the answer is longer than {_LONGEST_ANSWER:,} bytes; it was not read to its end")
        text = self._hide(_text(response, body))
        if response.is_error:
            return failed(f"status {response.status_code}: {text}")
        return succeeded(text)

    async def _send(self, request: httpx2.Request) -> tuple[httpx2.Response, bytes]:
        """The answer and its body, of one that is too long the beginning. Raises `TimeoutError` where it lasts."""
        with fail_after(self._timeout_seconds):
            response = await self._client.send(request, stream=True)
            try:
                body = bytearray()
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > _LONGEST_ANSWER:
                        break
                return response, bytes(body)
            finally:
                await response.aclose()

    def _build(self, operation: Operation, arguments: Mapping[str, JsonValue]) -> httpx2.Request:
        path = operation.path
        query: list[tuple[str, str]] = []
        headers: dict[str, str] = {"accept": "application/json, text/*;q=0.5"}
        body: JsonObject = {}
        for name, value in arguments.items():
            argument = operation.arguments[name]
            if argument.place == "path":
                path = path.replace("{" + argument.name + "}", _path_part(argument, value))
            elif argument.place == "query":
                query.extend(_own_pairs(operation, argument, value))
            elif argument.place == "header":
                headers[argument.name] = _header(argument, value)
            else:
                body[argument.name] = value
        for secret in operation.secrets:
            _sign(secret, self._keys[secret.scheme], headers, query)
        url = httpx2.URL(operation.server + path, params=query) if query else httpx2.URL(operation.server + path)
        base = httpx2.URL(operation.server)
        if (url.scheme, url.host, url.port) != (base.scheme, base.host, base.port):
            raise _Refused("they lead to another host")
        if operation.body == "form" and body:
            fields: dict[str, list[str]] = {}
            for name, value in body.items():
                for field, text in _own_pairs(operation, operation.arguments[name], value):
                    fields.setdefault(field, []).append(text)
            return self._client.build_request(operation.method, url, headers=headers, data=fields)
        if operation.body == "json" and (body or operation.whole_body in arguments):
            content = arguments[operation.whole_body] if operation.whole_body else body
            return self._client.build_request(operation.method, url, headers=headers, json=content)
        return self._client.build_request(operation.method, url, headers=headers)

    def _hide(self, text: str) -> str:
        for key in filter(None, self._keys.values()):
            text = hide_key(text, key)
        return text


class _Refused(Exception):
    """Arguments that fit the schema and must not be sent."""


def _text(response: httpx2.Response, body: bytes) -> str:
    """The answer as a model reads it: JSON without spaces that say nothing, any other text as it is."""
    kind = response.headers.get("content-type", "")
    if "json" in kind:
        with suppress(ValueError, RecursionError):
            return json.dumps(json.loads(body), ensure_ascii=False)
    elif kind and not kind.startswith("text/") and "xml" not in kind:
        return f"[{len(body)} bytes of {kind}]"
    with suppress(LookupError, ValueError):  # of a charset that is none of text
        return body.decode(response.encoding or "utf-8", errors="replace")
    return body.decode(errors="replace")


def _path_part(argument: Argument, value: JsonValue) -> str:
    """The value as one part of a path: no slash of it, no `..` and nothing empty."""
    text = _simple(argument, value)
    if text in ("", ".", ".."):
        raise _Refused(f"{argument.name} is {text!r}, which is no part of a path")
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
    taken |= {secret.name for secret in operation.secrets if secret.kind == argument.place}
    pairs = _pairs(argument, value)
    if stray := sorted({name for name, _ in pairs} & (taken - {argument.name})):
        raise _Refused(f"{argument.name} has the member {stray[0]!r}, the name of another parameter")
    return pairs


_JOINTS = {"spaceDelimited": " ", "pipeDelimited": "|"}


def _pairs(argument: Argument, value: JsonValue) -> list[tuple[str, str]]:
    """The value as a query or a form tells it (OpenAPI 3.1, section 4.8.12.3)."""
    name = argument.name
    if argument.style == "json":
        return [(name, json.dumps(value, ensure_ascii=False))]
    if isinstance(value, list):
        items = [_scalar(item) for item in value]
        joint = _JOINTS.get(argument.style, ",")
        return [(name, item) for item in items] if argument.explode else [(name, joint.join(items))]
    if isinstance(value, dict) and argument.style == "deepObject":
        return [(f"{name}[{key}]", _scalar(item)) for key, item in value.items()]
    if isinstance(value, dict) and argument.style == "form" and argument.place == "query":
        if argument.explode:
            return [(key, _scalar(item)) for key, item in value.items()]
        return [(name, ",".join(f"{key},{_scalar(item)}" for key, item in value.items()))]
    return [(name, _scalar(value))]


def _header(argument: Argument, value: JsonValue) -> str:
    text = _simple(argument, value)
    if not text.isascii() or not text.isprintable():
        raise _Refused(f"{argument.name} holds what no header can hold")
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
