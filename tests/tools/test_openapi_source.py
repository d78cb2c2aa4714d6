"""The text of a document, and whether there is one in it."""

from pathlib import Path

import pytest

from tools.stand_in import write
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


def test_a_document_that_changes_has_another_hash(tmp_path: Path) -> None:
    document = write(tmp_path / "api.json")
    with OpenApiToolset(document) as toolset:
        before = toolset.definitions()
        assert toolset.definitions() == before
        write(tmp_path / "api.json", operation={"summary": "Does something else."})
        assert toolset.definitions() != before


@pytest.mark.parametrize("text", ["[" * 200_000, "a: " + "{a: " * 200_000])
def test_a_document_without_an_end_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "api.yaml"
    path.write_text(text)
    with pytest.raises(ToolError, match="is neither JSON nor YAML"):
        OpenApiToolset(str(path))
