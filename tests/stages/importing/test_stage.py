"""Import: dialogues in OpenAI form become instructions; what cannot is refused by line and reason."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import Instruction
from ttpa.records.messages import AssistantMessage, SystemMessage, UserMessage
from ttpa.records.tools import ToolCall
from ttpa.stages.importing import ImportConfig, assign_splits, import_dialogue, name_sources

SHARED = Path(os.environ.get("TTPA_SHARED", str(Path(__file__).parents[3] / "shared")))
Row = dict[str, JsonValue]


def tool(name: str, parameters: JsonValue = None) -> JsonValue:
    function: JsonValue = {"name": name, "description": f"Does {name}.", "parameters": parameters}
    return {"type": "function", "function": function}


CITY: JsonValue = {"type": "object", "properties": {"city": {"type": "string"}}}
DUE: dict[str, JsonValue] = {"name": "get_weather", "arguments": {"city": "Oslo"}}
TOOLS: JsonValue = [tool("get_weather", CITY), tool("find_hotels", CITY)]


def user(content: JsonValue = "Rain in Oslo?") -> Row:
    return {"role": "user", "content": content}


def says(content: JsonValue) -> Row:
    return {"role": "assistant", "content": content}


def calls(*made: tuple[str, JsonValue], name: str = "get_weather") -> Row:
    tool_calls: JsonValue = [
        {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        for call_id, arguments in made
    ]
    return {"role": "assistant", "content": None, "tool_calls": tool_calls}


def result(content: str, call_id: str | None = None) -> Row:
    return {"role": "tool", "content": content, "tool_call_id": call_id}


def read(*messages: Row, **more: JsonValue) -> list[Instruction] | Discard:
    row: Row = {"messages": [*messages], "tools": TOOLS, **more}
    return import_dialogue(json.dumps(row), source="mine", number=4)


def imported(*messages: Row, **more: JsonValue) -> list[Instruction]:
    instructions = read(*messages, **more)
    assert isinstance(instructions, list), instructions
    return instructions


OSLO = ToolCall(name="get_weather", arguments={"city": "Oslo"})
BERGEN = ToolCall(name="get_weather", arguments={"city": "Bergen"})


def test_gold_calls_inside_the_messages_become_steps_and_an_answer() -> None:
    [made] = imported(user(), calls(("a", {"city": "Oslo"})), result("wet", "a"), says("It rains."))
    assert (made.id, made.source, made.kind, made.split) == ("mine:4@0", "mine", "calls", "train")
    assert made.context == (UserMessage(content="Rain in Oslo?"),)
    [step] = made.steps
    assert step.calls == (OSLO,)
    assert [answer.content for answer in step.results] == ["wet"]
    assert made.answer == "It rains."
    assert [spec.name for spec in made.tools] == ["get_weather", "find_hotels"]


def test_arguments_may_be_json_in_a_string() -> None:
    [made] = imported(user(), calls(("a", '{"city": "Oslo"}')), result("wet", "a"), says("It rains."))
    assert made.steps[0].calls == (OSLO,)


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_results_go_to_the_call_whose_id_they_name(order: tuple[str, str]) -> None:
    contents = {"a": "wet", "b": "dry"}
    both = calls(("a", {"city": "Oslo"}), ("b", {"city": "Bergen"}))
    [made] = imported(user(), both, *(result(contents[call_id], call_id) for call_id in order), says("So, so."))
    [step] = made.steps
    assert step.calls == (OSLO, BERGEN)
    assert [answer.content for answer in step.results] == ["wet", "dry"]


def test_results_without_ids_come_in_the_order_of_the_calls() -> None:
    both = calls(("a", {"city": "Oslo"}), ("b", {"city": "Bergen"}))
    [made] = imported(user(), both, result("wet"), result("dry"), says("So, so."))
    assert [answer.content for answer in made.steps[0].results] == ["wet", "dry"]


def test_results_go_to_calls_without_ids_in_their_order() -> None:
    both: Row = {"role": "assistant", "tool_calls": [{"function": DUE}, {"function": DUE | {"arguments": {}}}]}
    [made] = imported(user(), both, result("wet", "x"), result("dry", "x"), says("So, so."))
    assert [answer.content for answer in made.steps[0].results] == ["wet", "dry"]


def test_each_user_message_with_a_solution_is_an_instruction() -> None:
    first, second = imported(
        {"role": "system", "content": "Be brief."},
        user("Hi"),
        says("Hello!"),
        user(),
        calls(("a", {"city": "Oslo"})),
        result("wet", "a"),
        calls(("b", {"city": "Bergen"})),
    )
    assert (first.kind, first.steps, first.answer) == ("no_tool_fits", (), "Hello!")
    assert second.context == (
        SystemMessage(content="Be brief."),
        UserMessage(content="Hi"),
        AssistantMessage(content="Hello!"),
        UserMessage(content="Rain in Oslo?"),
    )
    assert [step.calls for step in second.steps] == [(OSLO,), (BERGEN,)]
    assert second.answer is None
    assert len({first.id, second.id}) == 2


def test_the_last_call_needs_no_result() -> None:
    [made] = imported(user(), calls(("a", {"city": "Oslo"})))
    assert made.steps[0].results == ()


def test_reference_calls_are_due_after_the_messages() -> None:
    due: JsonValue = [{"name": "get_weather", "arguments": {"city": "Oslo"}}]
    acceptable: JsonValue = [{"get_weather": {"city": ["Oslo", "Christiania"]}}]
    [made] = imported(user("Hi"), says("Hello!"), user(), reference_calls=due, acceptable=acceptable, id="x1")
    assert (made.id, made.kind, len(made.context)) == ("mine:x1", "calls", 3)
    [point] = made.decision_points()
    assert point.reference == (OSLO,)
    assert point.acceptable == ({"get_weather": {"city": ["Oslo", "Christiania"]}},)


@pytest.mark.parametrize("arguments", [{"city": "Oslo"}, '{"city": "Oslo"}'])
@pytest.mark.parametrize("is_openai", [False, True])
def test_reference_calls_may_have_the_form_of_those_inside_messages(arguments: JsonValue, is_openai: bool) -> None:
    function: JsonValue = {"name": "get_weather", "arguments": arguments}
    due: JsonValue = {"id": "a", "type": "function", "function": function} if is_openai else function
    [made] = imported(user(), reference_calls=[due])
    assert made.steps[0].calls == (OSLO,)


def test_content_may_be_given_in_parts_of_text() -> None:
    parts: JsonValue = [{"type": "text", "text": "Rain in "}, {"type": "text", "text": "Oslo?"}]
    [made] = imported(user(parts), says([{"type": "text", "text": "No."}]))
    assert (made.context, made.answer) == ((UserMessage(content="Rain in Oslo?"),), "No.")


def test_acceptable_values_may_stand_under_extra() -> None:
    due: JsonValue = [{"name": "get_weather", "arguments": {"city": "Oslo"}}]
    extra: JsonValue = {"acceptable": [{"get_weather": {"city": ["Oslo", ""]}}], "other": 1}
    [made] = imported(user(), reference_calls=due, extra=extra)
    assert made.steps[0].acceptable == ({"get_weather": {"city": ["Oslo", ""]}},)


def test_an_empty_list_of_reference_calls_says_that_none_is_due() -> None:
    [made] = imported(user("Sing!"), reference_calls=[])
    assert (made.kind, made.steps) == ("no_tool_fits", ())
    [point] = made.decision_points()
    assert point.reference == ()


def test_a_tool_without_parameters_takes_none() -> None:
    row: Row = {"messages": [user(), says("No.")], "tools": [tool("now"), tool("then", {"type": "object"})]}
    made = import_dialogue(json.dumps(row), source="mine", number=1)
    assert isinstance(made, list)
    assert made[0].tools[0].parameters == {"type": "object", "properties": {}}


ONE_CALL = calls(("a", {"city": "Oslo"}))
TWO_CALLS = calls(("a", {"city": "Oslo"}), ("b", {"city": "Bergen"}))
WET = result("wet", "a")
RECORD = DiscardReason.INVALID_RECORD
REFUSED: dict[str, tuple[list[Row], DiscardReason, str]] = {
    "no messages": ([], RECORD, "messages: List should have at least 1"),
    "no role": ([{"content": "x"}], RECORD, "messages.0.role: Field required"),
    "another role": ([{"role": "narrator", "content": "x"}], RECORD, "'narrator' is none of"),
    "content with a picture": (
        [user([{"type": "text", "text": "x"}, {"type": "image_url"}])],
        RECORD,
        "messages.0.content: Value error, a part of the type 'image_url'; parts of text alone are read",
    ),
    "content in odd parts": ([user(["x"])], RECORD, "messages.0.content: Value error, a part of the type None"),
    "content that is an object": ([user({"text": "x"})], RECORD, "messages.0.content: Input should be a valid string"),
    "no assistant": ([user()], RECORD, "no assistant turn after a user message"),
    "no user": ([says("Hello!")], RECORD, "no assistant turn after a user message"),
    "a result first": ([WET, user(), says("x")], RECORD, "messages.0: a tool message that answers no call"),
    "a result of nothing": ([user(), WET, says("x")], RECORD, "messages.1: a tool message that answers no call"),
    "a result too many": ([user(), ONE_CALL, WET, WET, says("x")], RECORD, "messages.3: a tool message"),
    "no result": ([user(), ONE_CALL, says("x")], RECORD, "1 calls are followed by 0 tool messages"),
    "the second result missing": ([user(), TWO_CALLS, WET, says("x")], RECORD, "2 calls are followed by 1 tool"),
    "the first result missing": (
        [user(), TWO_CALLS, result("dry", "b"), says("x")],
        RECORD,
        "2 calls are followed by 1 tool",
    ),
    "the first result missing at the end": (
        [user(), TWO_CALLS, result("dry", "b")],
        RECORD,
        "2 calls are followed by 1 tool",
    ),
    "a result of an unknown id": (
        [user(), ONE_CALL, result("wet", "z"), says("x")],
        RECORD,
        "messages.2: a tool message that answers no call: 'z' is the id of no call that is still open",
    ),
    "two results of one id": (
        [user(), TWO_CALLS, result("dry", "b"), result("dry again", "b"), says("x")],
        RECORD,
        "messages.3: a tool message that answers no call: 'b' is the id",
    ),
    "two answers": ([user(), says("x"), says("y")], RECORD, "after the assistant's answer"),
    "calls after the answer": ([user(), says("x"), ONE_CALL], RECORD, "after the assistant's answer"),
    "broken arguments": ([user(), calls(("a", '{"city": '))], RECORD, "messages.1: arguments: "),
    "arguments that are no object": ([user(), calls(("a", "[1]"))], RECORD, "messages.1: the arguments are not an"),
    "a list of arguments": ([user(), calls(("a", [1]))], RECORD, "messages.1.tool_calls.0.function.arguments"),
    "a call without a name": ([user(), calls(("a", {}), name="")], RECORD, "function.name"),
    "a call in OpenAI's older form": (
        [user(), {"role": "assistant", "content": None, "function_call": DUE}],
        RECORD,
        "messages.1: Value error, calls under 'function_call'; 'tool_calls' is due",
    ),
    "calls under a name of another spelling": (
        [user(), {"role": "assistant", "content": "", "toolCalls": [DUE]}],
        RECORD,
        "calls under 'toolCalls'",
    ),
    "an empty answer": ([user(), says(" ")], RECORD, "neither text nor tool_calls"),
    "calls as text, hermes": (
        [user(), says('<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>')],
        RECORD,
        "calls in its text, as the dialect 'hermes' does; tool_calls are due",
    ),
    "calls as text, pythonic": ([user(), says('[get_weather(city="Oslo")]')], RECORD, "'llama3_pythonic'"),
    "a call of an unknown tool": (
        [user(), calls(("a", {}), name="fly")],
        DiscardReason.UNKNOWN_TOOL,
        "'fly', which is not offered",
    ),
}


@pytest.mark.parametrize(("messages", "reason", "detail"), REFUSED.values(), ids=REFUSED.keys())
def test_a_dialogue_that_cannot_be_read_is_refused_by_its_line(
    messages: list[Row], reason: DiscardReason, detail: str
) -> None:
    refused = read(*messages)
    assert isinstance(refused, Discard)
    assert (refused.id, refused.stage, refused.reason) == ("mine:line 4", "import", reason)
    assert detail in refused.detail


CYCLE: JsonValue = {"type": "object", "$schema": "http://127.0.0.1:9/none"}


ROWS: list[tuple[Row, DiscardReason, str]] = [
    ({"tools": None}, RECORD, "tools"),
    ({"tools": [{"name": "bare"}]}, RECORD, "tools.0.function: Field required"),
    ({"tools": [tool("a", {"type": "string"})]}, DiscardReason.INVALID_TOOL, "'a': parameters have type 'string'"),
    (
        {"tools": [tool("a", {"type": "object", "properties": 3})]},
        DiscardReason.INVALID_TOOL,
        "'a': parameters are",
    ),
    ({"tools": [tool("a", CYCLE)]}, DiscardReason.INVALID_TOOL, "'a': parameters are"),
    ({"tools": [tool("a"), tool("a")]}, DiscardReason.INVALID_TOOL, "'a' is offered twice"),
    ({"reference_calls": [{"name": "fly", "arguments": {}}]}, DiscardReason.UNKNOWN_TOOL, "'fly'"),
    (
        {"reference_calls": [{**DUE, "arguments": "{"}]},
        RECORD,
        "reference_calls.0: arguments: no JSON",
    ),
    ({"reference_calls": [{**DUE, "arguments": "[1]"}]}, RECORD, "reference_calls.0: the arguments are not an object"),
    ({"reference_calls": [{"function": 3}]}, RECORD, "reference_calls.0: "),
    ({"reference_calls": [3]}, RECORD, "reference_calls.0: "),
    ({"reference_calls": [{"name": "get_weather"}]}, RECORD, "reference_calls.0.arguments: Field required"),
    ({"reference_calls": [], "acceptable": [{}]}, RECORD, "0 reference calls but 1 acceptable entries"),
    ({"reference_calls": [DUE], "acceptable": [{}]}, RECORD, "acceptable[0] is for []"),
    ({"reference_calls": [DUE], "acceptable": [{"fly": {}}]}, RECORD, "acceptable[0] is for ['fly']"),
    ({"acceptable": [{}]}, RECORD, "acceptable: reference_calls are due beside it"),
    ({"id": [1]}, RECORD, "id"),
]


@pytest.mark.parametrize(("more", "reason", "detail"), ROWS)
def test_a_row_that_cannot_be_read_is_refused_with_the_place(more: Row, reason: DiscardReason, detail: str) -> None:
    refused = read(user(), says("No."), **more)
    assert isinstance(refused, Discard)
    assert refused.reason is reason
    assert detail in refused.detail


@pytest.mark.parametrize("line", ["", "{", "[]", "null", '"x"', '{"messages": NaN}', '{"a": 1, "a": 2}', "\ufeff{}"])
def test_a_line_that_is_no_json_object_is_refused(line: str) -> None:
    refused = import_dialogue(line, source="mine", number=9)
    assert isinstance(refused, Discard)
    assert (refused.id, refused.reason) == ("mine:line 9", RECORD)
    assert refused.detail


@st.composite
def any_messages(draw: st.DrawFn) -> list[Row]:
    """Messages in any order, some of them broken."""
    messages: list[Row] = []
    for role in draw(
        st.lists(st.sampled_from(["system", "developer", "user", "assistant", "tool", "critic"]), max_size=7)
    ):
        row: Row = {"role": role, "content": draw(st.sampled_from(["x", "y", "", None]))}
        if role == "tool":
            row["tool_call_id"] = draw(st.sampled_from(["a", "b", "c", None]))
        if role == "assistant":
            made = draw(st.lists(st.sampled_from(['{"city": "x"}', "{}", "{"]), max_size=2))
            row |= calls(*zip("ab", made, strict=False)) if made else {}
        messages.append(row)
    return messages


@given(any_messages(), st.sampled_from([None, [], [{"name": "get_weather", "arguments": {}}]]))
def test_any_dialogue_is_read_or_refused_and_none_makes_up_a_result(
    messages: list[Row], reference: list[JsonValue] | None
) -> None:
    read_back = import_dialogue(
        json.dumps({"messages": messages, "tools": TOOLS, "reference_calls": reference}), source="any", number=1
    )
    if isinstance(read_back, Discard):
        assert read_back.detail
        return
    given_results = Counter(str(message["content"] or "") for message in messages if message["role"] == "tool")
    for instruction in read_back:
        assert instruction.decision_points()
        told = Counter(answer.content for step in instruction.steps for answer in step.results)
        assert told <= given_results


def instruction_over(names: tuple[str, ...], number: int) -> Instruction:
    row: Row = {"messages": [user(), says("No.")], "tools": [tool(name) for name in names], "id": number}
    made = import_dialogue(json.dumps(row), source="split", number=1)
    assert isinstance(made, list)
    return made[0]


@given(
    st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=3, unique=True).map(tuple), max_size=30),
    st.floats(0, 1),
    st.integers(0, 5),
)
def test_test_unseen_offers_no_tool_that_train_offers(offers: list[tuple[str, ...]], share: float, seed: int) -> None:
    made = [instruction_over(names, number) for number, names in enumerate(offers)]
    split = assign_splits(made, ImportConfig(test_share=share), seed=seed)
    assert [instruction.id for instruction in split] == [instruction.id for instruction in made]
    known = {spec.name for instruction in split if instruction.split == "train" for spec in instruction.tools}
    for instruction in split:
        offered = {spec.name for spec in instruction.tools}
        assert instruction.split != "test_unseen" or (offered and not offered & known)
        assert instruction.split != "test" or not offered or offered & known


def test_about_the_configured_share_is_held_out_and_stays_so_when_more_is_imported() -> None:
    made = [instruction_over(("a",), number) for number in range(1000)]
    split = assign_splits(made, ImportConfig(test_share=0.2), seed=1)
    assert 150 < sum(instruction.split == "test" for instruction in split) < 250
    assert assign_splits(made[:500], ImportConfig(test_share=0.2), seed=1) == split[:500]
    assert assign_splits(made, ImportConfig(test_share=0.2), seed=2) != split


def test_dialogues_of_a_file_with_an_at_in_its_name_are_held_out_one_by_one() -> None:
    rows = [json.dumps({"messages": [user(f"Hi {n}"), says("Hello!")], "tools": [tool("a")]}) for n in range(200)]
    made = [import_dialogue(row, source="data@v2", number=number) for number, row in enumerate(rows, 1)]
    flat = [instruction for one in made if isinstance(one, list) for instruction in one]
    split = assign_splits(flat, ImportConfig(test_share=0.5), seed=1)
    assert 60 < sum(instruction.split == "test" for instruction in split) < 140


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["a.jsonl", "b.jsonl"], ["a", "b"]),
        (["x/a.jsonl", "y/a.jsonl", "c.jsonl"], ["x/a", "y/a", "c"]),
        (["x/data/a.jsonl", "y/data/a.jsonl"], ["x/data/a", "y/data/a"]),
        (["a.json", "a.jsonl"], ["a.json", "a.jsonl"]),
        (["a.jsonl.txt", "a.jsonl", "a.json"], ["a.jsonl.txt", "a.jsonl", "a.json"]),
        (["a", "a.jsonl", "b"], ["a", "a.jsonl", "b"]),
    ],
)
def test_files_are_named_so_that_no_two_share_a_name(files: list[str], names: list[str]) -> None:
    assert name_sources([Path("/data") / file for file in files]) == names


def test_only_a_file_that_is_given_twice_has_a_name_twice() -> None:
    assert name_sources([Path("/x/a.jsonl"), Path("/x/a.jsonl"), Path("/y/b.jsonl")]) == ["a", "a", "b"]


def dialogue_files() -> list[Path]:
    """The files whose first record has messages; the others hold tools or candidates."""
    files = sorted((SHARED / "data" / "converted").glob("*.jsonl"))
    return [file for file in files if '"messages"' in file.read_text(encoding="utf-8").partition("\n")[0]]


@pytest.mark.skipif(not (SHARED / "data" / "converted").is_dir(), reason="the shared data is not there")
@pytest.mark.parametrize("file", dialogue_files(), ids=lambda file: file.stem if isinstance(file, Path) else "")
def test_every_line_of_the_public_data_is_used_or_refused_with_a_reason(file: Path) -> None:
    lines = [line for line in file.read_text(encoding="utf-8").split("\n") if line.strip()]
    outcomes = [import_dialogue(line, source=file.stem, number=number) for number, line in enumerate(lines, start=1)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Discard)]
    assert len(lines) == len(refused) + sum(isinstance(outcome, list) and bool(outcome) for outcome in outcomes)
    assert all(discard.detail for discard in refused)
    spoilt_golds = [discard for discard in refused if discard.reason is DiscardReason.INVALID_ARGUMENTS]
    assert all("the gold breaks its schema" in discard.detail for discard in spoilt_golds)
    assert len(refused) - len(spoilt_golds) <= 0.05 * len(lines)


def test_the_turns_of_one_dialogue_stay_in_one_split() -> None:
    line = json.dumps({"messages": [user(), says("Yes."), user("And now?"), says("No.")], "tools": TOOLS})
    made: list[Instruction] = []
    for number in range(100):
        read_now = import_dialogue(line, source="mine", number=number)
        assert isinstance(read_now, list)
        made.extend(read_now)
    split = assign_splits(made, ImportConfig(test_share=0.5), seed=1)
    assert all(one.split == other.split for one, other in zip(split[::2], split[1::2], strict=True))
    assert {instruction.split for instruction in split} == {"train", "test"}


def test_a_gold_that_breaks_its_own_schema_is_refused_with_the_argument() -> None:
    refused = read(user(), reference_calls=[{"name": "get_weather", "arguments": {"city": 5}}])
    assert isinstance(refused, Discard)
    assert refused.reason is DiscardReason.INVALID_ARGUMENTS
    assert "`city`" in refused.detail


def test_a_null_extra_is_no_extra() -> None:
    [instruction] = imported(user(), reference_calls=[], extra=None)
    assert instruction.steps == ()


def test_a_system_message_between_question_and_answer_is_refused() -> None:
    refused = read(user(), {"role": "system", "content": "Be brief."}, says("Yes."))
    assert isinstance(refused, Discard)
    assert "a system message between a question and its answer" in refused.detail
