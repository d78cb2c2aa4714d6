"""Strict reading of JSON, and canonical writing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from ttpa.records.strict_json import MAX_DEPTH, InvalidJson, canonical_json, depth, read_json

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)


@given(VALUES)
def test_what_is_written_is_read_back(value: JsonValue) -> None:
    assert read_json(canonical_json(value)) == value
    assert read_json(json.dumps(value)) == value


@given(VALUES)
def test_equal_values_give_equal_text_whatever_their_key_order(value: JsonValue) -> None:
    def reverse(item: JsonValue) -> JsonValue:
        if isinstance(item, dict):
            return {key: reverse(item[key]) for key in reversed(item)}
        return [reverse(child) for child in item] if isinstance(item, list) else item

    assert canonical_json(reverse(value)) == canonical_json(value)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        value = read_json(text)
    except InvalidJson:
        return
    canonical_json(value).encode()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ('{"a": 1', "delimiter"),
        ("{'a': 1}", "property name"),
        ('{"a": 1} {"b": 2}', "Extra data"),
        ('{"a": {"b": 1, "b": 2}}', "'b' is given twice"),
        ("[NaN]", "NaN is not JSON"),
        ("-Infinity", "-Infinity is not JSON"),
        ("1e999", "out of range"),
        ("9" * 401, "401 digits"),
        ('"\\ud800"', "lone surrogate"),
        ('{"\\udfff": 1}', "lone surrogate"),
        ('"\ud800"', "lone surrogate"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested deeper than 64"),
        ('{"a":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1), "nested deeper than 64"),
        ("[" * 200_000, "nested deeper than 64"),
    ],
)
def test_what_is_not_strict_json_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(InvalidJson, match=reason):
        read_json(text)


def test_text_beyond_the_limit_is_not_read() -> None:
    assert read_json("[1]", max_characters=3) == [1]
    with pytest.raises(InvalidJson, match="4 characters, at most 3"):
        read_json("[10]", max_characters=3)


def test_the_limits_themselves_are_allowed() -> None:
    deep: JsonValue = read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert depth(deep) == MAX_DEPTH
    assert read_json("9" * 400) == int("9" * 400)


def test_an_escaped_pair_of_surrogates_is_one_character() -> None:
    assert read_json('"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


@pytest.mark.parametrize(
    ("text", "levels"), [("1", 0), ('"[["', 0), ("[]", 1), ('{"a": []}', 2), ('[1, {"b": [[]]}, []]', 4)]
)
def test_depth_counts_containers(text: str, levels: int) -> None:
    assert depth(read_json(text)) == levels
