"""Some of the hostile tools, beside honest calls; `make faults` tries all of them."""

import pytest

from faults.bad_tools import kinds, try_tools

QUICK = (
    *("fails_exit", "fails_segfault", "fails_fork_and_exit", "fails_deep", "fails_evil_error", "fails_memory"),
    *("works_leave_a_daemon", "works_answer_twice", "works_huge", "works_litter", "works_tell_environment"),
    *("fails_shout_everywhere", "fails_replace_json"),
)


def test_there_are_many_kinds_and_the_quick_ones_are_among_them() -> None:
    names = {name for _, name in kinds()}
    assert len(names) >= 25
    assert names >= {*QUICK}


def test_a_bad_tool_hurts_only_its_own_call() -> None:
    row = try_tools([kind for kind in kinds() if kind[1] in QUICK])
    assert row.tried == len(QUICK)
    assert row.holds, row.remarks


@pytest.mark.heavy
def test_no_bad_tool_hurts_more_than_its_own_call() -> None:
    row = try_tools(kinds())
    assert row.holds, row.remarks
