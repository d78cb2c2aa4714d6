"""Keys that come back from outside, in whatever form they were sent."""

import base64
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


def test_words_and_values_that_are_no_keys_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_TOKEN", "short")
    monkeypatch.setenv("PLACE", "Copenhagen")
    assert hide_keys("short trips to Copenhagen") == "short trips to Copenhagen"


def test_a_key_of_any_bytes_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_KEY", "abcdefgh\udcff")
    assert hide_keys("x abcdefgh\udcff y") == f"x {HIDDEN} y"
