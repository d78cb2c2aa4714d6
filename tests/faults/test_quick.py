"""The rest of the kit in seconds; `make faults` runs all of it."""

import pytest

from faults.hostile_names import try_names
from faults.keys import try_keys
from faults.many_records import try_many_records
from faults.mutated import try_mutated_texts
from faults.page import PAYLOADS, find_browser, try_page
from faults.replies import try_outage, try_replies
from faults.same_bytes import try_same_bytes
from faults.strangers_run import try_carried_run, try_strangers_run
from faults.table import Row, merge, render
from faults.texts import try_json
from faults.two_processes import try_two_processes


def test_bad_replies_leave_every_item_accounted_for() -> None:
    row = try_replies(items=10)
    assert row.holds, row.remarks


def test_a_provider_that_is_down_is_left_alone_and_the_run_goes_on_later() -> None:
    row = try_outage(items=12)
    assert row.holds, row.remarks


def test_json_that_is_not_strict_is_refused() -> None:
    row = try_json()
    assert row.holds, row.remarks


def test_hostile_names_act_nowhere_and_are_told_apart() -> None:
    row = try_names()
    assert row.holds, row.remarks


def test_mutated_texts_crash_neither_parser_nor_scorer() -> None:
    row = try_mutated_texts(5_000)
    assert row.holds, row.remarks


def test_of_two_processes_one_works() -> None:
    row = try_two_processes(1)
    assert row.holds, row.remarks


def test_keys_that_come_back_are_not_kept() -> None:
    row = try_keys()
    assert row.holds, row.remarks


def test_a_strangers_run_is_opened_and_nothing_of_it_runs() -> None:
    row = try_strangers_run(step=10)
    assert row.holds, row.remarks


def test_a_run_goes_on_where_it_was_carried() -> None:
    row = try_carried_run(items=6)
    assert row.holds, row.remarks


@pytest.mark.heavy
def test_workers_and_hash_seeds_change_no_byte() -> None:
    row = try_same_bytes(24)
    assert row.holds, row.remarks


@pytest.mark.heavy
def test_many_records_are_taken_up_soon() -> None:
    row = try_many_records(100_000)
    assert row.holds, row.remarks


@pytest.mark.skipif(find_browser() is None, reason="Chromium is not here")
def test_payloads_in_a_report_are_inert_in_a_browser() -> None:
    browser = find_browser()
    assert browser is not None
    row = try_page(browser, PAYLOADS[:5])
    assert row.holds, row.remarks


def test_rows_of_one_promise_are_added_up() -> None:
    first, second = Row("1 a", tried=2, remarks=["same"]), Row("1 a", tried=3, lost=1, remarks=["same"])
    first.counted["kills"] += 1_000
    second.counted["kills"] += 500
    (row,) = merge([first, second])
    assert (row.tried, row.lost, row.holds) == (5, 1, False)
    assert render([row]).splitlines()[-1] == "| 1 a | 5 | 1 | 0 | 0 | 0 | 1,500 kills; same |"
