"""Arguments reach their places in a request and no others."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.calls import run
from tools.stand_in import KEY, StandIn, write
from ttpa.errors import ToolError
from ttpa.records.record import JsonValue
from ttpa.tools.openapi_toolset import OpenApiToolset


def test_arguments_reach_path_query_and_body(github: OpenApiToolset, service: StandIn) -> None:
    assert run(github, "issues_list-for-repo", owner="o", repo="r", state="open", page=2).ok
    assert run(github, "issues_create", owner="o", repo="r", title="It breaks", labels=["bug"]).ok
    assert run(github, "issues_set-labels", owner="o", repo="r", issue_number=7, body={"labels": ["a"]}).ok
    listed, created, labelled = service.asked
    assert (listed["method"], listed["path"]) == ("GET", "/api/repos/o/r/issues?state=open&page=2")
    assert (created["method"], created["path"]) == ("POST", "/api/repos/o/r/issues")
    assert json.loads(created["body"]) == {"title": "It breaks", "labels": ["bug"]}
    assert (labelled["path"], json.loads(labelled["body"])) == ("/api/repos/o/r/issues/7/labels", {"labels": ["a"]})


HOSTILE = [
    "..",
    ".",
    "",
    "../../admin",
    "a/b",
    "//evil.org",
    "evil.org/x",
    "x?y=1",
    "x#y",
    "@evil.org",
    "%2e%2e",
    "\\..\\",
    "x\r\nHost: evil",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_stay_within_their_part_of_the_path(
    github: OpenApiToolset, service: StandIn, value: str
) -> None:
    result = run(github, "users_get-by-username", username=value)
    if not service.asked:
        assert result.content.startswith("invalid arguments: username is ")
        return
    path = service.asked[0]["path"]
    assert path.startswith("/api/users/")
    assert "/" not in path.removeprefix("/api/users/")
    assert unquote(path.removeprefix("/api/users/")) == value
    assert service.asked[0]["headers"]["host"] == service.url.split("/")[2]


@given(st.text(max_size=30))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_stays_within_its_part(github: OpenApiToolset, service: StandIn, text: str) -> None:
    service.asked.clear()
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    run(github, "users_get-by-username", username=text)
    run(github, "search_repos", q=text)
    for asked in service.asked:
        assert asked["path"].startswith(("/api/users/", "/api/search/repositories?q="))
        assert asked["path"].count("/") == 3


@pytest.mark.parametrize(("text", "reason"), [("x" * 70_000, "too long"), ("\ud800", "surrogates not allowed")])
def test_a_value_that_no_request_can_hold_is_never_sent(
    github: OpenApiToolset, service: StandIn, text: str, reason: str
) -> None:
    for result in (run(github, "users_get-by-username", username=text), run(github, "search_repos", q=text)):
        assert result.content.startswith("invalid arguments: ")
        assert result.content.endswith(reason)
    assert service.asked == []


@pytest.mark.parametrize(
    ("parameter", "value", "query"),
    [
        ({}, ["a", "b"], "x=a&x=b"),
        ({"explode": False}, ["a", "b"], "x=a%2Cb"),
        ({"style": "spaceDelimited"}, ["a", "b"], "x=a+b"),
        ({"style": "pipeDelimited"}, ["a", "b"], "x=a%7Cb"),
        ({}, {"page": 2, "size": 5}, "page=2&size=5"),
        ({"explode": False}, {"page": 2}, "x=page%2C2"),
        ({"style": "pipeDelimited"}, {"page": 2, "size": 5}, "x=page%7C2%7Csize%7C5"),
        ({"style": "deepObject"}, {"page": 2}, "x%5Bpage%5D=2"),
        ({"style": "deepObject"}, ["a", "b"], "x%5B%5D=a&x%5B%5D=b"),
        ({"style": "deepObject"}, {"p": {"gte": 3}, "t": ["a"]}, "x%5Bp%5D%5Bgte%5D=3&x%5Bt%5D%5B%5D=a"),
        ({"style": "deepObject"}, [{"p": 1}, {"p": 2}], "x%5B0%5D%5Bp%5D=1&x%5B1%5D%5Bp%5D=2"),
        ({"content": {"application/json": {"schema": {"type": "array"}}}}, ["a", 1], "x=%5B%22a%22%2C+1%5D"),
        ({"content": {"application/json": {"schema": {"type": "string"}}}}, "abc", "x=%22abc%22"),
    ],
)
def test_a_query_is_written_in_the_style_that_the_document_names(
    tmp_path: Path, service: StandIn, parameter: dict[str, Any], value: Any, query: str
) -> None:
    operation = {"parameters": [{"name": "x", "in": "query", **parameter}]}
    with OpenApiToolset(write(tmp_path / "api.json", operation=operation), server=service.url) as toolset:
        assert run(toolset, "do", x=value).ok
    assert service.asked[0]["path"] == f"/api/do?{query}"


@pytest.mark.parametrize(
    ("style", "member", "name"),
    [
        ("form", "api_key", "api_key"),
        ("form", "page", "page"),
        ("form", "page[size]", "page"),
        ("deepObject", "size", "filter[size]"),
    ],
)
def test_no_member_of_an_object_takes_the_place_of_another_parameter_or_of_the_key(
    tmp_path: Path, service: StandIn, style: str, member: str, name: str
) -> None:
    free = {"name": "filter", "in": "query", "style": style, "schema": {"type": "object"}}
    others = [{"name": other, "in": "query"} for other in ("page", "filter[size]")]
    document = write(
        tmp_path / "api.json",
        operation={"parameters": [free, *others]},
        components={"securitySchemes": {"main": {"type": "apiKey", "in": "query", "name": "api_key"}}},
        security=[{"main": []}],
    )
    with OpenApiToolset(document, server=service.url, keys={"main": KEY}) as toolset:
        result = run(toolset, "do", filter={member: "9"}, page=1)
    assert service.asked == []
    assert result.content == f"invalid arguments: filter has the member {name!r}, the name of another parameter"


def test_a_form_gives_each_item_of_an_array(tmp_path: Path, service: StandIn) -> None:
    schema = {"properties": {"expand": {"type": "array"}, "note": {"type": "string"}}}
    form = {"content": {"application/x-www-form-urlencoded": {"schema": schema}}}
    document = write(tmp_path / "api.json", paths={"/do": {"post": {"operationId": "do", "requestBody": form}}})
    with OpenApiToolset(document, server=service.url, allow_write=True) as toolset:
        run(toolset, "do", expand=["a", "b"], note="c d")
    assert service.asked[0]["body"] == "expand=a&expand=b&note=c+d"


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({}, "action=find&deep="),
        ({"q": "a b"}, "action=find&deep=&q=a+b"),
        ({"more": {"p": 2}}, "action=find&deep=&p=2"),
    ],
)
def test_a_path_keeps_the_query_of_its_own(
    tmp_path: Path, service: StandIn, arguments: dict[str, Any], query: str
) -> None:
    parameters = [{"name": "q", "in": "query"}, {"name": "more", "in": "query", "schema": {"type": "object"}}]
    paths = {"/do?action=find&deep=": {"get": {"operationId": "do", "parameters": parameters}}}
    with OpenApiToolset(write(tmp_path / "api.json", paths=paths), server=service.url) as toolset:
        assert run(toolset, "do", **arguments).ok
        assert service.asked[0]["path"] == f"/api/do?{query}"
        refused = run(toolset, "do", more={"action": "delete"})
        assert refused.content == "invalid arguments: more has the member 'action', the name of another parameter"


def write_body(path: Path, *media_types: str, required: bool, schema: dict[str, Any] | None = None) -> str:
    """A document of one operation, `do`, that takes a body of any of these types."""
    told = schema or {"properties": {"note": {"type": "string"}}}
    body = {"required": required, "content": {media_type: {"schema": told} for media_type in media_types}}
    return write(path, paths={"/do": {"post": {"operationId": "do", "requestBody": body}}})


@pytest.mark.parametrize(
    ("media_types", "sent", "body"),
    [
        (["application/json; charset=utf-8"], "application/json; charset=utf-8", '{"note": "a b"}'),
        (["Application/JSON"], "Application/JSON", '{"note": "a b"}'),
        (["application/vnd.api+json;version=1"], "application/vnd.api+json;version=1", '{"note": "a b"}'),
        (["text/xml", "application/hal+json", "application/json"], "application/json", '{"note": "a b"}'),
        (["application/x-www-form-urlencoded;q=1"], "application/x-www-form-urlencoded;q=1", "note=a+b"),
    ],
)
def test_a_body_is_of_the_kind_that_the_document_names_and_told_as_it_names_it(
    tmp_path: Path, service: StandIn, media_types: list[str], sent: str, body: str
) -> None:
    document = write_body(tmp_path / "api.json", *media_types, required=True)
    with OpenApiToolset(document, server=service.url, allow_write=True) as toolset:
        assert run(toolset, "do", note="a b").ok
    assert (service.asked[0]["headers"]["content-type"], service.asked[0]["body"]) == (sent, body)


@pytest.mark.parametrize(("required", "kind", "body"), [(True, "application/json", "{}"), (False, None, "")])
def test_a_body_that_is_due_is_sent_without_any_member(
    tmp_path: Path, service: StandIn, required: bool, kind: str | None, body: str
) -> None:
    document = write_body(tmp_path / "api.json", "application/json", required=required)
    with OpenApiToolset(document, server=service.url, allow_write=True) as toolset:
        assert run(toolset, "do").ok
    assert (service.asked[0]["headers"].get("content-type"), service.asked[0]["body"]) == (kind, body)


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("media_type", ["multipart/form-data", "application/xml", "text/json+plain"])
def test_an_operation_that_takes_a_body_of_another_kind_is_left_out(
    tmp_path: Path, media_type: str, required: bool
) -> None:
    document = write_body(tmp_path / "api.json", media_type, required=required)
    with pytest.raises(ToolError, match=rf"do: its body is {re.escape(media_type)}; JSON or a form was due"):
        OpenApiToolset(document, allow_write=True)


@pytest.mark.parametrize("told", [{}, {"required": False}])
def test_a_body_is_not_sent_without_the_members_that_it_requires(
    tmp_path: Path, service: StandIn, told: dict[str, Any]
) -> None:
    schema = {"properties": {"q": {"type": "string"}, "to": {"type": "string"}}, "required": ["q"]}
    body = {"content": {"application/json": {"schema": schema}}, **told}
    document = write(tmp_path / "api.json", paths={"/do": {"post": {"operationId": "do", "requestBody": body}}})
    members: dict[str, JsonValue] = {"q": "a", "to": "de"}
    part: dict[str, JsonValue] = {"to": "de"}
    with OpenApiToolset(document, server=service.url, allow_write=True) as toolset:
        whole: dict[str, JsonValue] = {"body": members} if told else members
        lacking: dict[str, JsonValue] = {"body": part} if told else part
        assert '"q" is a required property' in run(toolset, "do", **lacking).content
        assert run(toolset, "do", **whole).ok
        assert run(toolset, "do").ok == bool(told)
    assert [asked["body"] for asked in service.asked] == ['{"q": "a", "to": "de"}', ""][: 1 + len(told)]


def test_a_form_that_is_one_argument_writes_its_members_as_the_document_names(tmp_path: Path, service: StandIn) -> None:
    properties = {"ids": {"type": "array"}, "tags": {"type": "array"}, "filter": {"type": "object"}}
    media = {
        "schema": {"properties": properties, "anyOf": [{"required": ["ids"]}, {"required": ["filter"]}]},
        "encoding": {"tags": {"explode": False}, "filter": {"style": "deepObject"}},
    }
    form = {"content": {"application/x-www-form-urlencoded": media}}
    document = write(tmp_path / "api.json", paths={"/do": {"post": {"operationId": "do", "requestBody": form}}})
    with OpenApiToolset(document, server=service.url, allow_write=True) as toolset:
        assert not run(toolset, "do", body={"tags": ["a"]}).ok
        assert not run(toolset, "do", body="ids=1").ok
        assert run(toolset, "do", body={"ids": [1, 2], "tags": ["a", "b"], "filter": {"x": 3}, "odd": "y"}).ok
    assert [asked["body"] for asked in service.asked] == ["ids=1&ids=2&tags=a%2Cb&filter%5Bx%5D=3&odd=y"]


@pytest.mark.parametrize("schema", [{}, {"type": "object"}])
def test_a_form_without_fields_is_left_out(tmp_path: Path, schema: dict[str, Any]) -> None:
    form = {"content": {"application/x-www-form-urlencoded": {"schema": schema}}}
    document = write(tmp_path / "api.json", paths={"/do": {"post": {"operationId": "do", "requestBody": form}}})
    with pytest.raises(ToolError, match="do: its body is a form whose fields are not told"):
        OpenApiToolset(document, allow_write=True)
