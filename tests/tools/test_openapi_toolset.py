"""A real service's OpenAPI document, called against a stand-in: arguments reach their places and no others."""

import gzip
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ttpa.errors import ToolError
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.tools.openapi_toolset import OpenApiToolset

GITHUB = str(Path(__file__).parent / "fixtures" / "github_excerpt.openapi.json")
KEY = "s3cr3t-key"


class StandIn:
    """A server that answers every request with what it was asked, or as it is told."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.status = 200
        self.headers: dict[str, str] = {"content-type": "application/json"}
        self.body: bytes | None = None
        self.pause = 0.0
        """Seconds before each byte of the body."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length).decode()
                asked = {
                    "method": self.command,
                    "path": self.path,
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "body": body,
                }
                outer.asked.append(asked)
                content = outer.body if outer.body is not None else json.dumps(asked).encode()
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                parts = [bytes([byte]) for byte in content] if outer.pause else [content]
                with suppress(OSError):  # the client may have gone
                    for part in parts:
                        time.sleep(outer.pause)
                        self.wfile.write(part)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def service() -> Iterator[StandIn]:
    stand_in = StandIn()
    yield stand_in
    stand_in.server.shutdown()
    stand_in.server.server_close()


@pytest.fixture
def github(service: StandIn) -> Iterator[OpenApiToolset]:
    with OpenApiToolset(GITHUB, server=service.url, allow_write=True) as toolset:
        yield toolset


def run(toolset: OpenApiToolset, name: str, **arguments: Any) -> ToolResult:
    with toolset.session() as session:
        return session.run(ToolCall(name=name, arguments=arguments))


def write(path: Path, **parts: Any) -> str:
    """A document of one operation, `do`, with these parts in the place of others."""
    operation = {"operationId": "do", "summary": "Does it.", **parts.pop("operation", {})}
    document = {
        "openapi": "3.1.0",
        "servers": [{"url": "https://e.org"}],
        "paths": {"/do": {"get": operation}},
        **parts,
    }
    path.write_text(json.dumps(document))
    return str(path)


def test_operations_become_tools_with_legal_names_and_looking_ones_alone_are_offered() -> None:
    with OpenApiToolset(GITHUB, server="http://127.0.0.1:1") as toolset:
        names = [spec.name for spec in toolset.specs]
        assert "issues_list-for-repo" in names
        assert "issues_create" not in names
        assert "tools.allow_write" in toolset.left_out["issues/create"]
        spec = next(spec for spec in toolset.specs if spec.name == "issues_list-for-repo")
    assert spec.description == "List repository issues"
    assert spec.parameters["required"] == ["owner", "repo"]
    properties = spec.parameters["properties"]
    assert isinstance(properties, dict)
    state = properties["state"]
    assert isinstance(state, dict)
    assert state["enum"] == ["open", "closed", "all"]
    assert "$ref" not in json.dumps(spec.parameters)


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


@pytest.mark.parametrize(("text", "reason"), [("x" * 70_000, "too long"), ("\ud800", "surrogates not allowed")])
def test_a_value_that_no_request_can_hold_is_never_sent(
    github: OpenApiToolset, service: StandIn, text: str, reason: str
) -> None:
    for result in (run(github, "users_get-by-username", username=text), run(github, "search_repos", q=text)):
        assert result.content.startswith("invalid arguments: ")
        assert result.content.endswith(reason)
    assert service.asked == []


def test_what_a_service_may_answer_becomes_a_result(github: OpenApiToolset, service: StandIn) -> None:
    def emojis(status: int, body: bytes, **headers: str) -> ToolResult:
        service.status, service.body = status, body
        service.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return run(github, "emojis_get")

    assert emojis(200, b'{ "a":  1 }', content_type="application/json").content == '{"a": 1}'
    assert emojis(200, b"plain", content_type="text/plain").content == "plain"
    assert emojis(200, b"\x89PNG", content_type="image/png").content == "[4 bytes of image/png]"
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


