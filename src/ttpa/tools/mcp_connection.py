"""A connection to an MCP server: what it tells of its tools, and what they give."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Any, TextIO

from anyio.from_thread import BlockingPortal
from mcp import Client
from mcp.client import Transport
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CONNECTION_CLOSED,
    INVALID_REQUEST,
    PARSE_ERROR,
    REQUEST_TIMEOUT,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    EmptyResult,
    PingRequest,
    ResourceLink,
    TextContent,
    TextResourceContents,
    Tool,
)
from pydantic import ValidationError

from ttpa.errors import ToolError
from ttpa.records.record import JsonObject
from ttpa.records.strict_json import canonical_json
from ttpa.records.tools import ToolResult, ToolSpec
from ttpa.redaction import cut_addresses, hide_keys
from ttpa.tools.offer import Definition
from ttpa.tools.results import failed, succeeded, told
from ttpa.tools.schema_references import put_in_place

LOST = (REQUEST_TIMEOUT, CONNECTION_CLOSED)
"""Codes of no answer."""
LOST_OVER_HTTP = (*LOST, INVALID_REQUEST, PARSE_ERROR)
"""The client gives the last two itself, for a session that an HTTP server has ended or garbled."""
_START_SECONDS = 60.0
"""A server may be fetched before it starts; calls have a limit of their own."""
_PING_SECONDS = 1.0
"""One that says nothing to a ping may be slow; what it is asked then has a limit of its own."""
_MOST_PAGES = 1_000
_LAST_LINES = 5


class Connection:
    """A client, opened in the portal's thread."""

    def __init__(
        self,
        portal: BlockingPortal,
        server: Transport,
        name: str,
        timeout_seconds: float,
        *,
        hide: Callable[[str], str],
        lost: Sequence[int],
        log: TextIO | None = None,
    ) -> None:
        """Opens it. Raises `ToolError` where it fails.

        `hide` takes out of a text what the server was given in secret, and `lost` are the codes of no answer; `log` is
        what a launched server writes beside its answers.
        """
        self._portal = portal
        self._name = name
        self._timeout_seconds = timeout_seconds
        self._hide = hide
        self._lost = lost
        self.is_broken = False
        """Whether a call had no answer, so that nobody knows what the server is doing."""
        client = Client(server, read_timeout_seconds=_START_SECONDS)
        self._stack = ExitStack()
        if log is not None:
            self._stack.enter_context(log)
        try:
            self._client = self._stack.enter_context(portal.wrap_async_context_manager(client))
            self._client.session.validate_tool_result = _take_as_it_is
        except Exception as error:  # a server may fail to start in any way
            with self._stack:
                reason = self._clean(f"{told(error)}{_last_lines(log)}")
                raise ToolError(f"MCP server {name!r} does not start: {reason}") from error

    def definitions(self) -> list[Definition]:
        """All tools that the server tells of. Raises `ToolError` where it does not."""
        found: list[Definition] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            try:
                page = self._portal.call(self._list, cursor)
            except Exception as error:  # nothing that a server does may pass as something else
                reason = self._clean(told(error))
                raise ToolError(f"MCP server {self._name!r} does not tell its tools: {reason}") from error
            found.extend(_definition(tool) for tool in page.tools)
            if not page.next_cursor:
                return found
            if page.next_cursor == cursor:
                break
            cursor = page.next_cursor
        raise ToolError(f"MCP server {self._name!r} does not tell its tools: its list of them has no end")

    def is_open(self) -> bool:
        """Whether the server is still there: one that lay idle may have ended meanwhile."""
        try:
            self._portal.call(self._ping)
        except Exception as error:  # a server may end in any way
            return isinstance(error, MCPError) and (error.code == REQUEST_TIMEOUT or error.code not in self._lost)
        return True

    def call(self, name: str, arguments: JsonObject) -> ToolResult:
        """What the server gives; a result that is not ok where that is an error, or nothing."""
        try:
            result = self._portal.call(self._call, name, arguments)
        except Exception as error:  # a server that dies or stalls spoils this call, and no more
            if isinstance(error, MCPError) and error.code not in self._lost:
                # An answer: the server refuses the call, and its state is what it was.
                return failed(self._hide(error.message))
            if isinstance(error, ValidationError):
                return failed(f"the server's answer is none that MCP knows: {self._clean(_first_problem(error))}")
            self.is_broken = True
            return failed(f"the server gave no answer: {self._clean(told(error))}")
        text = self._hide(_text(result))
        return failed(text) if result.is_error else succeeded(text)

    def close(self) -> None:
        """Ends the connection, and a server that was launched for it."""
        with suppress(Exception):  # it is gone, and nothing depends on how it went
            self._stack.close()

    def _clean(self, reason: str) -> str:
        """What went wrong, without keys: HTTP's errors name the whole address."""
        return self._hide(hide_keys(cut_addresses(reason)))

    async def _ping(self) -> None:
        await self._client.session.send_request(PingRequest(), EmptyResult, request_read_timeout_seconds=_PING_SECONDS)

    async def _list(self, cursor: str | None) -> Any:
        return await self._client.list_tools(cursor=cursor)

    async def _call(self, name: str, arguments: JsonObject) -> CallToolResult:
        return await self._client.call_tool(name, arguments, read_timeout_seconds=self._timeout_seconds)


async def _take_as_it_is(name: str, result: CallToolResult) -> None:
    """What a tool gives is a text for a model, also where it does not fit the schema that the server tells of it."""


def _definition(tool: Tool) -> Definition:
    schema = put_in_place({"type": "object", **tool.input_schema})
    is_read = tool.annotations is not None and tool.annotations.read_only_hint is True
    spec = ToolSpec(name=tool.name, description=tool.description or tool.title or "", parameters=schema)
    return Definition(spec, "read" if is_read else "write")


def _text(result: CallToolResult) -> str:
    """The result as a model reads it: its parts, else its value."""
    parts = [_block(block) for block in result.content]
    if not parts and result.structured_content is not None:
        return canonical_json(result.structured_content)
    return "\n".join(parts)


def _block(block: ContentBlock) -> str:
    """A part of a result: its text, or where it lies; what is neither is named."""
    if isinstance(block, TextContent):
        return block.text
    if isinstance(block, EmbeddedResource) and isinstance(block.resource, TextResourceContents):
        return block.resource.text
    return f"[{block.type} {block.uri}]" if isinstance(block, ResourceLink) else f"[{block.type}]"


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"


def _last_lines(log: TextIO | None) -> str:
    """What a server wrote last; nothing where it wrote nothing."""
    if log is None:
        return ""
    log.seek(0)
    lines = " | ".join(line.strip() for line in deque(filter(str.strip, log), _LAST_LINES))
    return f"; it wrote last: {lines}" if lines else ""
