"""A few random kills of a small run; `make faults` makes 200 of runs of 1,000 items."""

from faults.killer import try_kills


def test_a_killed_run_goes_on_to_the_same_records_and_pays_nothing_twice() -> None:
    killed, paid = try_kills(kills=6, items=16)
    assert killed.tried == 6
    assert killed.holds, killed.remarks
    assert paid.holds, paid.remarks
