"""The order of rows: whole, told by seed and epoch alone, and as the method wants it."""

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ttpa.stages.train.order import EpochSampler, by_generation, by_group, by_length

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=300)


@given(st.lists(st.sampled_from("abcd"), max_size=30))
def test_rows_of_one_group_come_after_one_another(groups: list[str]) -> None:
    rows = by_group(groups)(Random(1))
    assert sorted(rows) == list(range(len(groups)))
    seen = [groups[row] for row in rows]
    changes = sum(one != other for one, other in pairwise(seen))
    assert changes == max(0, len(set(groups)) - 1)


@given(LENGTHS, st.integers(1, 7))
def test_the_longest_row_is_in_the_first_batch_and_none_is_lost(lengths: list[int], size: int) -> None:
    rows = by_length(lengths, size)(Random(1))
    assert sorted(rows) == list(range(len(lengths)))
    assert max(lengths[row] for row in rows[:size]) == max(lengths)


def test_batches_hold_rows_of_about_one_length() -> None:
    lengths = [Random(3).randrange(1, 100) for _ in range(1)] + [Random(n).randrange(1, 100) for n in range(400)]
    rows = by_length(lengths, 8)(Random(1))
    spreads = [
        max(lengths[row] for row in rows[at : at + 8]) - min(lengths[row] for row in rows[at : at + 8])
        for at in range(0, 400, 8)
    ]
    assert sum(spreads) / len(spreads) < 10


@given(st.integers(1, 20), st.integers(1, 5), st.integers(2, 4), st.integers(1, 3))
def test_turns_are_drawn_together_and_used_as_often_as_is_due(
    count: int, together: int, completions: int, uses: int
) -> None:
    rows = by_generation(count, together=together, completions=completions, uses=uses)(Random(1))
    size = together * completions
    batches = [rows[at : at + size] for at in range(0, len(rows), size)]
    assert len(batches) == count // together * uses
    for at in range(0, len(batches), uses):
        assert all(batch == batches[at] for batch in batches[at : at + uses])
        assert all(batches[at].count(row) == completions for row in batches[at])
    seen = {row for batch in batches for row in batch}
    assert len(seen) == count // together * together


def test_an_epoch_has_the_same_order_whenever_it_begins() -> None:
    epoch = 0

    def sampler() -> EpochSampler:
        return EpochSampler(by_group([str(row) for row in range(50)]), seed=7, epoch=lambda: epoch)

    first = list(sampler())
    epoch = 1
    second = list(sampler())
    epoch = 0
    again = sampler()
    assert list(again) == first
    epoch = 1
    assert list(again) == second
    assert first != second
