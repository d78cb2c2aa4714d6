"""Figures of the experiment: means and paired differences over seeds and cases, and how they are drawn."""

import pytest
from benchmarks.evidence.figures import bootstrap_seeds, difference, exact, mean
from benchmarks.evidence.pictures import draw_dots
from benchmarks.evidence.results import Case


def case(name: str, *, right: bool) -> Case:
    return Case(id=name, split="test", call_is_due=True, exact=right, names_right=right, score=float(right), errors=())


def test_a_difference_that_is_the_same_everywhere_has_no_width() -> None:
    better = {seed: [case(f"{i}#0", right=True) for i in range(9)] for seed in range(3)}
    worse = {seed: [case(f"{i}#0", right=False) for i in range(9)] for seed in range(3)}
    found = difference(better, worse, exact, resamples=50)
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)


def test_cases_are_paired_by_id_within_their_seed() -> None:
    one = {0: [case("a#0", right=True), case("b#0", right=False)], 1: [case("a#0", right=False)]}
    other = {0: [case("a#0", right=False), case("c#0", right=True)], 1: [case("a#0", right=True)]}
    assert difference(one, other, exact, resamples=50).value == 0.0  # +1 in seed 0, -1 in seed 1


def test_seeds_that_disagree_widen_the_interval() -> None:
    alike = [[(1.0, 2)] * 20] * 4
    apart = [[(2.0, 2)] * 20, [(0.0, 2)] * 20] * 2
    narrow, wide = (bootstrap_seeds(seeds, resamples=200) for seeds in (alike, apart))
    assert narrow.value == wide.value == 0.5
    assert (narrow.low, narrow.high) == (0.5, 0.5)
    assert wide.low < 0.3
    assert wide.high > 0.7
    assert bootstrap_seeds(apart, resamples=200) == wide


def test_turns_of_one_instruction_are_drawn_together() -> None:
    together = {0: [case(f"i#{turn}", right=turn < 10) for turn in range(20)]}
    apart = {0: [case(f"{turn}#0", right=turn < 10) for turn in range(20)]}
    assert mean(together, exact, resamples=100).low == 0.5
    assert mean(apart, exact, resamples=100).low < 0.4


def test_without_a_case_there_is_no_mean() -> None:
    with pytest.raises(ValueError, match="no case"):
        mean({0: []}, exact, resamples=10)


def test_a_picture_has_a_row_an_arm_and_a_dot_each_colour() -> None:
    measure = mean({0: [case("a#0", right=True), case("b#0", right=False)]}, exact, resamples=50)
    drawn = draw_dots("exact <turns>", ["one & two", "three"], {"a": {"one & two": measure}, "b": {"three": measure}})
    assert drawn.count("<circle") == 2
    assert "one &amp; two" in drawn
    assert "exact &lt;turns&gt;" in drawn
