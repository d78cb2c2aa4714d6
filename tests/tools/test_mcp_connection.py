"""What an MCP server tells of its tools, and what it gives, also where it keeps to no form."""

import sys
import textwrap
from pathlib import Path

import pytest

from ttpa.tools.mcp_toolset import McpToolset

SERVER = """
    import json
    import sys

    NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    PLACE = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    READS = {"readOnlyHint": True}


    def tool(name, **told):
        return {"name": name, "description": name, "inputSchema": {"type": "object"}, "annotations": READS, **told}


    TAKES_PLACE = {"type": "object", "properties": {"place": {"$ref": "#/$defs/Place"}}, "$defs": {"Place": PLACE}}
    TOOLS = [tool("count", outputSchema=NUMBER), tool("find", inputSchema=TAKES_PLACE)]
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
            answer = {"result": {"tools": TOOLS}}
        else:
            answer = {"error": {"code": -32601, "message": "there is no such method"}}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer}), flush=True)
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
