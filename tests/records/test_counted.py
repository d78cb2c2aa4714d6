"""One of a plural."""

import pytest

from ttpa.records.counted import counted


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("instructions", "1 instruction"),
        ("cases", "1 case"),
        ("policies", "1 policy"),
        ("scored turns", "1 scored turn"),
        ("turns of all policies", "1 turn of all policies"),
        ("page", "1 page"),
    ],
)
def test_one_is_counted_as_one(plural: str, one: str) -> None:
    assert counted(1, plural) == one
    assert counted(0, plural) == f"0 {plural}"
