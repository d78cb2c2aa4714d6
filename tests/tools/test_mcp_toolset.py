"""An MCP server over its pipes and over HTTP: its tools are offered, run, and started afresh after they wrote."""

import json
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import stdio_client

from tools.calls import run
from tools.stand_in import StandIn
from ttpa.config import make_config
from ttpa.errors import ConfigError, ToolError
from ttpa.records.tools import ToolCall
from ttpa.redaction import HIDDEN
from ttpa.tools.mcp_toolset import McpToolset

SERVER = '''
    import os
    import sys
    import time

    from mcp.server import MCPServer
    from mcp.server.mcpserver import Context
    from mcp.shared.exceptions import MCPError
    from mcp.types import (
        BlobResourceContents,
        CallToolResult,
        EmbeddedResource,
        ResourceLink,
        TextContent,
        TextResourceContents,
        ToolAnnotations,
    )

    server = MCPServer("notes")
    notes = []
    reads = ToolAnnotations(read_only_hint=True)

    @server.tool(annotations=reads)
    def list_notes(limit: int = 10) -> list[str]:
        """List the notes."""
        return notes[:limit]

    @server.tool(name="notes.add")
    def add(text: str) -> str:
        """Add a note."""
        if text == "bad":
            raise MCPError(code=-32602, message="text must not be bad")
        if text.startswith("-32"):
            raise MCPError(code=int(text), message="refused")
        notes.append(text)
        return f"{len(notes)} notes"

    @server.tool(annotations=reads)
    def fail() -> str:
        """Fail."""
        raise LookupError("nothing here")

    @server.tool(annotations=reads)
    def wait() -> str:
        """Never come back."""
        time.sleep(60)
        return "late"

    @server.tool(annotations=reads)
    def leave() -> str:
        """End the server."""
        os._exit(3)

    @server.tool(annotations=reads)
    def show() -> CallToolResult:
        """Give a text, a file, and where another lies."""
        file = TextResourceContents(uri="repo://a/b.txt", text="the file")
        picture = BlobResourceContents(uri="repo://a/b.png", blob="AAAA")
        return CallToolResult(
            content=[
                TextContent(type="text", text="done"),
                EmbeddedResource(type="resource", resource=file),
                EmbeddedResource(type="resource", resource=picture),
                ResourceLink(type="resource_link", name="c", uri="repo://a/c.txt"),
            ]
        )

    @server.tool(annotations=reads)
    def grumble() -> str:
        """Write to the stream of errors."""
        print("Traceback", file=sys.stderr, flush=True)
        return "done"

    @server.tool(annotations=reads)
    def headers(context: Context) -> dict[str, str]:
        """Tell the headers of the request."""
        return dict(context.request_context.request.headers)

    @server.tool(annotations=reads)
    def tell(variable: str) -> str:
        """Tell a variable of the environment."""
        return os.environ.get(variable, "not set")

    if len(sys.argv) > 1:
        server.run("streamable-http", port=int(sys.argv[1]))
    else:
        server.run()
'''


@pytest.fixture
def server(tmp_path: Path) -> list[str]:
    path = tmp_path / "server.py"
    path.write_text(textwrap.dedent(SERVER))
    return [sys.executable, str(path)]


@pytest.fixture
def toolset(server: list[str]) -> Iterator[McpToolset]:
    with McpToolset(server, allow_write=True, timeout_seconds=2.0) as opened:
        yield opened


def test_its_tools_are_offered_under_legal_names_and_writing_ones_where_allowed(server: list[str]) -> None:
    with McpToolset(server) as toolset:
        names = [spec.name for spec in toolset.specs]
        assert names == ["list_notes", "fail", "wait", "leave", "show", "grumble", "headers", "tell"]
        assert "tools.allow_write" in toolset.left_out["notes.add"]
        assert toolset.specs[0].description == "List the notes."
        assert toolset.definitions() == toolset.definitions()


def test_calls_give_results_and_a_server_that_wrote_is_started_afresh(toolset: McpToolset) -> None:
    with toolset.session() as session:
        assert session.run(ToolCall(name="notes_add", arguments={"text": "milk"})).content == "1 notes"
        assert "milk" in session.run(ToolCall(name="list_notes", arguments={})).content
    assert "milk" not in run(toolset, "list_notes").content


