"""Families of prompts: every prompt once, each the beginning of the next, and nothing read twice."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ttpa.models.prompt_families import batches, families, newly_read

PROMPTS = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=5).map(tuple), max_size=12)


@given(PROMPTS)
def test_every_prompt_is_in_one_family_whose_members_go_on_from_one_another(prompts: list[tuple[int, ...]]) -> None:
    found = families(prompts)
    assert sorted(index for family in found for index in family) == list(range(len(prompts)))
    for family in found:
        assert all(prompts[b][: len(prompts[a])] == prompts[a] for a, b in pairwise(family))
    lengths = [len(prompts[family[-1]]) for family in found]
    assert lengths == sorted(lengths)


@given(PROMPTS)
def test_no_family_could_have_been_read_with_another(prompts: list[tuple[int, ...]]) -> None:
    longest = [prompts[family[-1]] for family in families(prompts)]
    assert not any(b[: len(a)] == a for i, a in enumerate(longest) for j, b in enumerate(longest) if i != j)
    assert sum(newly_read(prompts)) == sum(map(len, longest))


@given(PROMPTS, st.integers(1, 5))
def test_batches_hold_every_prompt_once_and_part_only_families_that_are_too_large(
    prompts: list[tuple[int, ...]], size: int
) -> None:
    found = list(batches(prompts, size))
    assert all(0 < sum(map(len, together)) <= size for together in found)
    parts = [part for together in found for part in together]
    assert [index for part in parts for index in part] == [index for family in families(prompts) for index in family]
    assert [family for family in families(prompts) if len(family) <= size] == [
        family for family in families(prompts) if family in parts
    ]


def test_a_dialogues_later_turn_is_read_from_where_the_earlier_one_ended() -> None:
    prompts = [(1, 2, 3, 4, 5), (7, 8), (1, 2), (1, 2, 3)]
    assert families(prompts) == [[1], [2, 3, 0]]
    assert newly_read(prompts) == [2, 2, 2, 1]
