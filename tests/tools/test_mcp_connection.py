"""What an MCP server tells of its tools, and what it gives, also where it keeps to no form."""

import sys
import textwrap
from pathlib import Path

import pytest

from tools.calls import run
from ttpa.errors import ToolError
from ttpa.records.tools import ToolCall
from ttpa.tools.mcp_toolset import McpToolset

SERVER = """
    import json
    import sys

    TEXT = {"type": "text", "text": "plain"}
    ANSWERS = {
        "count": {"content": []},
        "miss": {"content": [TEXT], "structuredContent": {"n": None}},
        "omit": {"content": [TEXT]},
        "show": {"content": [{"type": "hologram"}]},
    }
    NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    PLACE = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    READS = {"readOnlyHint": True}


    def tool(name, **told):
        return {"name": name, "description": name, "inputSchema": {"type": "object"}, "annotations": READS, **told}


    TAKES_PLACE = {"type": "object", "properties": {"place": {"$ref": "#/$defs/Place"}}, "$defs": {"Place": PLACE}}
    TOOLS = [tool("find", inputSchema=TAKES_PLACE), *(tool(name, outputSchema=NUMBER) for name in ANSWERS)]
    count = 0
    for line in sys.stdin:
        message = json.loads(line)
        method, asked = message.get("method"), message.get("params", {})
        if "id" not in message:
            continue
        if method == "initialize":
            told = {"protocolVersion": asked["protocolVersion"], "capabilities": {"tools": {}}}
            answer = {"result": {**told, "serverInfo": {"name": "counter", "version": "1"}}}
        elif method == "tools/list":
            page = int(asked.get("cursor", 0)) + 1
            following = {"same": {"nextCursor": "0"}, "more": {"nextCursor": str(page)}}.get(sys.argv[-1], {})
            answer = {"result": {"tools": TOOLS, **following}}
        elif method == "tools/call":
            count += 1
            answer = {"result": {"structuredContent": {"n": count}, **ANSWERS[asked["name"]]}}
            if asked["name"] == "omit":
                del answer["result"]["structuredContent"]
        else:
            answer = {"error": {"code": -32601, "message": "there is no such method"}}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer}), flush=True)
        if sys.argv[-1] == "leave" and method.startswith("tools/"):
            break
"""


@pytest.fixture
def server(tmp_path: Path) -> list[str]:
    path = tmp_path / "counter.py"
    path.write_text(textwrap.dedent(SERVER))
    return [sys.executable, str(path)]


def test_what_a_tools_schema_refers_to_stands_in_its_place(server: list[str]) -> None:
    with McpToolset(server) as toolset:
        find = next(spec for spec in toolset.specs if spec.name == "find")
    place = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    assert find.parameters == {"type": "object", "properties": {"place": place}}


def test_an_answer_that_does_not_fit_its_schema_is_read_and_leaves_the_servers_state(server: list[str]) -> None:
    with McpToolset(server) as toolset, toolset.session() as session:
        told = [session.run(ToolCall(name=name, arguments={})) for name in ("miss", "omit", "show", "count")]
    assert [(result.content, result.ok) for result in told[:2]] == [("plain", True), ("plain", True)]
    assert not told[2].ok
    assert told[2].content.startswith("the server's answer is none that MCP knows: content.0.")
    assert told[3].content == '{"n":4}'


def test_a_server_that_ended_while_it_lay_idle_is_replaced_unnoticed(server: list[str]) -> None:
    with McpToolset([*server, "leave"]) as toolset:
        assert toolset.definitions() == toolset.definitions()
        for _ in range(2):
            assert run(toolset, "count").content == '{"n":1}'


@pytest.mark.parametrize("paging", ["same", "more"])
def test_a_list_of_tools_without_an_end_is_refused(server: list[str], paging: str) -> None:
    with pytest.raises(ToolError, match="does not tell its tools: its list of them has no end"):
        McpToolset([*server, paging])
