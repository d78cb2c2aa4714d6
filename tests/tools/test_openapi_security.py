"""Keys are sent where the document says, and shown nowhere."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools.calls import run
from tools.stand_in import KEY, StandIn, write
from ttpa.errors import ToolError
from ttpa.tools.openapi_toolset import OpenApiToolset


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


def test_of_user_and_password_the_password_alone_is_hidden_too(tmp_path: Path, service: StandIn) -> None:
    basic: dict[str, Any] = {"securitySchemes": {"main": {"type": "http", "scheme": "basic"}}}
    document = write(tmp_path / "api.json", components=basic, security=[{"main": []}])
    service.body = b'"ann may not: pa55-w0rd and ann:pa55-w0rd are known"'
    with OpenApiToolset(document, server=service.url, keys={"main": "ann:pa55-w0rd"}) as toolset:
        assert run(toolset, "do").content == '"ann may not: [a key] and [a key] are known"'


def test_a_key_for_a_scheme_that_the_document_does_not_name_is_refused(tmp_path: Path) -> None:
    components = {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}}
    with pytest.raises(ToolError, match=r"tools\.openapi\.keys names 'mian'; .* are main"):
        OpenApiToolset(write(tmp_path / "api.json", components=components), keys={"mian": KEY})


BEARER = {"securitySchemes": {"main": {"type": "http", "scheme": "bearer"}}}
BY_HEADER = {"securitySchemes": {"main": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}}}
BY_QUERY = {"securitySchemes": {"main": {"type": "apiKey", "in": "query", "name": "key"}}}


@pytest.mark.parametrize("alternatives", [[{}, {"main": []}], [{"main": []}, {}]])
def test_a_key_is_sent_where_the_service_would_do_without(
    tmp_path: Path, service: StandIn, alternatives: list[dict[str, list[str]]]
) -> None:
    document = write(tmp_path / "api.json", components=BEARER, security=alternatives)
    for keys in ({"main": KEY}, {}):
        with OpenApiToolset(document, server=service.url, keys=keys) as toolset:
            assert run(toolset, "do").ok
    assert [asked["headers"].get("authorization") for asked in service.asked] == [f"Bearer {KEY}", None]


@pytest.mark.parametrize("components", [BEARER, BY_HEADER, BY_QUERY])
def test_a_key_is_sent_without_the_newline_at_its_end(
    tmp_path: Path, service: StandIn, components: dict[str, Any]
) -> None:
    document = write(tmp_path / "api.json", components=components, security=[{"main": []}])
    with OpenApiToolset(document, server=service.url, keys={"main": f"{KEY}\r\n"}) as toolset:
        result = run(toolset, "do")
    assert result.ok
    assert KEY in json.dumps(service.asked[0])
    assert KEY not in result.content


@pytest.mark.parametrize(
    ("components", "key", "reason"),
    [
        (BEARER, "s\u00e9cret-key", "holds a character that no request can hold there"),
        (BY_HEADER, "secret\nkey", "holds a character that no request can hold there"),
        (BY_QUERY, "secret\udcffkey", "holds a character that no request can hold there"),
        (BEARER, "\n", "is empty"),
    ],
)
def test_a_key_that_cannot_be_sent_is_refused_at_once_and_not_shown(
    tmp_path: Path, components: dict[str, Any], key: str, reason: str
) -> None:
    document = write(tmp_path / "api.json", components=components, security=[{"main": []}])
    with pytest.raises(ToolError, match=rf"^the key for 'main' {reason}$"):
        OpenApiToolset(document, keys={"main": key})


@pytest.mark.parametrize(
    ("components", "place", "name"), [(BY_HEADER, "header", "x-api-key"), (BY_QUERY, "query", "key")]
)
def test_a_parameter_where_the_key_goes_is_not_for_a_model_to_say(
    tmp_path: Path, service: StandIn, components: dict[str, Any], place: str, name: str
) -> None:
    operation = {"parameters": [{"name": name, "in": place, "required": True, "schema": {"type": "string"}}]}
    document = write(tmp_path / "api.json", operation=operation, components=components, security=[{"main": []}])
    with OpenApiToolset(document, server=service.url, keys={"main": KEY}) as toolset:
        assert toolset.specs[0].parameters["properties"] == {}
        assert run(toolset, "do").ok
    assert json.dumps(service.asked[0]).count(KEY) == 1
