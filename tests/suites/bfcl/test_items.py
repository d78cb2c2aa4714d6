"""Items of BFCL: how a dialogue goes on, and that nothing a model writes is evaluated as Python."""

from typing import cast

import pytest
from pydantic import JsonValue

from ttpa.dialects import DIALECTS
from ttpa.records.messages import AssistantMessage, ToolMessage
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.suites.bfcl.environment import BfclWorker
from ttpa.suites.bfcl.golds import first_calls
from ttpa.suites.bfcl.items import BfclItem, ItemTurn, make_item, permit
from ttpa.suites.bfcl.official import write_step, write_turn
from ttpa.suites.episodes import Ended, Said

HERMES = DIALECTS["hermes"]
LS = ToolSpec(name="ls", parameters={"type": "object", "properties": {}})
MV = ToolSpec(name="mv", parameters={"type": "object", "properties": {}})


class ListedWorker:
    """Gives each call's name back, and keeps what was asked."""

    starts = 1

    def __init__(self) -> None:
        self.asked: list[dict[str, JsonValue]] = []

    def ask(self, **request: JsonValue) -> JsonValue:
        self.asked.append(request)
        calls = cast("list[dict[str, JsonValue]]", request.get("calls", []))
        return [f"{call['name']} is done" for call in calls]


def dialogue() -> BfclItem:
    def turn(text: str, *added: ToolSpec) -> ItemTurn:
        return ItemTurn(messages=[{"role": "user", "content": text}], added=list(added), added_functions=[])

    return BfclItem(
        id="multi_turn_x_0",
        turns=[turn("List."), turn("Now move.", MV)],
        tools=[LS],
        functions=[],
        gold=[[{"name": "ls", "arguments": {}}], [{"name": "mv", "arguments": {"a": 1}}]],
        is_dialogue=True,
        most_steps=2,
    )


def said(*calls: ToolCall, content: str = "") -> Said:
    text = HERMES.write_turn(AssistantMessage(content=content, tool_calls=calls))
    return Said(text, HERMES.read_turn(text), ended=True)


def call(name: str, **arguments: JsonValue) -> ToolCall:
    return ToolCall(name=name, arguments=arguments)


def test_a_dialogue_executes_calls_and_goes_on_with_the_next_message_when_none_is_made() -> None:
    worker = ListedWorker()
    item = make_item(dialogue(), "multi_turn_base", cast("BfclWorker", worker))
    episode = item.start()
    assert [tool.name for tool in next(episode).tools] == ["ls"]
    ask = episode.send(said(call("ls")))
    assert ask.history[-1] == ToolMessage(content="ls is done")
    ask = episode.send(said(content="Listed."))
    assert [tool.name for tool in ask.tools] == ["ls", "mv"]
    with pytest.raises(StopIteration) as stop:
        episode.send(said(content="No."))
    ended = stop.value.value
    assert isinstance(ended, Ended)
    assert [len(steps) for steps in ended.said] == [2, 1]
    assert worker.asked[-1]["op"] == "release"


def test_a_turn_without_end_is_cut_off_and_the_turns_after_it_are_left_out() -> None:
    item = make_item(dialogue(), "multi_turn_base", cast("BfclWorker", ListedWorker()))
    episode = item.start()
    next(episode)
    episode.send(said(call("ls")))
    episode.send(said(call("ls")))
    with pytest.raises(StopIteration) as stop:
        episode.send(said(call("ls")))
    assert [len(steps) for steps in stop.value.value.said] == [3]


def test_a_function_that_is_held_back_executes_before_it_is_offered_as_in_the_package() -> None:
    worker = ListedWorker()
    episode = make_item(dialogue(), "multi_turn_miss_func", cast("BfclWorker", worker)).start()
    next(episode)
    assert episode.send(said(call("mv", a=1))).history[-1] == ToolMessage(content="mv is done")


def test_a_dialogue_that_is_left_early_is_released() -> None:
    worker = ListedWorker()
    episode = make_item(dialogue(), "multi_turn_base", cast("BfclWorker", worker)).start()
    next(episode)
    episode.close()
    assert [request["op"] for request in worker.asked] == ["release"]


@pytest.mark.parametrize(
    "hostile",
    [
        call("open", file="/tmp/x", mode="w"),
        call("__import__('os').system", command="true"),
        call("ls", **{"a=1) or open(file": "x"}),
        call("ls(),__import__", a="os"),
    ],
)
def test_nothing_but_offered_names_with_plain_arguments_reaches_the_package(hostile: ToolCall) -> None:
    assert permit((hostile, call("ls", a=True)), {"ls", "mv"}) == [call("no_such_function"), call("ls", a=True)]


def test_a_gold_takes_the_first_acceptable_value_and_leaves_out_what_may_be_omitted() -> None:
    answer: list[dict[str, dict[str, list[JsonValue]]]] = [
        {"f": {"a": ["x", "y"], "d": [], "b": ["", 1], "c": [{"k": [1, 2], "l": ["", 3]}]}}
    ]
    assert first_calls(answer) == (call("f", a="x", c={"k": 1}),)


def test_answers_are_written_in_the_form_that_the_program_reads() -> None:
    text = '[{"name": "ls", "arguments": {}}]'
    assert (
        write_turn(text, DIALECTS["json"].read_turn(text))
        == '<tool_call>\n{"name": "ls", "arguments": {}}\n</tool_call>'
    )
    assert write_turn("Nothing fits.", HERMES.read_turn("Nothing fits.")) == "Nothing fits."
    assert write_step([]) == ""
