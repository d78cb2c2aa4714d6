"""The text of a document, and whether there is one in it."""

from pathlib import Path
from typing import Any

import pytest

from tools.stand_in import StandIn, write
from ttpa.errors import ToolError
from ttpa.tools.openapi_toolset import OpenApiToolset


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("openapi: 3.0.0\npaths: {/a: {get: {}}}\n", r"get_/a: it names no server; tools\.openapi\.server is due"),
        ("openapi: 3.0.0\npaths: {}\n", "has no tool to offer"),
        ("openapi: 3.0.0\npaths:\n", "has no paths: 'paths' is None, an object was due"),
        ("openapi: 3.0.0\n", "has no paths: 'paths' is None, an object was due"),
        ("swagger: '2.0'\n", "is no OpenAPI 3 document but Swagger 2.0; convert it first"),
        ("openapi: 2\n", "is no OpenAPI 3 document: its 'openapi' is 2"),
        ("- a list\n", "is no object"),
        ("a: [", "is neither JSON nor YAML"),
        (None, "cannot be read"),
    ],
)
def test_a_document_that_cannot_be_used_is_named(tmp_path: Path, text: str | None, reason: str) -> None:
    path = tmp_path / "api.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ToolError, match=reason):
        OpenApiToolset(str(path))


def test_the_address_of_a_document_is_told_without_a_key(service: StandIn) -> None:
    address = service.url.replace("//", "//ann:pa55@") + "?token=S3CRET"
    asked: list[tuple[int, str, dict[str, str] | None, str]] = [
        (403, "", None, "cannot be read: .*403"),
        (200, "openapi: 3.0.0\n", None, "has no paths"),
        (200, "openapi: 3.0.0\npaths: {}\n", None, "has no tool to offer"),
        (200, "openapi: 3.0.0\npaths: {}\n", {"main": "key"}, r"the security schemes of '[^']*/api' are none"),
        (200, "openapi: 3.0.0\nservers: [{url: 'ftp://u:S3CRET@h'}]\npaths: {/a: {get: {}}}\n", None, "its server is"),
        (200, "openapi: 3.0.0\nservers: [{url: '//u:S3CRET@h:x'}]\npaths: {/a: {get: {}}}\n", None, "its server is"),
    ]
    for status, text, keys, reason in asked:
        service.status, service.body = status, text.encode()
        with pytest.raises(ToolError, match=reason) as stopped:
            OpenApiToolset(address, keys=keys)
        assert service.asked[-1]["path"] == "/api?token=S3CRET"
        assert "S3CRET" not in str(stopped.value)
        assert "pa55" not in str(stopped.value)


def test_a_document_that_changes_has_another_hash(tmp_path: Path) -> None:
    document = write(tmp_path / "api.json")
    with OpenApiToolset(document) as toolset:
        before = toolset.definitions()
        assert toolset.definitions() == before
        write(tmp_path / "api.json", operation={"summary": "Does something else."})
        assert toolset.definitions() != before
        assert [spec.description for spec in toolset.specs_now()] == ["Does something else."]
        assert [spec.description for spec in toolset.specs] == ["Does it."]


def test_an_operation_that_is_not_offered_has_no_part_in_the_hash(tmp_path: Path) -> None:
    def paths(**others: str) -> dict[str, Any]:
        return {f"/{name}": {"get": {"operationId": name, "summary": told}} for name, told in others.items()}

    document = write(tmp_path / "api.json", paths=paths(do="Does it.", undo="Undoes it."))
    with OpenApiToolset(document, only=["do"]) as toolset:
        before = toolset.definitions()
        write(tmp_path / "api.json", paths=paths(do="Does it.", undo="Undoes all.", redo="Does it again."))
        assert toolset.definitions() == before
        write(tmp_path / "api.json", paths=paths(undo="Undoes all."))
        assert toolset.definitions() != before
        assert not toolset.specs_now()


@pytest.mark.parametrize("text", ["[" * 200_000, "a: " + "{a: " * 200_000])
def test_a_document_without_an_end_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(text)
    with pytest.raises(ToolError, match="is neither JSON nor YAML"):
        OpenApiToolset(str(path))
