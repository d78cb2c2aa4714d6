"""A real service's OpenAPI document, called against a stand-in: whatever it answers becomes a result."""

import gzip
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.calls import run
from tools.stand_in import GITHUB, StandIn, write
from ttpa.records.tools import ToolResult
from ttpa.tools.openapi_toolset import OpenApiToolset


def test_operations_become_tools_with_legal_names_and_looking_ones_alone_are_offered() -> None:
    with OpenApiToolset(GITHUB, server="http://127.0.0.1:1") as toolset:
        names = [spec.name for spec in toolset.specs]
        assert "issues_list-for-repo" in names
        assert "issues_create" not in names
        assert "tools.allow_write" in toolset.left_out["issues/create"]
        spec = next(spec for spec in toolset.specs if spec.name == "issues_list-for-repo")
    assert spec.description.startswith("List repository issues. List issues in a repository. Only open issues will be")
    assert spec.parameters["required"] == ["owner", "repo"]
    properties = spec.parameters["properties"]
    assert isinstance(properties, dict)
    state = properties["state"]
    assert isinstance(state, dict)
    assert state["enum"] == ["open", "closed", "all"]
    assert "$ref" not in json.dumps(spec.parameters)


def test_invalid_arguments_are_never_sent(github: OpenApiToolset, service: StandIn) -> None:
    for name, arguments in (
        ("issues_list-for-repo", {"owner": "o"}),
        ("issues_list-for-repo", {"owner": "o", "repo": "r", "state": "lost"}),
        ("issues_list-for-repo", {"owner": "o", "repo": "r", "unknown": 1}),
    ):
        result = run(github, name, **arguments)
        assert not result.ok
        assert result.content.startswith("invalid arguments")
    assert service.asked == []


def test_what_a_service_may_answer_becomes_a_result(github: OpenApiToolset, service: StandIn) -> None:
    def emojis(status: int, body: bytes, **headers: str) -> ToolResult:
        service.status, service.body = status, body
        service.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return run(github, "emojis_get")

    assert emojis(200, b'{ "a":  1 }', content_type="application/json").content == '{"a": 1}'
    assert emojis(200, b"plain", content_type="text/plain").content == "plain"
    assert emojis(200, b"\x89PNG", content_type="image/png").content == "[4 bytes of image/png]"
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert emojis(200, b"PK\x03\x04", content_type=sheet).content == f"[4 bytes of {sheet}]"
    for kind in ("application/YAML; charset=utf-8", "image/svg+xml", "application/xml", "application/javascript"):
        assert emojis(200, b"plain", content_type=kind).content == "plain"
    assert emojis(200, b'{ "a":  1 }', content_type="Application/JSON; charset=utf-8").content == '{"a": 1}'
    assert emojis(200, b"{broken", content_type="application/json").content == "{broken"
    assert emojis(200, b"[" * 30_000, content_type="application/json").content.startswith("[[[[")
    assert emojis(200, b"plain", content_type="text/plain; charset=hex").content == "plain"
    assert emojis(200, b"x" * 30_000, content_type="text/plain").content.endswith("... [cut: 30000 characters]")
    missing = emojis(404, b'{"message": "Not Found"}', content_type="application/json")
    assert (missing.ok, missing.content) == (False, 'status 404: {"message": "Not Found"}')
    moved = emojis(302, b"", location="https://evil.org/")
    assert not moved.ok
    assert "redirect" in moved.content


def test_a_call_ends_in_its_time_though_the_service_sends_a_byte_now_and_then(service: StandIn) -> None:
    service.body, service.pause = b"1" * 300, 0.02
    with OpenApiToolset(GITHUB, server=service.url, timeout_seconds=0.5) as toolset:
        started = time.monotonic()
        result = run(toolset, "emojis_get")
        assert time.monotonic() - started < 3.0
        assert (result.ok, result.content) == (False, "no whole answer within 0.5 s")
        service.pause = 0.0
        assert run(toolset, "emojis_get").ok


def test_an_answer_is_read_to_a_limit_and_no_further(github: OpenApiToolset, service: StandIn) -> None:
    for headers, body in (({}, b"x" * (9 << 20)), ({"content-encoding": "gzip"}, gzip.compress(b"x" * (64 << 20)))):
        service.headers, service.body = {"content-type": "text/plain", **headers}, body
        result = run(github, "emojis_get")
        assert not result.ok
        assert result.content == "the answer is longer than 8,388,608 bytes; it was not read to its end"


def test_a_service_that_is_not_there_is_a_result_that_is_not_ok() -> None:
    with OpenApiToolset(GITHUB, server="http://127.0.0.1:9") as toolset:
        result = run(toolset, "emojis_get")
    assert not result.ok
    assert result.content.startswith("no answer: ConnectError")


@pytest.mark.parametrize("ending", ["", "del toolset", "raise SystemExit(0)"])
def test_a_program_that_does_not_close_its_tools_ends(tmp_path: Path, ending: str) -> None:
    program = f"""
from ttpa.tools.openapi_toolset import OpenApiToolset
toolset = OpenApiToolset({write(tmp_path / "api.json")!r})
print(toolset.specs[0].name)
{ending}
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("do\n", "", 0)