def test_an_error_that_the_server_answers_with_leaves_its_state(toolset: McpToolset) -> None:
    with toolset.session() as session:
        for text, content in (
            ("milk", "1 notes"),
            ("bad", "text must not be bad"),
            ("-32600", "refused"),
            ("-32700", "refused"),
            ("eggs", "2 notes"),
        ):
            assert session.run(ToolCall(name="notes_add", arguments={"text": text})).content == content


def test_a_bad_tool_hurts_only_its_own_call(toolset: McpToolset) -> None:
    failing = run(toolset, "fail")
    assert not failing.ok
    assert "fail" in failing.content  # servers of this kind tell no more
    assert not run(toolset, "list_notes", limit="many").ok
    with toolset.session() as session:
        for bad in ("wait", "leave"):
            result = session.run(ToolCall(name=bad, arguments={}))
            assert not result.ok
            assert result.content.startswith("the server gave no answer")
            assert session.run(ToolCall(name="list_notes", arguments={})).ok
    assert run(toolset, "list_notes").ok


def test_the_text_of_a_file_is_read_and_what_is_no_text_is_named(toolset: McpToolset) -> None:
    assert run(toolset, "show").content == "done\nthe file\n[resource]\n[resource_link repo://a/c.txt]"


@pytest.mark.parametrize("opening", ["", "session = toolset.session(); session.__enter__()"])
def test_a_program_that_does_not_close_its_server_ends(server: list[str], opening: str) -> None:
    program = f"""
from ttpa.tools.mcp_toolset import McpToolset
toolset = McpToolset({server!r})
print(toolset.specs[0].name)
{opening}
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("list_notes\n", "", 0)


def test_of_the_environment_it_sees_what_is_named(server: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTES_TOKEN", "abc")
    monkeypatch.setenv("OTHER_TOKEN", "def")
    with McpToolset(server, environment=["NOTES_TOKEN"]) as toolset:
        assert run(toolset, "tell", variable="NOTES_TOKEN").content == "abc"  # too short to be hidden
        assert run(toolset, "tell", variable="OTHER_TOKEN").content == "not set"
    with pytest.raises(ToolError, match="wants ABSENT_TOKEN, which is not set"):
        McpToolset(server, environment=["ABSENT_TOKEN"])


def test_a_server_that_does_not_start_is_named_and_says_why() -> None:
    with pytest.raises(
        ToolError, match=r"MCP server .*no_such_module.* does not start.*it wrote last: .*No module named"
    ):
        McpToolset([sys.executable, "-m", "no_such_module"])


def test_what_a_server_writes_beside_its_answers_stays_out_of_the_terminal(
    server: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    with McpToolset(server) as toolset:
        assert run(toolset, "grumble").content == "done"
    assert capfd.readouterr() == ("", "")


def test_a_server_starts_also_where_the_stream_of_errors_was_another_at_import(
    server: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = (tmp_path / "gone").open("w")
    gone.close()
    monkeypatch.setattr(stdio_client.__wrapped__, "__defaults__", (gone,))  # pyright: ignore
    with McpToolset(server, allow_write=True) as toolset:
        assert "list_notes" in {spec.name for spec in toolset.specs}


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def listening(server: list[str], port: int) -> Generator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([*server, str(port)], stderr=subprocess.DEVNULL)
    try:
        while True:
            assert process.poll() is None, "the server ended"
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_server_over_http_keeps_its_state_from_session_to_session(server: list[str], port: int) -> None:
    address = f"http://127.0.0.1:{port}/mcp"
    with listening(server, port), McpToolset(address, allow_write=True, timeout_seconds=2.0) as toolset:
        assert run(toolset, "notes_add", text="milk").content == "1 notes"
        assert run(toolset, "notes_add", text="bad").content == "text must not be bad"
        assert run(toolset, "list_notes").content.count("milk") == 1
        stalled = run(toolset, "wait")
        assert stalled.content.startswith("the server gave no answer")


def test_a_session_goes_on_where_a_server_over_http_was_started_afresh(server: list[str], port: int) -> None:
    address = f"http://127.0.0.1:{port}/mcp"
    with (
        listening(server, port) as first,
        McpToolset(address, allow_write=True, timeout_seconds=5.0) as toolset,
        toolset.session() as session,
    ):
        assert session.run(ToolCall(name="notes_add", arguments={"text": "milk"})).content == "1 notes"
        first.kill()
        first.wait()
        lost = session.run(ToolCall(name="list_notes", arguments={}))
        assert not lost.ok
        assert lost.content.startswith("the server gave no answer")
        with listening(server, port):
            assert session.run(ToolCall(name="list_notes", arguments={})).ok
            assert run(toolset, "list_notes").ok


def test_an_address_where_no_server_listens_is_named(port: int) -> None:
    with pytest.raises(ToolError, match=rf"MCP server 'http://127.0.0.1:{port}/mcp' does not start"):
        McpToolset(f"http://127.0.0.1:{port}/mcp")


def test_what_it_is_given_of_the_environment_is_hidden_where_it_comes_back(
    server: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DSN", "postgres://shop:pa55-w0rd@db/goods")
    with McpToolset(server, allow_write=True, environment=["SHOP_DSN"]) as toolset:
        assert run(toolset, "tell", variable="SHOP_DSN").content == HIDDEN
        assert run(toolset, "notes_add", text="-32602").content == "refused"
    monkeypatch.setenv("SHOP_DSN", "no_such_module")
    with pytest.raises(ToolError, match=r"it wrote last: .*No module named") as stopped:
        McpToolset([sys.executable, "-c", "import os; __import__(os.environ['SHOP_DSN'])"], environment=["SHOP_DSN"])
    assert "no_such_module" not in str(stopped.value)


def test_headers_are_sent_with_every_request_and_hidden_where_they_come_back(
    server: list[str], port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTES_PAT", "ghp_0123456789\n")
    monkeypatch.setenv("NOTES_TEAM", "red")
    headers = {"Authorization": "Bearer NOTES_PAT", "X-Key": "NOTES_PAT", "X-Team": "NOTES_TEAM"}
    with listening(server, port), McpToolset(f"http://127.0.0.1:{port}/mcp", headers=headers) as toolset:
        told = json.loads(run(toolset, "headers").content)
    assert (told["authorization"], told["x-key"], told["x-team"]) == (f"Bearer {HIDDEN}", HIDDEN, "red")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "wants NOTES_PAT, which is not set in the environment"),
        (" \n", "wants NOTES_PAT for 'X-Key', and it is empty"),
        ("ghp_0123\n456789", "NOTES_PAT holds a character that no header can hold"),
        ("ghp_\u00e9123456789", "NOTES_PAT holds a character that no header can hold"),
    ],
)
def test_a_header_without_a_value_that_can_be_sent_is_refused_at_once(
    value: str | None, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if value is not None:
        monkeypatch.setenv("NOTES_PAT", value)
    with pytest.raises(ToolError, match=f"^MCP server 'http://nowhere.invalid/mcp':? {reason}$"):
        McpToolset("http://nowhere.invalid/mcp?key=S3CRET", headers={"X-Key": "NOTES_PAT"})


def test_the_error_of_a_server_that_refuses_names_no_key(service: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTES_PAT", "ghp_0123456789")
    service.status = 401
    address = service.url.replace("//", "//ann:pa55@") + "?api_key=S3CRET"
    with pytest.raises(ToolError, match=rf"^MCP server '{service.url}' does not start") as stopped:
        McpToolset(address, headers={"X-Key": "Token NOTES_PAT"})
    assert service.asked[0]["path"] == "/api?api_key=S3CRET"
    assert service.asked[0]["headers"]["x-key"] == "Token ghp_0123456789"
    for key in ("S3CRET", "pa55", "ghp_"):
        assert key not in str(stopped.value)


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({"url": "https://host", "headers": {"Authorization": "Bearer ghp-0123"}}, "'Authorization' has no variable"),
        ({"url": "https://host", "headers": {"Authorization": "Bearer NOTES PAT"}}, "'Authorization' has no variable"),
        ({"url": "https://host", "headers": {"X Key": "NOTES_PAT"}}, "'X Key' has no variable"),
        ({"command": ["server"], "headers": {"X-Key": "NOTES_PAT"}}, "tools.mcp.headers are for tools.mcp.url"),
    ],
)
def test_a_config_with_headers_that_cannot_be_sent_is_refused(told: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong) as stopped:
        make_config({"tools": {"source": "mcp", "mcp": told}})
    assert "ghp" not in str(stopped.value)
