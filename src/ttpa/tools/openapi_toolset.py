"""The operations of an OpenAPI 3 service as tools, called over HTTP."""

import json
import weakref
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Self

import httpx2
from anyio import fail_after
from anyio.from_thread import BlockingPortal, start_blocking_portal

from ttpa.records.tools import ToolCall, ToolResult
from ttpa.redaction import cut_addresses, hide, keys_in
from ttpa.tools.offer import Definition, Offer, OfferedTools
from ttpa.tools.openapi_document import read_document
from ttpa.tools.openapi_operation import Service
from ttpa.tools.openapi_request import Refused, build_request, check_key
from ttpa.tools.openapi_source import read_source
from ttpa.tools.results import failed, succeeded

_LONGEST_ANSWER = 8 << 20
"""Bytes. A whole one is read into memory, many at once, for the few of its characters that reach the model."""
_TEXTS = ("/xml", "+xml", "/yaml", "+yaml", "/x-yaml", "/javascript", "/x-www-form-urlencoded")
"""How media types of texts end, beside those that begin with `text/` and those of JSON."""


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

        Keys are sent without the spaces and newlines around them, and never shown: where a result repeats one, it is
        hidden. Raises `ToolError` where the document cannot be read or offers nothing, and for a key that no request
        can hold.
        """
        self._document, self._server = document, server
        self._keys = {scheme: key.strip() for scheme, key in (keys or {}).items()}  # a file of it ends in a newline
        self._text = read_source(document)
        self._service = service = self._read(self._text)
        self._hidden = set(self._keys.values())
        for operation in service.operations:
            for secret in operation.secrets:
                check_key(secret, self._keys[secret.scheme])
                if secret.kind == "basic":
                    self._hidden.update(keys_in(self._keys[secret.scheme].partition(":")[2]))
        self._operations = {one.definition.spec.name: one for one in reversed(service.operations)}
        self._offer = Offer(
            cut_addresses(document),
            [one.definition for one in service.operations],
            only=only,
            allow_write=allow_write,
            left_out=service.left_out,
            closed=True,
        )
        self._timeout_seconds = timeout_seconds
        # A blocking client limits each read and no call: a service that sends a byte now and then holds it for ever.
        self._stack = ExitStack()
        weakref.finalize(self, self._stack.close)  # a program that ends without closing it would wait for the portal
        self._portal: BlockingPortal = self._stack.enter_context(start_blocking_portal())
        # No proxy and no .netrc of this machine has a say in where a call goes.
        client = httpx2.AsyncClient(timeout=None, follow_redirects=False, trust_env=False)
        self._client = self._stack.enter_context(self._portal.wrap_async_context_manager(client))

    def read_definitions(self) -> Sequence[Definition]:
        text = read_source(self._document)
        service = self._service if text == self._text else self._read(text)
        return [one.definition for one in service.operations]

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
            request = build_request(self._client, operation, call.arguments, self._keys)
        except Refused as reason:
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

    def _read(self, text: str) -> Service:
        return read_document(self._document, text, server=self._server, keys=list(self._keys))

    def _hide(self, text: str) -> str:
        return hide(text, self._hidden)


def _text(response: httpx2.Response, body: bytes) -> str:
    """The answer as a model reads it: JSON without spaces that say nothing, any other text as it is."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if "json" in kind:
        with suppress(ValueError, RecursionError):
            return json.dumps(json.loads(body), ensure_ascii=False)
    elif kind and not kind.startswith("text/") and not kind.endswith(_TEXTS):
        return f"[{len(body)} bytes of {kind}]"
    with suppress(LookupError, ValueError):  # of a charset that is none of text
        return body.decode(response.encoding or "utf-8", errors="replace")
    return body.decode(errors="replace")
