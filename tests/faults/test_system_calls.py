"""Some of the system calls that write, struck by strace; `make faults` strikes at all of them."""

import pytest

from faults.system_calls import is_possible, try_system_calls


@pytest.mark.skipif(not is_possible(), reason="strace is not here, or may not trace")
def test_a_run_goes_on_after_a_blow_at_a_system_call() -> None:
    row = try_system_calls(share=0.008)
    assert row.tried >= 6
    assert row.holds, row.remarks
