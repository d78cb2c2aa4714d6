"""What a document describes: operations that can be called, and why others cannot."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools.calls import run
from tools.stand_in import StandIn, write
from ttpa.tools.openapi_toolset import OpenApiToolset


def test_what_no_tool_can_call_is_left_out_with_the_reason(tmp_path: Path) -> None:
    upload: dict[str, Any] = {"requestBody": {"required": True, "content": {"multipart/form-data": {}}}}
    document = json.loads(Path(write(tmp_path / "api.json")).read_text())
    document["paths"] |= {
        "/upload": {"post": {"operationId": "upload", **upload}},
        "/hole/{id}": {"get": {"operationId": "hole"}},
        "/far": {"get": {"operationId": "far", "parameters": [{"$ref": "https://e.org/other.json#/x"}]}},
    }
    (tmp_path / "api.json").write_text(json.dumps(document))
    with OpenApiToolset(str(tmp_path / "api.json"), allow_write=True) as toolset:
        assert [spec.name for spec in toolset.specs] == ["do"]
        assert "multipart/form-data; JSON or a form was due" in toolset.left_out["upload"]
        assert "{id}, which no parameter fills" in toolset.left_out["hole"]
        assert "nothing outside of the document is fetched" in toolset.left_out["far"]


MALFORMED: list[tuple[Any, str, str]] = [
    (None, "/odd", "it is None; an object was due"),
    ({"get": "x"}, "get_/odd", "it is 'x'; an object was due"),
    ({"get": {"parameters": {"name": "a"}}}, "get_/odd", "its parameters are {'name': 'a'}; a list was due"),
    ({"parameters": "x", "get": {}}, "get_/odd", "its parameters are 'x'; a list was due"),
    ({"get": {"parameters": [3]}}, "get_/odd", "a parameter of it is 3; an object was due"),
    ({"get": {"parameters": [{}]}}, "get_/odd", "a parameter of it has no name: {}"),
    ({"get": {"parameters": [{"name": "a"}]}}, "get_/odd", "its parameter 'a' goes into None; path, query or"),
    ({"get": {"requestBody": "x"}}, "get_/odd", "its body is 'x'; an object was due"),
]


@pytest.mark.parametrize(("path", "name", "reason"), MALFORMED)
def test_what_is_malformed_is_left_out_with_the_reason(tmp_path: Path, path: Any, name: str, reason: str) -> None:
    paths = {"/do": {"get": {"operationId": "do", "parameters": None}}, "/odd": path, "x-odd": "no path"}
    with OpenApiToolset(write(tmp_path / "api.json", paths=paths)) as toolset:
        assert [spec.name for spec in toolset.specs] == ["do"]
        assert list(toolset.left_out) == [name]
        assert toolset.left_out[name].startswith(reason)


def test_an_operation_whose_references_double_is_left_out(tmp_path: Path) -> None:
    levels = {f"L{n}": {"anyOf": [{"$ref": f"#/components/schemas/L{n + 1}"}] * 2} for n in range(30)}
    operation = {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/L0"}}}}}
    document = json.loads(Path(write(tmp_path / "a.json", operation=operation)).read_text())
    document["components"] = {"schemas": {**levels, "L30": {"type": "string"}}}
    document["paths"]["/plain"] = {"get": {"operationId": "plain"}}
    (tmp_path / "a.json").write_text(json.dumps(document))
    with OpenApiToolset(str(tmp_path / "a.json"), allow_write=True) as toolset:
        assert [spec.name for spec in toolset.specs] == ["plain"]
        assert "unfold to more than 10,000 schemas" in toolset.left_out["do"]


def test_schemas_that_hold_themselves_end_and_old_forms_are_read(tmp_path: Path) -> None:
    tree = {"type": "object", "properties": {"below": {"$ref": "#/components/schemas/Tree"}, "n": {"type": "integer"}}}
    operation = {
        "parameters": [
            {"name": "size", "in": "query", "schema": {"type": "integer", "minimum": 0, "exclusiveMinimum": True}},
            {"name": "note", "in": "query", "schema": {"type": "string", "nullable": True}},
        ],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}},
    }
    document = write(tmp_path / "api.json", operation=operation, components={"schemas": {"Tree": tree}})
    with OpenApiToolset(document) as toolset:
        properties = toolset.specs[0].parameters["properties"]
    assert properties == {
        "size": {"type": "integer", "exclusiveMinimum": 0},
        "note": {"type": ["string", "null"]},
        "below": {},
        "n": {"type": "integer"},
    }


def test_operations_with_one_id_are_tools_of_their_own(tmp_path: Path, service: StandIn) -> None:
    hole = {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]}
    item = {verb: {"operationId": "item", "summary": verb} for verb in ("get", "delete")}
    document = write(tmp_path / "api.json", paths={"/items/{id}": {**hole, **item}})
    with OpenApiToolset(document, server=service.url) as toolset:
        assert [spec.name for spec in toolset.specs] == ["item"]
        assert "tools.allow_write" in toolset.left_out["delete_/items/{id}"]
        run(toolset, "item", id="7")
    with OpenApiToolset(document, server=service.url, allow_write=True) as toolset:
        run(toolset, toolset.specs[1].name, id="7")
    assert [(asked["method"], asked["path"]) for asked in service.asked] == [
        ("GET", "/api/items/7"),
        ("DELETE", "/api/items/7"),
    ]


def test_references_lead_into_lists_and_through_escapes(tmp_path: Path, service: StandIn) -> None:
    hole = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {
        "/a/{id}": {"get": {"operationId": "a", "parameters": [hole]}},
        "/b/{id}": {"get": {"operationId": "b", "parameters": [{"$ref": "#/paths/~1a~1%7Bid%7D/get/parameters/0"}]}},
        "/c": {"$ref": "#/components/pathItems/C"},
        "/d": {"$ref": "other.json#/d"},
    }
    components = {"pathItems": {"C": {"get": {"operationId": "c"}}}}
    with OpenApiToolset(write(tmp_path / "a.json", paths=paths, components=components), server=service.url) as toolset:
        assert [spec.name for spec in toolset.specs] == ["a", "b", "c"]
        assert "nothing outside of the document is fetched" in toolset.left_out["/d"]


def test_a_style_that_is_not_written_here_leaves_its_operation_out(tmp_path: Path) -> None:
    hole = {"name": "id", "in": "path", "required": True, "style": "matrix", "schema": {"type": "string"}}
    paths = {"/a/{id}": {"get": {"operationId": "a", "parameters": [hole]}}, "/b": {"get": {"operationId": "b"}}}
    with OpenApiToolset(write(tmp_path / "api.json", paths=paths)) as toolset:
        assert "has the style 'matrix'; simple was due" in toolset.left_out["a"]