@pytest.mark.parametrize(
    ("scheme", "place"),
    [
        ({"type": "apiKey", "in": "header", "name": "X-Key"}, ("header", "X-Key", KEY)),
        ({"type": "apiKey", "in": "query", "name": "key"}, ("path", "", f"/api/do?key={KEY}")),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, ("header", "Cookie", f"sid={KEY}")),
        ({"type": "http", "scheme": "bearer"}, ("header", "Authorization", f"Bearer {KEY}")),
        ({"type": "http", "scheme": "basic"}, ("header", "Authorization", "Basic czNjcjN0LWtleQ==")),
    ],
)
def test_keys_are_sent_where_the_document_says_and_hidden_where_they_come_back(
    tmp_path: Path, service: StandIn, scheme: dict[str, str], place: tuple[str, str, str]
) -> None:
    parts: dict[str, Any] = {"components": {"securitySchemes": {"main": scheme}}, "security": [{"main": []}]}
    document = write(tmp_path / "api.json", **parts)
    with pytest.raises(ToolError, match=r"needs a key for main; tools\.openapi\.keys names where it is"):
        OpenApiToolset(document)
    with OpenApiToolset(document, server=service.url, keys={"main": KEY}) as toolset:
        result = run(toolset, "do")
        assert "key" not in json.dumps([spec.model_dump(mode="json") for spec in toolset.specs])
    kind, name, value = place
    asked = service.asked[0]
    assert (asked["path"] if kind == "path" else asked["headers"][name.lower()]) == value
    assert KEY not in result.content


@pytest.mark.parametrize(
    "scheme",
    [
        {"type": "apiKey", "in": "query", "name": "key"},
        {"type": "apiKey", "in": "cookie", "name": "sid"},
        {"type": "http", "scheme": "basic"},
    ],
)
def test_a_key_is_hidden_in_the_form_in_which_it_was_sent(
    tmp_path: Path, service: StandIn, scheme: dict[str, str]
) -> None:
    parts: dict[str, Any] = {"components": {"securitySchemes": {"main": scheme}}, "security": [{"main": []}]}
    document = write(tmp_path / "api.json", **parts)
    with OpenApiToolset(document, server=service.url, keys={"main": "ann lee:pa/ss+w@rd"}) as toolset:
        result = run(toolset, "do")
    sent = [service.asked[0]["path"].partition("key=")[2], *service.asked[0]["headers"].values()]
    carried = [text for text in sent if "ann" in text or text.startswith("Basic ")]
    assert len(carried) == 1
    assert carried[0].removeprefix("sid=").removeprefix("Basic ") not in result.content
    assert "[a key]" in result.content


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


def test_a_key_for_a_scheme_that_the_document_does_not_name_is_refused(tmp_path: Path) -> None:
    components = {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}}
    with pytest.raises(ToolError, match=r"tools\.openapi\.keys names 'mian'; .* are main"):
        OpenApiToolset(write(tmp_path / "api.json", components=components), keys={"mian": KEY})


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


@pytest.mark.parametrize(
    ("parameter", "value", "query"),
    [
        ({}, ["a", "b"], "x=a&x=b"),
        ({"explode": False}, ["a", "b"], "x=a%2Cb"),
        ({"style": "spaceDelimited"}, ["a", "b"], "x=a+b"),
        ({"style": "pipeDelimited"}, ["a", "b"], "x=a%7Cb"),
        ({}, {"page": 2, "size": 5}, "page=2&size=5"),
        ({"explode": False}, {"page": 2}, "x=page%2C2"),
        ({"style": "deepObject"}, {"page": 2}, "x%5Bpage%5D=2"),
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
    [("form", "api_key", "api_key"), ("form", "page", "page"), ("deepObject", "size", "filter[size]")],
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


def test_a_document_that_changes_has_another_hash(tmp_path: Path) -> None:
    document = write(tmp_path / "api.json")
    with OpenApiToolset(document) as toolset:
        before = toolset.definitions()
        assert toolset.definitions() == before
        write(tmp_path / "api.json", operation={"summary": "Does something else."})
        assert toolset.definitions() != before
