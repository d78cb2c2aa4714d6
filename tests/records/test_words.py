"""Whole words are found in any script, and parts of words are not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttpa.records.words import fold, holds, split_words, tells, told_by


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("A room in the hotel  LISBOA, please.", "Hotel Lisboa"),
        ("With sea view.", "sea_view"),
        ("A book on C++.", "C++"),
        ("Rebook, then book.", "book"),
        ("请查询北京明天的天气", "北京"),
        ("查询Oslo天气", "Oslo"),
        ("서울에서 호텔을 찾아줘", "서울"),
        ("Anything", "  "),
    ],
)
def test_whole_words_are_found(text: str, wanted: str) -> None:
    assert holds(text, wanted)


@pytest.mark.parametrize(
    ("text", "wanted"), [("In Lisboan style", "Lisboa"), ("Rebook it", "book"), ("请查询北京", "上海"), ("", "x")]
)
def test_parts_of_words_and_what_is_not_there_are_not_found(text: str, wanted: str) -> None:
    assert not holds(text, wanted)


@given(st.text(alphabet="ab_-. 0é", max_size=12), st.text(alphabet="ab_-. 0é", max_size=4))
def test_where_spaces_part_words_it_is_what_a_pattern_with_edges_finds(text: str, wanted: str) -> None:
    told = fold(wanted)
    assert holds(text, wanted) == (not told or re.search(rf"(?<!\w){re.escape(told)}(?!\w)", fold(text)) is not None)


def test_a_character_is_a_word_where_no_space_parts_them() -> None:
    assert split_words("Rain in 北京, sea_view") == ["rain", "in", "北", "京", "sea", "view"]
    assert split_words("내일 서울의 날씨") == ["내일", "서울의", "날씨"]


def test_numbers_are_told_by_value_and_null_needs_no_telling() -> None:
    assert tells("At most 1,250 euros for 2.50 hours.", 1250)
    assert tells("At most 1,250 euros for 2.50 hours.", 2.5)
    assert not tells("In 2026", 2)
    assert tells("", None)


def test_a_result_tells_its_texts_without_escapes_and_all_else_as_it_stands() -> None:
    told = told_by('{"next": null, "sure": true, "nights": 3, "city": "Z\\u00fcrich", "notes": ["say \\"yes\\""]}')
    assert all(tells(told, value) for value in (3, "Zürich", 'say "yes"', "null", "true"))
    assert not tells(told, "none")


@pytest.mark.parametrize("value", [2**53 + 1, 1234567890123456789, 10**300])
def test_an_integer_of_any_length_is_told_by_its_own_digits_alone(value: int) -> None:
    assert tells(f"Order {value}, please.", value)
    assert tells(f"Order {value:,}.0, please.", value)
    assert not tells(f"Order {value + 1}, please.", value)


def test_a_hyphen_before_a_number_is_a_minus_also_where_no_space_parts_it_from_a_word() -> None:
    assert tells("气温-5度", -5)
    assert not tells("气温-5度", 5)
    assert tells("3-5泊", 5)
    assert tells("5月3日-5日", 5)
    assert tells("Room B-5", 5)
