"""The page on scale holds the tables that the program prints."""

from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.scale.assumptions import Assumptions
from benchmarks.scale.recorded import recorded_points
from benchmarks.scale.tables import amounts_table, assumptions_table, plans_table, points_table, sizing_table

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", [assumptions_table, amounts_table, sizing_table, plans_table])
def test_a_table_is_the_one_that_is_printed(table: Callable[[Assumptions], str]) -> None:
    assert table(Assumptions()) in PAGE, "out of date: python -m benchmarks.scale"


@pytest.mark.heavy
def test_the_points_are_those_that_are_printed() -> None:
    assert points_table(recorded_points()) in PAGE, "out of date: python -m benchmarks.scale"
