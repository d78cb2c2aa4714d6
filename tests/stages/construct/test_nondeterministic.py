"""Tools that may differ are named as `tools.only` names them, and a name that is none is told."""

import json
from pathlib import Path

import pytest

from ttpa.errors import ConfigError
from ttpa.stages.construct import ConstructConfig, name_nondeterministic

pytest.importorskip("httpx2", reason="the extra openapi is not installed")

from ttpa.tools.openapi_toolset import OpenApiToolset

LONG = "read_the_latest_exchange_rate_of_a_pair_of_currencies_from_the_markets"
"""Longer than a name on offer may be."""


@pytest.fixture
def document(tmp_path: Path) -> str:
    ids = (
        "books/find",
        "time now",
        "time/now",
        "count",
        f"{LONG}_current",
        f"{LONG}_history",
        "quotes.get",
        "quotes_get",
    )
    paths = {f"/{number}": {"get": {"operationId": name}} for number, name in enumerate(ids)}
    paths["/lend"] = {"post": {"operationId": "lend/book"}}
    service = {"openapi": "3.0.3", "servers": [{"url": "http://localhost:1"}], "paths": paths}
    path = tmp_path / "service.json"
    path.write_text(json.dumps(service), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("named", "offered"),
    [
        ("books/find", "books_find"),
        ("books_find", "books_find"),
        ("time now", "time_now"),
        ("time/now", "time_now_2"),
        ("time_now_2", "time_now_2"),
        ("count", "count"),
        ("quotes.get", "quotes_get_2"),
        ("quotes_get", "quotes_get"),
        (f"{LONG}_history", f"{LONG[:62]}_2"),
    ],
)
def test_a_tool_is_named_by_its_own_or_by_its_offered_name(document: str, named: str, offered: str) -> None:
    with OpenApiToolset(document) as toolset:
        config = name_nondeterministic(ConstructConfig(nondeterministic=(named,), instances=7), toolset)
    assert (config.nondeterministic, config.instances) == ((offered,), 7)


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (
            "counts",
            r"names 'counts', which is no tool on offer; there are books_find, count, .*, time_now_2$",
        ),
        ("lend/book", r"names 'lend/book', which is left out: it changes something; tools.allow_write"),
    ],
)
def test_what_is_no_tool_on_offer_is_refused_with_what_there_is(document: str, named: str, told: str) -> None:
    with OpenApiToolset(document) as toolset, pytest.raises(ConfigError, match=told):
        name_nondeterministic(ConstructConfig(nondeterministic=("count", named)), toolset)
