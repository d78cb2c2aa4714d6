"""Keys that come back from outside, in whatever form they were sent."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from ttpa.redaction import HIDDEN, hide_keys

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


PRINTERS: list[Callable[[str], str]] = [repr, json.dumps, lambda key: repr(key.encode())]


@pytest.mark.parametrize("print_it", PRINTERS)
def test_a_key_is_hidden_as_programs_print_it_without_the_newline_at_its_end(
    monkeypatch: pytest.MonkeyPatch, print_it: Callable[[str], str]
) -> None:
    key = "s\u00e9cret\\key'one\"two"
    monkeypatch.setenv("SERVICE_KEY", f"{key}\n")
    assert HIDDEN in hide_keys(f"got {print_it(key)}")
    assert "cret" not in hide_keys(f"got {print_it(key)} or {print_it(f'{key}.')}")


def test_words_and_values_that_are_no_keys_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_TOKEN", "short")
    monkeypatch.setenv("PLACE", "Copenhagen")
    assert hide_keys("short trips to Copenhagen") == "short trips to Copenhagen"


def test_a_key_of_any_bytes_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_KEY", "abcdefgh\udcff")
    assert hide_keys("x abcdefgh\udcff y") == f"x {HIDDEN} y"
