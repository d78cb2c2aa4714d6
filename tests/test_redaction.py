"""Keys that come back from outside, in whatever form they were sent."""

import base64
import html
import itertools
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from ttpa.redaction import HIDDEN, NAMED, cut_addresses, hide_keys, hide_values

KEY = "ann lee:pa/ss+w@rd"


@pytest.mark.parametrize(
    "form", [KEY, quote(KEY), quote(KEY, safe=""), quote_plus(KEY), base64.b64encode(KEY.encode()).decode()]
)
def test_a_key_of_the_environment_is_hidden_in_every_form_in_which_a_request_sends_it(
    monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("SERVICE_KEY", KEY)
    told = hide_keys(f"you sent {form}, thank you")
    assert form not in told
    assert KEY not in told


PRINTERS: list[Callable[[str], str]] = [
    repr,
    json.dumps,
    lambda key: repr(key.encode()),
    lambda key: json.dumps(key).replace("/", r"\/"),
    html.escape,
    lambda key: html.escape(key).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
    lambda key: html.escape(key).replace("=", "&#x3D;"),
]


@pytest.mark.parametrize("print_it", PRINTERS)
def test_a_key_is_hidden_as_programs_print_it_without_the_newline_at_its_end(
    monkeypatch: pytest.MonkeyPatch, print_it: Callable[[str], str]
) -> None:
    key = "s\u00e9cret\\key'one\"two/th&ree="
    monkeypatch.setenv("SERVICE_KEY", f"{key}\n")
    assert HIDDEN in hide_keys(f"got {print_it(key)}")
    assert "cret" not in hide_keys(f"got {print_it(key)} or {print_it(f'{key}.')}")


KEYS = ("sk-live-abcd", "sk-live-abcd-9f8e7d6c5b4a", "6c5b4a.part-two")


@pytest.mark.parametrize("order", list(itertools.permutations(KEYS)))
def test_of_keys_that_begin_alike_or_overlap_nothing_is_left_whatever_their_order(
    monkeypatch: pytest.MonkeyPatch, order: tuple[str, ...]
) -> None:
    for number, key in enumerate(order):
        monkeypatch.setenv(f"SERVICE_{number}_KEY", key)
    text = "sk-live-abcd, sk-live-abcd-9f8e7d6c5b4a and sk-live-abcd-9f8e7d6c5b4a.part-two"
    assert hide_keys(text) == f"{HIDDEN}, {HIDDEN} and {HIDDEN}"


def test_words_and_values_that_are_no_keys_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_TOKEN", "short")
    monkeypatch.setenv("PLACE", "Copenhagen")
    assert hide_keys("short trips to Copenhagen") == "short trips to Copenhagen"


def test_a_key_of_any_bytes_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_KEY", "abcdefgh\udcff")
    assert hide_keys("x abcdefgh\udcff y") == f"x {HIDDEN} y"


def test_variables_that_a_config_gives_are_hidden_whatever_their_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_PAT", "ghp_0123456789")
    monkeypatch.setenv("SHOP_PLACE", "Oslo")
    text = "ghp_0123456789 is of no use in Oslo"
    assert hide_keys(text) == text
    monkeypatch.setenv(NAMED, "GITHUB_PAT,SHOP_PLACE,ABSENT")
    assert hide_keys(text) == f"{HIDDEN} is of no use in Oslo"


@pytest.mark.parametrize(
    ("value", "password"),
    [
        ("postgres://shop:pa55-w0rd@db:5432/goods", "pa55-w0rd"),
        ("postgres://shop:pa55%40w0rd@db/goods", "pa55%40w0rd"),
        ("postgres://shop:pa55%40w0rd@db/goods", "pa55@w0rd"),
        ("postgresql+psycopg://shop:pa/55?w0@rd@db/goods", "pa/55?w0@rd"),
        ("redis://:pa55-w0rd@db", "pa55-w0rd"),
    ],
)
def test_of_an_address_the_password_alone_is_hidden_too(value: str, password: str) -> None:
    assert hide_values(f"{value} refuses {password} of shop", [value]) == f"{HIDDEN} refuses {HIDDEN} of shop"


@pytest.mark.parametrize("value", ["https://host:8443/@scope/package", "https://host/goods", "shop:8443-goods@here"])
def test_what_is_no_password_stays(value: str) -> None:
    text = "8443/@scope and host, goods and 8443-goods"
    assert hide_values(text, [value]) == text


@pytest.mark.parametrize(
    ("told", "cut"),
    [
        ("https://host/mcp?api_key=S3CRET", "https://host/mcp"),
        ("https://ann:pa55@host:8443/mcp#S3CRET", "https://host:8443/mcp"),
        ("postgres://ann:pa/55@host/goods", "postgres://host/goods"),
        ("401 for 'https://host/mcp?key=S3'CRET', see https://docs.example/401.", None),
        ("server --url=https://host/mcp?key=S3CRET --fast", "server --url=https://host/mcp --fast"),
        ("http://[::1]:80/@scope/mcp", "http://[::1]:80/@scope/mcp"),
        ("ttpa.quickstart.tools, C:/tools and a?b=c", "ttpa.quickstart.tools, C:/tools and a?b=c"),
    ],
)
def test_addresses_are_cut_to_scheme_host_and_path(told: str, cut: str | None) -> None:
    assert cut_addresses(told) == (cut or "401 for 'https://host/mcp', see https://docs.example/401.")
