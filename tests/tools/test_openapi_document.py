"""What a document describes: operations that can be called, and why others cannot."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tools.calls import run
from tools.stand_in import StandIn, write
from ttpa.records.json_shapes import as_object
from ttpa.records.record import JsonObject, JsonValue
from ttpa.records.tools import ToolSpec
from ttpa.tools.openapi_document import read_document
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
    kind = {"$ref": "#/components/schemas/Kind"}
    operation = {
        "parameters": [
            {"name": "size", "in": "query", "schema": {"type": "integer", "minimum": 0, "exclusiveMinimum": True}},
            {"name": "note", "in": "query", "schema": {"type": "string", "nullable": True}},
            {"name": "kind", "in": "query", "schema": {"nullable": True, "description": "K", "allOf": [kind]}},
        ],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}}},
    }
    schemas = {"Tree": tree, "Kind": {"enum": ["a", "b"]}}
    document = write(tmp_path / "api.json", operation=operation, components={"schemas": schemas})
    with OpenApiToolset(document) as toolset:
        properties = toolset.specs[0].parameters["properties"]
    assert properties == {
        "size": {"type": "integer", "exclusiveMinimum": 0},
        "note": {"type": ["string", "null"]},
        "kind": {"description": "K", "anyOf": [{"allOf": [{"enum": ["a", "b"]}]}, {"type": "null"}]},
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


def read(operation: JsonObject, **shared: JsonValue) -> ToolSpec:
    """The tool of a document whose one operation is this, at a path that tells this besides."""
    paths: JsonObject = {"/do": {"post": {"operationId": "do", **operation}, **shared}}
    components = {"schemas": {"Id": {"type": "string"}}}
    document = {"openapi": "3.1.0", "components": components, "paths": paths}
    service = read_document("api.json", json.dumps(document), server="https://e.org")
    assert service.left_out == {}
    return service.operations[0].definition.spec


@pytest.mark.parametrize(
    ("told", "description"),
    [
        (
            {"summary": "Read Item", "description": "Tells of an item\n what is  known."},
            "Read Item. Tells of an item what is known.",
        ),
        ({"summary": "Is it open?", "description": "Of a shop."}, "Is it open? Of a shop."),
        ({"summary": "List issues", "description": "List issues. Open ones alone."}, "List issues. Open ones alone."),
        (
            {"summary": "Delete a pet.", "description": "To delete a pet, name it."},
            "To delete a pet, name it.",
        ),
        ({"summary": "Lists pets by name.", "description": "Lists pets"}, "Lists pets by name."),
        ({"summary": "Lists pets", "description": "lists pets."}, "lists pets."),
        ({"description": "Lists pets."}, "Lists pets."),
        ({"summary": "Lists pets.", "description": ""}, "Lists pets."),
        ({}, "Of pets. All of them."),
    ],
)
def test_a_tool_is_described_by_summary_and_description_without_repeating_either(
    told: JsonObject, description: str
) -> None:
    assert read(told, summary="Of pets.", description="All of them.").description == description


def test_a_long_description_is_told_to_its_end_and_none_by_method_and_path() -> None:
    assert read({"summary": "Calc", "description": "word " * 5_000 + "end"}).description.endswith("word end")
    assert read({}).description == "POST /do"


def body_of(schema: JsonObject) -> JsonObject:
    """The schema of a body as the tool has it, where it is one argument."""
    content: JsonObject = {"application/json": {"schema": schema}}
    properties = as_object(read({"requestBody": {"required": True, "content": content}}).parameters["properties"])
    assert list(properties) == ["body"]
    return as_object(properties["body"])


TEXT: JsonObject = {"type": "string"}
ID: JsonObject = {"type": "string", "readOnly": True}


@pytest.mark.parametrize(
    ("schema", "fits", "fails"),
    [
        (  # what another branch describes is due
            {"allOf": [{"properties": {"name": TEXT}}, {"required": ["name", "kind"], "properties": {"kind": TEXT}}]},
            {"name": "a", "kind": "b"},
            {"kind": "b"},
        ),
        (  # and what none describes
            {"allOf": [{"properties": {"name": TEXT}, "required": ["name", "kind"]}]},
            {"name": "a", "kind": "b"},
            {"name": "a"},
        ),
        (  # what is read-only in another branch is not
            {"allOf": [{"properties": {"id": ID, "name": TEXT}}, {"required": ["id", "name"]}]},
            {"name": "a"},
            {},
        ),
        (  # or beside the branches
            {"properties": {"id": ID}, "allOf": [{"properties": {"name": TEXT}, "required": ["id", "name"]}]},
            {"name": "a"},
            {},
        ),
        (  # or at all alternatives that have it
            {"required": ["id", "name"], "anyOf": [{"properties": {"id": ID}}, {"properties": {"name": TEXT}}]},
            {"name": "a"},
            {"id": "1"},
        ),
        (  # an alternative that describes it as any other asks for it
            {
                "anyOf": [
                    {"properties": {"id": ID, "name": TEXT}, "required": ["id", "name"]},
                    {"properties": {"id": TEXT}, "required": ["id"]},
                ]
            },
            {"id": "1"},
            {},
        ),
        (  # one that asks for nothing else is none of a request
            {"properties": {"id": ID, "name": TEXT}, "oneOf": [{"required": ["id"]}, {"required": ["name"]}]},
            {"name": "a"},
            {},
        ),
    ],
)
def test_members_are_required_unless_they_are_read_only(
    schema: JsonObject, fits: JsonObject, fails: JsonObject
) -> None:
    body = body_of(schema)
    assert jsonschema_rs.is_valid(body, fits)
    assert not jsonschema_rs.is_valid(body, fails)


def test_a_member_that_one_branch_makes_read_only_is_described_in_none() -> None:
    base: JsonObject = {"properties": {"id": TEXT, "name": TEXT}, "required": ["id", "name"]}
    schema: JsonObject = {
        "allOf": [base, {"properties": {"id": {"$ref": "#/components/schemas/Id", "readOnly": True}}}]
    }
    assert body_of(schema) == {
        "allOf": [{"properties": {"name": TEXT}, "required": ["name"]}, {"properties": {}}],
    }


QUERY: JsonObject = {"type": "object", "properties": {"q": TEXT, "to": TEXT}, "required": ["q"]}
EITHER: JsonObject = {"properties": {"q": TEXT, "to": TEXT}, "anyOf": [{"required": ["q"]}, {"required": ["to"]}]}


@pytest.mark.parametrize(
    ("schema", "told", "required", "whole"),
    [
        (QUERY, {"required": True}, ["q"], False),
        (QUERY, {}, ["q"], False),
        (QUERY, {"required": False}, [], True),
        ({**QUERY, "required": []}, {"required": False}, [], False),
        ({**QUERY, "required": []}, {}, [], False),
        ({**QUERY, "required": ["q", "odd"]}, {}, ["q", "odd"], False),
        (EITHER, {"required": True}, ["body"], True),
        (EITHER, {}, ["body"], True),
        (EITHER, {"required": False}, [], True),
        ({**QUERY, "allOf": [{"properties": {"more": TEXT}}]}, {}, ["body"], True),
    ],
)
def test_a_body_with_required_members_is_due_unless_the_document_says_that_it_is_not(
    schema: JsonObject, told: JsonObject, required: list[str], whole: bool
) -> None:
    content: JsonObject = {"application/json": {"schema": schema}}
    parameters = read({"requestBody": {"content": content, **told}}).parameters
    assert parameters["required"] == required
    properties = as_object(parameters["properties"])
    assert list(properties) == (["body"] if whole else list(dict.fromkeys(["q", "to", *required])))
    assert not whole or properties["body"] == schema
