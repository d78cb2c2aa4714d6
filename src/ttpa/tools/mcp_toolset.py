"""The tools of an MCP server, launched here and spoken to over its pipes, or reached over HTTP."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import os
import tempfile
import weakref
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial
from queue import Empty, SimpleQueue
from types import MappingProxyType
from typing import Any, Self

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from ttpa.errors import ToolError
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.redaction import cut_addresses, hide_values
from ttpa.tools.mcp_connection import LOST, LOST_OVER_HTTP, Connection
from ttpa.tools.offer import Definition, Offer, OfferedTools

_HTTP_TIMEOUT = httpx2.Timeout(30.0, read=300.0)
"""What MCP's own HTTP client allows; calls have a limit of their own."""


class McpToolset(OfferedTools):
    """A server's tools. A launched server that was told to write is replaced by a fresh one before the next session."""

    is_remote = True

    def __init__(
        self,
        server: Sequence[str] | str,
        *,
        environment: Sequence[str] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
        timeout_seconds: float = 10.0,
        only: Sequence[str] = (),
        allow_write: bool = False,
    ) -> None:
        """`server` is a command with its arguments, or an address.

        A launched server sees of this process's environment what MCP's own client lets through, and the variables that
        `environment` names. One at an address is sent `headers`: of each the variable that holds its value, after a
        word or not. The values of all these variables are hidden where they come back. Raises `ToolError` where the
        server does not start, or offers nothing, for a variable that is not set, and for one that no header can hold.
        """
        self._server = server
        self._name = cut_addresses(server if isinstance(server, str) else " ".join(server))
        self._environment = {name: self._variable(name) for name in environment}
        sent = {name: told.rpartition(" ") for name, told in headers.items()}
        keys = {name: self._header(name, variable) for name, (_, _, variable) in sent.items()}
        self._headers = {name: f"{word}{space}{keys[name]}" for name, (word, space, _) in sent.items()}
        self._given = (*self._environment.values(), *keys.values())
        self._timeout_seconds = timeout_seconds
        self._stack = ExitStack()
        weakref.finalize(self, self._stack.close)  # a program that ends without closing it would wait for the portal
        self._portal: BlockingPortal = self._stack.enter_context(start_blocking_portal())
        self._stack.callback(_end_tasks, self._portal)
        self._idle: SimpleQueue[Connection] = SimpleQueue()
        self._stack.callback(_close_all, self._idle)
        try:
            first = self._connect()
            self._idle.put(first)
            self._offer = Offer(self._name, first.definitions(), only=only, allow_write=allow_write)
        except BaseException:
            self._stack.close()
            raise

    def read_definitions(self) -> Sequence[Definition]:
        connection = self.take()
        try:
            definitions = connection.definitions()
        except ToolError:
            connection.close()
            raise
        self._idle.put(connection)
        return definitions

    @contextmanager
    def session(self) -> Generator["McpSession"]:
        """A server of its own while it is open; one over HTTP keeps its state from session to session."""
        session = McpSession(self, self._offer)
        try:
            yield session
        finally:
            if session.connection.is_broken or (session.has_written and not isinstance(self._server, str)):
                session.connection.close()
            else:
                self._idle.put(session.connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def take(self) -> "Connection":
        """A connection, an idle one where one is still open."""
        with suppress(Empty):
            while not (connection := self._idle.get_nowait()).is_open():
                connection.close()
            return connection
        return self._connect()

    def _connect(self) -> "Connection":
        if isinstance(self._server, str):
            transport = _over_http(self._server, self._headers)
            return Connection(
                self._portal, transport, self._name, self._timeout_seconds, hide=self._hide, lost=LOST_OVER_HTTP
            )
        command, *arguments = self._server
        server = StdioServerParameters(command=command, args=arguments, env=self._environment or None)
        # Kept out of the terminal, where a server that tells of every error would bury what the command says.
        log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - the connection closes it
        transport = stdio_client(server, errlog=log)
        return Connection(
            self._portal, transport, self._name, self._timeout_seconds, hide=self._hide, lost=LOST, log=log
        )

    def _variable(self, name: str) -> str:
        if name not in os.environ:
            raise ToolError(f"MCP server {self._name!r} wants {name}, which is not set in the environment")
        return os.environ[name]

    def _header(self, name: str, variable: str) -> str:
        """The variable's value as a header holds it: without the newline that a file of it ends in."""
        value = self._variable(variable).strip()
        if not value:
            raise ToolError(f"MCP server {self._name!r} wants {variable} for {name!r}, and it is empty")
        if not value.isascii() or not value.isprintable():
            raise ToolError(f"MCP server {self._name!r}: {variable} holds a character that no header can hold")
        return value

    def _hide(self, text: str) -> str:
        return hide_values(text, self._given)


class McpSession:
    """One trajectory's connection. After a call without an answer the session goes on with a fresh one."""

    def __init__(self, toolset: McpToolset, offer: Offer) -> None:
        self._toolset = toolset
        self._offer = offer
        self.connection = toolset.take()
        self.has_written = False
        """Whether a tool was called that may have changed the server's state."""

    def run(self, call: ToolCall) -> ToolResult:
        """What the server gives; an error of the tool, or no answer in time, is a result that is not ok."""
        refused = self._offer.refuse(call)
        if refused is not None:
            return refused
        if self.connection.is_broken:
            self.connection.close()
            self.connection = self._toolset.take()
        self.has_written = self.has_written or self._offer.effect(call.name) != "read"
        return self.connection.call(self._offer.original(call.name), call.arguments)


@asynccontextmanager
async def _over_http(address: str, headers: Mapping[str, str]) -> AsyncGenerator[Any]:
    """A transport that sends `headers` with every request; redirects to another host are not followed."""
    async with (
        httpx2.AsyncClient(headers=dict(headers), timeout=_HTTP_TIMEOUT) as client,
        streamable_http_client(address, http_client=client) as streams,
    ):
        yield streams


def _close_all(connections: "SimpleQueue[Connection]") -> None:
    with suppress(Empty):
        while True:
            connections.get_nowait().close()


def _end_tasks(portal: BlockingPortal) -> None:
    """Ends connections of sessions that nobody closed."""
    portal.call(partial(portal.stop, cancel_remaining=True))
