"""One call as JSON: read strictly, labelled as far as it can be followed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttpa.dialects.json_call import child_path, label_call, read_call, write_call
from ttpa.records.strict_json import InvalidJson
from ttpa.records.tools import ToolCall


def labels(text: str) -> list[tuple[str, str | None, str]]:
    return [(span.kind, span.path, text[span.start : span.end]) for span in label_call(text, 0, len(text), 0)]


def test_a_call_is_one_line_of_json_spaced_as_templates_space_it() -> None:
    call = ToolCall(name="find", arguments={"city": "Zürich", "n": [1, 2]})
    assert write_call(call) == '{"name": "find", "arguments": {"city": "Zürich", "n": [1, 2]}}'
    assert read_call(write_call(call)) == call


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('["find"]', "a call is a JSON object"),
        ('{"name": "find", "arguments": {}, "id": 3}', "not 'id'"),
        ('{"arguments": {}}', "no name"),
        ('{"name": "", "arguments": {}}', "no name"),
        ('{"name": 7, "arguments": {}}', "no name"),
        ('{"name": "find"}', "arguments are not an object"),
        ('{"name": "find", "arguments": "{}"}', "arguments are not an object"),
        ('{"name": "find", "name": "book", "arguments": {}}', "given twice"),
        ('{"name": "find", "arguments": {"a": NaN}}', "NaN"),
        ('{"name": "find", "arguments": {"a": 1,}}', "."),
    ],
)
def test_what_is_not_exactly_a_name_and_arguments_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidJson, match=reason):
        read_call(text)


def test_names_values_and_nested_values_are_labelled_with_their_paths() -> None:
    text = '{"name": "book", "arguments": {"guests": [{"name": "Ann", "age": 7}, null], "a b": true, "x-1": ""}}'
    assert labels(text) == [
        ("tool_name", None, "book"),
        ("argument_name", "$.guests", "guests"),
        ("argument_name", "$.guests[0].name", "name"),
        ("argument_value", "$.guests[0].name", "Ann"),
        ("argument_name", "$.guests[0].age", "age"),
        ("argument_value", "$.guests[0].age", "7"),
        ("argument_value", "$.guests[1]", "null"),
        ("argument_name", '$["a b"]', "a b"),
        ("argument_value", '$["a b"]', "true"),
        ("argument_name", "$.x-1", "x-1"),
    ]


def test_what_stands_outside_of_name_and_arguments_is_structure() -> None:
    assert labels('{"id": {"a": 1}, "name": "f", "arguments": {}, "note": ["b"]}') == [("tool_name", None, "f")]


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ('{"name": "fin', ("tool_name", None, "fin")),
        ('{"name": "find", "arguments": {"city": "Lis', ("argument_value", "$.city", "Lis")),
        ('{"name": "find", "arguments": {"city": "Lis\\', ("argument_value", "$.city", "Lis")),
        ('{"name": "find", "arguments": {"n": 12', ("argument_value", "$.n", "12")),
        ('{"name": "find", "arguments": {"n": tru', ("argument_value", "$.n", "tru")),
        ('{"name": "find", "arguments": {"n": 1 "m": 2}}', ("argument_value", "$.n", "1")),
    ],
)
def test_broken_text_is_labelled_up_to_the_break(text: str, last: tuple[str, str | None, str]) -> None:
    assert labels(text)[-1] == last


@given(st.text('{}[]":,\\ \n1ae', max_size=40), st.booleans())
def test_spans_stand_in_order_whatever_the_text(text: str, in_arguments: bool) -> None:
    if in_arguments:
        text = '{"name": "f", "arguments": {"a": ' + text
    spans = label_call(text, 0, len(text), 0)
    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(span.start < span.end <= len(text) for span in spans)


def test_deep_nesting_is_not_followed_without_end() -> None:
    text = '{"name": "f", "arguments": {"a": ' + "[" * 100_000
    assert labels(text) == [("tool_name", None, "f"), ("argument_name", "$.a", "a")]


def test_paths_quote_what_is_no_identifier() -> None:
    assert child_path("$", "city") == "$.city"
    assert child_path("$.guests", 0) == "$.guests[0]"
    assert child_path("$", 'a "key"') == '$["a \\"key\\""]'
    assert child_path("$", "") == '$[""]'
