"""What holds for every dialect: what is written is read back, spans spell what they label, no text makes it raise."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue
from tests.growth import growth

from ttpa.dialects import DIALECTS, Dialect
from ttpa.dialects.json_call import child_path
from ttpa.errors import DialogueRefused
from ttpa.records.messages import AssistantMessage
from ttpa.records.tools import ToolCall
from ttpa.stages.score import CompiledTools, fits_schemas

MARKS = [
    "<tool_call>",
    "[TOOL_CALLS]",
    "[CALL_ID]",
    "[ARGS]",
    "<|python_tag|>",
    "```",
    ";",
    '"}}',
    ")]",
    "'",
    "\\",
    '\\"',
    "\n",
    "\x7f",
]
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.lists(
    st.sampled_from([*MARKS, "a", '"', "{"]), max_size=4
).map("".join)
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True)
CALLS = st.builds(ToolCall, name=NAMES, arguments=st.dictionaries(NAMES | TEXTS, VALUES, max_size=3))
TURNS = st.lists(CALLS, min_size=1, max_size=3).map(tuple)
PROSE = st.text(st.characters(codec="utf-8", exclude_characters="<>[]{}`"), max_size=20)
CALL = ToolCall(name="find", arguments={"city": "Lisbon", "nights": 3, "pets": True})
PYTHON_WORDS: dict[str, JsonValue] = {"True": True, "False": False, "None": None}

every_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS.keys())


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


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("llama3_json", 'Well.\n{"name": "find", "parameters": ARGS}; {"name": "find", "parameters": ARGS}'),
        ("mistral", 'Well.[TOOL_CALLS] [{"name": "find", "arguments": ARGS}, {"name": "find", "arguments": ARGS}]'),
        ("json", 'Well.\n[{"name": "find", "arguments": ARGS}, {"name": "find", "arguments": ARGS}]'),
        (
            "llama3_pythonic",
            'Well.\n[find(city="Lisbon", nights=3, pets=True), find(city="Lisbon", nights=3, pets=True)]',
        ),
    ],
)
def test_a_turn_is_written_as_its_family_writes_it(name: str, written: str) -> None:
    turn = AssistantMessage(content="Well.", tool_calls=(CALL, CALL))
    assert DIALECTS[name].write_turn(turn) == written.replace("ARGS", json.dumps(CALL.arguments))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("llama3_json", '<|python_tag|>{"name": "find", "parameters": ARGS}'),
        ("mistral", '[TOOL_CALLS][{"name": "find", "arguments": ARGS, "id": "abcdefghi"}]'),
        ("mistral", "[TOOL_CALLS]find[ARGS]ARGS"),
        ("mistral", "[TOOL_CALLS]find[CALL_ID]a1B2c3D4e[ARGS]ARGS"),
        ("llama3_json", '{"type": "function", "name": "find", "parameters": ARGS}'),
        ("llama3_json", '{"parameters": ARGS, "name": "find"}'),
        ("llama3_json", '{"name": "find", "type": "function", "parameters": ARGS}'),
        ("llama3_json", '<|python_tag|>{\n  "parameters": ARGS,\n  "type": "function",\n  "name": "find"\n}'),
        ("json", '{"name": "find", "arguments": ARGS}'),
        ("json", '{"type": "function", "name": "find", "arguments": ARGS}'),
        ("json", '[{"arguments": ARGS, "name": "find"}]'),
        ("json", '```json\n[\n{"arguments": ARGS, "type": "function", "name": "find"}]\n```'),
        ("json", '```json\n[{"name": "find", "arguments": ARGS}]\n```'),
        ("json", '```JSON\n\n[\n{"name": "find", "arguments": ARGS}]\n```'),
        ("json", '```tool_call\n{"name": "find", "arguments": ARGS}\n```'),
        ("json", '```{"name": "find", "arguments": ARGS}```'),
        ("llama3_pythonic", "[find(nights=3, city='Lisbon', pets=true)]"),
        ("llama3_pythonic", '<|python_tag|>[ find( city = "Lisbon", **{"nights": 3}, pets=True, ), ]'),
    ],
)
def test_other_ways_that_models_of_the_family_write_are_read(name: str, text: str) -> None:
    text = text.replace("[ARGS]ARGS", f"[ARGS]{json.dumps(CALL.arguments)}").replace(
        ": ARGS", f": {json.dumps(CALL.arguments)}"
    )
    read = DIALECTS[name].read_turn(text)
    assert (read.problem, read.calls) == (None, (CALL,))
    assert [text[s.start : s.end] for s in read.spans if s.kind == "tool_name"] == ["find"]
    assert {s.path: text[s.start : s.end].lower() for s in read.spans if s.kind == "argument_value"} == {
        "$.city": "lisbon",
        "$.nights": "3",
        "$.pets": "true",
    }


JSON_DIALECTS = [("llama3_json", "parameters"), ("json", "arguments")]


@pytest.mark.parametrize(("name", "arguments"), JSON_DIALECTS)
@given(CALLS, PROSE, st.permutations(["name", "arguments", "type"]), st.sampled_from([None, 2]), st.data())
def test_a_call_is_read_and_labelled_whatever_the_order_of_its_keys(
    name: str, arguments: str, call: ToolCall, content: str, order: list[str], indent: int | None, data: st.DataObject
) -> None:
    members = {"name": call.name, "arguments": call.arguments, "type": "function"}
    said = {arguments if key == "arguments" else key: members[key] for key in order}
    text = f"{content}\n{json.dumps(said, ensure_ascii=False, indent=indent)}"
    read = DIALECTS[name].read_turn(text)
    assert (read.problem, read.calls, read.content) == (None, (call,), content.strip())
    assert [text[s.start : s.end] for s in read.spans if s.kind == "tool_name"] == [call.name]
    labelled = [s.path for s in read.spans if s.kind == "argument_name"]
    assert labelled == [path for path, key in keys(call.arguments, "$") if key != ""]
    cut = DIALECTS[name].read_turn(text[: data.draw(st.integers(len(content) + 1, len(text) - 1))])
    assert not cut.calls
    for spans in (read.spans, cut.spans):
        assert all(before.end <= after.start for before, after in pairwise(spans))


@pytest.mark.parametrize(("name", "arguments"), JSON_DIALECTS)
@pytest.mark.parametrize(
    "answer",
    [
        '{"total": 3}',
        '{"type": "hotel", "name": "Ritz", "stars": 5}',
        '{"ARGS": {"a": 1}}',
        '{"answer": {"ARGS": {"a": 1}, "type": "function"}, "name": "f"}',
        '{\n"answer":\n{"ARGS": {"a": 1}, "name": "f"}}',
        '[{"total": 3}]',
        'So {"ARGS": {"a": 1}, "name": "f"}',
        '{"ARGS": {"a": 1}, "nam',
        '{"total": 3, "name": "f"',
        '{name: "f", "ARGS": {}}',
    ],
)
def test_json_that_is_no_call_is_text(name: str, arguments: str, answer: str) -> None:
    answer = answer.replace("ARGS", arguments)
    read = DIALECTS[name].read_turn(answer)
    assert (read.content, read.calls, read.problem) == (answer, (), None)


@pytest.mark.parametrize(("name", "arguments"), JSON_DIALECTS)
@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ('{"type": "function", "name": "fi', ["fi"]),
        ('{"type": "function", "name": "find", "ARGS": {"city": "Lis', ["find", "city", "Lis"]),
        ('{"ARGS": {"city": "Lisbon"}, "name": "fi', ["city", "Lisbon", "fi"]),
        ('{"ARGS": {"city": "Lisbon"}, "name": "find", "id": 3}', ["city", "Lisbon", "find"]),
        ('{"total": "3\n{"ARGS": {"city": "Lisbon"}, "name": "find"}}', ["city", "Lisbon", "find"]),
    ],
)
def test_a_broken_call_is_malformed_whatever_the_order_of_its_keys(
    name: str, arguments: str, text: str, spelled: list[str]
) -> None:
    text = text.replace("ARGS", arguments)
    read = DIALECTS[name].read_turn(text)
    assert read.calls is None
    assert [text[s.start : s.end] for s in read.spans if s.kind != "text"] == spelled


@pytest.mark.parametrize("name", ["a:b", "a b", "f(", "x=1", "it's"])
def test_a_call_that_python_has_no_form_for_is_refused(name: str) -> None:
    turn = AssistantMessage(tool_calls=(CALL, ToolCall(name=name, arguments={})))
    with pytest.raises(DialogueRefused, match=re.escape(repr(name))):
        DIALECTS["llama3_pythonic"].write_turn(turn)


@every_dialect
@given(TURNS, PROSE)
def test_what_is_written_is_read_back(dialect: Dialect, calls: tuple[ToolCall, ...], content: str) -> None:
    read = dialect.read_turn(dialect.write_turn(AssistantMessage(content=content, tool_calls=calls)))
    assert read.problem is None
    assert read.calls == calls
    assert read.content == content.strip()


@given(TURNS, st.sampled_from(["", "[CALL_ID]a1B2c3D4e"]))
def test_the_newer_form_of_mistral_is_read_whatever_its_strings_hold(calls: tuple[ToolCall, ...], call_id: str) -> None:
    text = "".join(f"[TOOL_CALLS]{call.name}{call_id}[ARGS]{json.dumps(call.arguments)}" for call in calls)
    read = DIALECTS["mistral"].read_turn(text)
    assert (read.problem, read.calls) == (None, calls)
    assert [text[s.start : s.end] for s in read.spans if s.kind == "tool_name"] == [call.name for call in calls]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[TOOL_CALLS]", "call 0 is no name with an object"),
        ("[TOOL_CALLS]find", "call 0 is no name with an object"),
        ("[TOOL_CALLS][CALL_ID]a[ARGS]{}", "call 0 is no whole JSON object"),
        ("[TOOL_CALLS] \n", "call 0 is no name with an object"),
        ("[TOOL_CALLS]find[ARGS][]", "call 0 is no name with an object"),
        ("[TOOL_CALLS]find[TOOL_CALLS]find[ARGS]{}", "call 0 is no name with an object"),
        ("[TOOL_CALLS]find[ARGS]{}[TOOL_CALLS]find[ARGS]{", "call 1: "),
        ("[TOOL_CALLS]find[ARGS]{} and so on", "call 0: Extra data"),
        ('[TOOL_CALLS]find[ARGS]{"a": "[TOOL_CALLS]find[ARGS]{}', "call 0: Unterminated string"),
    ],
)
def test_broken_calls_in_the_newer_form_of_mistral_are_a_problem_that_names_the_call(text: str, problem: str) -> None:
    read = DIALECTS["mistral"].read_turn(text)
    assert read.calls is None
    assert problem in (read.problem or "")


@every_dialect
@given(TURNS, PROSE)
def test_every_spans_text_is_what_it_labels(dialect: Dialect, calls: tuple[ToolCall, ...], content: str) -> None:
    text = dialect.write_turn(AssistantMessage(content=content, tool_calls=calls))
    spans = dialect.read_turn(text).spans

    def spelled(kind: str, index: int) -> dict[str | None, JsonValue]:
        found: dict[str | None, JsonValue] = {}
        for span in (span for span in spans if (span.kind, span.call) == (kind, index)):
            inner = text[span.start : span.end]
            is_quoted = text[span.start - 1] == '"'
            is_bare = kind != "argument_value" and not is_quoted
            found[span.path] = inner if is_bare else json.loads(f'"{inner}"') if is_quoted else _scalar(inner)
        return found

    for index, call in enumerate(calls):
        assert spelled("tool_name", index) == {None: call.name}
        # An empty text has no characters that a span could cover.
        assert spelled("argument_name", index) == {path: key for path, key in keys(call.arguments, "$") if key != ""}
        values = {path: leaf for path, leaf in leaves(call.arguments, "$") if leaf != ""}
        assert spelled("argument_value", index) == values
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert [text[s.start : s.end] for s in spans if s.kind == "text"] == ([content.strip()] if content.strip() else [])


@every_dialect
@given(TURNS, st.data())
def test_a_turn_cut_off_within_its_last_call_is_malformed_or_not_yet_a_call(
    dialect: Dialect, calls: tuple[ToolCall, ...], data: st.DataObject
) -> None:
    whole = dialect.write_turn(AssistantMessage(tool_calls=calls))
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    read = dialect.read_turn(cut)
    assert read.calls is None or len(read.calls) < len(calls)


@every_dialect
def test_what_is_read_is_nested_no_deeper_than_what_can_be_scored(dialect: Dialect) -> None:
    tools = CompiledTools([{"name": "f", "parameters": {"type": "object", "properties": {"a": {}}}}])
    value: JsonValue = 1
    for levels in range(1, 70):
        value = [value] if levels % 2 else {"b": value}
        call = ToolCall(name="f", arguments={"a": value})
        calls = dialect.read_turn(dialect.write_turn(AssistantMessage(tool_calls=(call,)))).calls
        assert calls is None or fits_schemas(calls, tools)
        assert (calls is None) == (levels > (63 if dialect.name == "llama3_pythonic" else 62))


@every_dialect
def test_text_without_calls_is_an_answer(dialect: Dialect) -> None:
    for text in ("  No tool fits; 1 < 2.\n", 'It is [1, 2] and {"a": 1}.', "- [x] done", '{"temperature": 3}'):
        read = dialect.read_turn(text)
        assert (read.content, read.calls, read.problem) == (text.strip(), (), None)
    assert dialect.read_turn("").spans == ()


PIECES = [
    "<tool_call>", "</tool_call>", "[TOOL_CALLS]", "[CALL_ID]", "[ARGS]", "<|python_tag|>", "```", '{"name": "', '"',
    '", "arguments": {', '", "parameters": {', "f", "(", ")", "[", "{", "}", "]", "=", "**", "'", "\\", "\\d", "1",
    " ", "\n", ",", ";", "\ud800", "é",
]  # fmt: skip


@every_dialect
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_no_text_makes_it_raise(dialect: Dialect, text: str) -> None:
    read = dialect.read_turn(text)
    assert (read.calls is None) == (read.problem is not None)
    assert all(0 <= span.start < span.end <= len(text) for span in read.spans)


@every_dialect
@pytest.mark.parametrize(
    "piece",
    [
        *('{"name": "', "[f(", "[TOOL_CALLS]", "[TOOL_CALLS]f[ARGS]{", '[TOOL_CALLS]f[ARGS]"', "```a"),
        *(
            '{"a":\n',
            '{"a": [\n',
            '{"a": 1,\n',
            '{"a"\n',
            '{"\n',
            '\n{"arguments": {}, ',
            '{"parameters": {"a":\n',
            '{"a": 1}\n',
        ),
        *('[{"name": "f", "arguments": {', " ", "\n", "\t\n", " [", "\n{", "``` ", "```\n", "~~~a", "<|python_tag|> "),
    ],
)
def test_hostile_text_is_read_in_time_in_proportion_to_its_length(dialect: Dialect, piece: str) -> None:
    assert growth(lambda length: dialect.read_turn(f"Hm.\n{piece * (length // len(piece))}x"), 20_000) < 9


def _scalar(text: str) -> JsonValue:
    return PYTHON_WORDS[text] if text in PYTHON_WORDS else json.loads(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[find(city="\\ud800")]', "a lone surrogate"),
        ("[find(city=\ud800)]", "a value was due"),
        ("[fi\ud800nd(city=1)]", "a lone surrogate"),
        ("[find(\ud800=1)]", "a lone surrogate"),
        ('[find(**{"\\udfff": 1})]', "a lone surrogate"),
        ("[find(nights=1e999)]", "a number that is out of range"),
        ("[find(nights=" + "9" * 401 + ")]", "a number that is too long"),
    ],
)
def test_what_no_record_can_keep_is_malformed(text: str, problem: str) -> None:
    read = DIALECTS["llama3_pythonic"].read_turn(text)
    assert read.calls is None
    assert problem in (read.problem or "")
