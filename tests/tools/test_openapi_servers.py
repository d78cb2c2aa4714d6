"""Each operation is called at its own server."""

import re
from pathlib import Path

import pytest

from tools.calls import run
from tools.stand_in import StandIn, write
from ttpa.errors import ToolError
from ttpa.tools.openapi_toolset import OpenApiToolset


def test_an_operation_is_called_at_its_own_server_where_the_user_names_none(tmp_path: Path, service: StandIn) -> None:
    operation = {"servers": [{"url": service.url}]}
    with OpenApiToolset(write(tmp_path / "api.json", operation=operation)) as toolset:
        assert run(toolset, "do").ok
    operation = {"servers": [{"url": "ftp://e.org"}]}
    with OpenApiToolset(write(tmp_path / "api.json", operation=operation), server=service.url) as toolset:
        assert run(toolset, "do").ok
    assert [asked["path"] for asked in service.asked] == ["/api/do", "/api/do"]


@pytest.mark.parametrize("usual", [[], [{"url": "ftp://e.org"}], [{"url": "http://[bad"}]])
def test_a_document_needs_no_server_of_its_own_where_operations_have_theirs(
    tmp_path: Path, service: StandIn, usual: list[dict[str, str]]
) -> None:
    paths = {
        "/do": {"get": {"operationId": "do", "servers": [{"url": service.url}]}},
        "/lost": {"get": {"operationId": "lost"}},
    }
    with OpenApiToolset(write(tmp_path / "api.json", servers=usual, paths=paths)) as toolset:
        assert run(toolset, "do").ok
        assert list(toolset.left_out) == ["lost"]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://[bad", r"its server is 'http://\[bad': Invalid IPv6 URL"),
        ("http://e.org:99999", "its server is 'http://e.org:99999': Port out of range"),
        ("ftp://e.org", "its server is 'ftp://e.org'; an http or https address was due"),
        ("https:///v1", "it names no server"),
    ],
)
def test_an_operation_whose_server_cannot_be_called_is_left_out(tmp_path: Path, url: str, reason: str) -> None:
    paths = {"/do": {"get": {"operationId": "do"}}, "/odd": {"get": {"operationId": "odd", "servers": [{"url": url}]}}}
    document = write(tmp_path / "api.json", paths=paths)
    with OpenApiToolset(document) as toolset:
        assert [spec.name for spec in toolset.specs] == ["do"]
        assert re.match(reason, toolset.left_out["odd"])
    with pytest.raises(ToolError, match=reason):
        OpenApiToolset(document, server=url)
