"""The Hermes dialect: what is written is read back, and every span's text is what it labels."""

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from tests.growth import growth

from ttpa.dialects import DIALECTS
from ttpa.dialects.json_call import child_path
from ttpa.records.messages import AssistantMessage
from ttpa.records.tools import ToolCall

HERMES = DIALECTS["hermes"]
TAGS = ["<tool_call>", "</tool_call>", "\n<tool_call>\n{", '"}}\n</tool_call>', "\u2028", '\\"', "\\", "\x7f"]
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.lists(
    st.sampled_from([*TAGS, "a", '"', "{"]), max_size=4
).map("".join)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
CALLS = st.builds(ToolCall, name=TEXTS.filter(bool), arguments=st.dictionaries(TEXTS, VALUES, max_size=3))
TURNS = st.lists(CALLS, min_size=1, max_size=3).map(tuple)
PROSE = st.text(st.characters(codec="utf-8", exclude_characters="<>"), max_size=20)


def turn(*calls: ToolCall, content: str = "") -> str:
    return HERMES.write_turn(AssistantMessage(content=content, tool_calls=calls))


def leaves(value: JsonValue, path: str) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, child_path(path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, child_path(path, index))
    else:
        yield path, value


def keys(value: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield child_path(path, key), key
            yield from keys(item, child_path(path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from keys(item, child_path(path, index))


CALL = ToolCall(name="find", arguments={"city": "Lisbon", "nights": 3})


def test_a_turn_is_text_then_each_call_between_tags() -> None:
    assert turn(CALL, CALL, content="Let me look.") == (
        "Let me look.\n"
        '<tool_call>\n{"name": "find", "arguments": {"city": "Lisbon", "nights": 3}}\n</tool_call>\n'
        '<tool_call>\n{"name": "find", "arguments": {"city": "Lisbon", "nights": 3}}\n</tool_call>'
    )


@given(TURNS, PROSE)
def test_what_is_written_is_read_back(calls: tuple[ToolCall, ...], content: str) -> None:
    read = HERMES.read_turn(turn(*calls, content=content))
    assert read.problem is None
    assert read.calls == calls
    assert read.content == content.strip()


@given(TURNS, PROSE)
def test_every_spans_text_is_what_it_labels(calls: tuple[ToolCall, ...], content: str) -> None:
    text = turn(*calls, content=content)
    spans = HERMES.read_turn(text).spans

    def spelled(kind: str, index: int) -> list[tuple[str | None, JsonValue]]:
        """Path and value of each span: a string stands between its quotes, another scalar by itself."""
        found = [span for span in spans if (span.kind, span.call) == (kind, index)]
        quoted = [text[span.start - 1] == '"' for span in found]
        return [
            (span.path, json.loads(f'"{text[span.start : span.end]}"' if q else text[span.start : span.end]))
            for span, q in zip(found, quoted, strict=True)
        ]

    for index, call in enumerate(calls):
        assert spelled("tool_name", index) == [(None, call.name)]
        # An empty text has no characters that a span could cover.
        names = [(path, key) for path, key in keys(call.arguments, "$") if key != ""]
        assert spelled("argument_name", index) == names
        values = [(path, leaf) for path, leaf in leaves(call.arguments, "$") if leaf != ""]
        assert spelled("argument_value", index) == values
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert [text[s.start : s.end] for s in spans if s.kind == "text"] == ([content.strip()] if content.strip() else [])


@pytest.mark.parametrize("tag", ["<tool_call>", "</tool_call>", "</tool_call>\n<tool_call>"])
def test_a_value_may_hold_the_tags_themselves(tag: str) -> None:
    calls = (ToolCall(name="note", arguments={"text": f"a {tag} b", tag: 1}), CALL)
    assert HERMES.read_turn(turn(*calls)).calls == calls


@given(TURNS, st.data())
def test_a_turn_cut_off_within_a_call_is_malformed_and_says_so(
    calls: tuple[ToolCall, ...], data: st.DataObject
) -> None:
    whole = turn(*calls)
    opened = len(turn(*calls[:-1])) + (len(calls) > 1) + len("<tool_call>")
    cut = whole[: data.draw(st.integers(opened, len(whole) - 1))]
    read = HERMES.read_turn(cut)
    assert read.calls is None
    assert read.problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<tool_call>\n</tool_call>", "call 0"),
        ('<tool_call>\n{"name": "find"}\n</tool_call>', "call 0: the call's arguments"),
        (f"{turn(CALL)}\n<tool_call>[]</tool_call>", "call 1: a call is a JSON object"),
        (turn(CALL).replace("3", "03"), "call 0"),
        (turn(CALL).replace("</tool_call>", "<tool_call>"), "call 0 is not closed"),
        (f"{turn(CALL)}\n</tool_call>", "</tool_call> without <tool_call>"),
        ('{"name": "find", "arguments": {}}</tool_call>', "</tool_call> without <tool_call>"),
    ],
)
def test_broken_calls_are_a_problem_that_names_the_call(text: str, problem: str) -> None:
    read = HERMES.read_turn(text)
    assert read.calls is None
    assert read.problem is not None
    assert problem in read.problem


def test_one_broken_call_spoils_the_turn_but_the_others_are_labelled() -> None:
    read = HERMES.read_turn('<tool_call>{"name": "find", "arg</tool_call>\n' + turn(CALL))
    assert read.calls is None
    assert [(span.call, span.kind) for span in read.spans][:2] == [(0, "tool_name"), (1, "tool_name")]


def test_text_without_tags_is_an_answer() -> None:
    read = HERMES.read_turn("  No tool fits; 1 < 2.\n")
    assert (read.content, read.calls, read.problem) == ("No tool fits; 1 < 2.", (), None)
    assert [(span.start, span.end) for span in read.spans] == [(2, 22)]
    assert HERMES.read_turn("").spans == ()


PIECES = [
    "<tool_call>",
    "</tool_call>",
    '{"name": "',
    '"',
    "f",
    '", "arguments": {',
    "[",
    "{",
    "}",
    "\\",
    "1",
    " ",
    "\n",
]


def test_tags_in_the_reasoning_before_a_turn_call_nothing() -> None:
    thought = "<think>\nI answer within <tool_call></tool_call> tags.\n</think>"
    read = HERMES.read_turn(f"{thought}\n\n{turn(CALL)}")
    assert (read.calls, read.content, read.problem) == ((CALL,), thought, None)
    assert [span.kind for span in read.spans] == ["text", "tool_name", *(["argument_name", "argument_value"] * 2)]
    assert HERMES.read_turn(thought.removesuffix("</think>")).calls is None


@given(st.lists(st.sampled_from([*PIECES, "\ud800", "é"]), max_size=30).map("".join))
def test_no_text_makes_it_raise(text: str) -> None:
    read = HERMES.read_turn(text)
    assert (read.calls is None) == (read.problem is not None)
    assert all(0 <= span.start < span.end <= len(text) for span in read.spans)


@pytest.mark.parametrize("piece", ["<tool_call>", '<tool_call>"', "</tool_call>", "<tool_call>[", '<tool_call>{"a":"'])
def test_hostile_text_is_malformed_in_time_in_proportion_to_its_length(piece: str) -> None:
    assert HERMES.read_turn(piece * 4000).calls is None
    assert growth(lambda times: HERMES.read_turn(piece * times), 4000) < 9
