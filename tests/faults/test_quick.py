"""The rest of the kit in seconds; `make faults` runs all of it."""

import pytest
import tenacity

from faults.keys import try_keys
from faults.page import PAYLOADS, find_browser, try_page
from faults.replies import try_outage, try_replies
from faults.texts import try_json
from faults.two_processes import try_two_processes


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries follow at once."""

    def go_on(seconds: float) -> None:
        assert seconds >= 0

    monkeypatch.setattr(tenacity.nap.time, "sleep", go_on)


def test_bad_replies_leave_every_item_accounted_for(no_waits: None) -> None:
    row = try_replies(items=12, seeds=1)
    assert row.holds, row.remarks


def test_a_provider_that_is_down_is_left_alone_and_the_run_goes_on_later(no_waits: None) -> None:
    row = try_outage(items=12)
    assert row.holds, row.remarks


def test_json_that_is_not_strict_is_refused() -> None:
    row = try_json()
    assert row.holds, row.remarks


def test_of_two_processes_one_works() -> None:
    row = try_two_processes(1)
    assert row.holds, row.remarks


def test_keys_that_come_back_are_not_kept() -> None:
    row = try_keys()
    assert row.holds, row.remarks


@pytest.mark.skipif(find_browser() is None, reason="Chromium is not here")
def test_payloads_in_a_report_are_inert_in_a_browser() -> None:
    browser = find_browser()
    assert browser is not None
    row = try_page(browser, PAYLOADS[:5])
    assert row.holds, row.remarks
