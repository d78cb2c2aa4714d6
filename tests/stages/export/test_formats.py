"""Each format is read back by its own documented rules, and says the same dialogue as before."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pydantic import JsonValue

from ttpa.records.discards import Discard
from ttpa.records.instructions import Instruction, Step
from ttpa.records.messages import AssistantMessage, Message, SystemMessage, ToolMessage, UserMessage
from ttpa.records.record import JsonObject
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec
from ttpa.rewards import verl_score
from ttpa.stages.export import FORMATS
from ttpa.stages.export.base import dialogue
from ttpa.stages.importing import import_dialogue

PARAMETERS: JsonObject = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
RAIN = ToolSpec(name="find_rain", description="Finds rain.", parameters=PARAMETERS)
WIND = ToolSpec(name="find_wind", description="Finds wind.", parameters=PARAMETERS)


def call(tool: str, city: str) -> ToolCall:
    return ToolCall(name=tool, arguments={"city": city})


DIALOGUE = Instruction(
    id="one",
    source="construct",
    split="train",
    tools=(RAIN, WIND),
    context=(SystemMessage(content="Be brief."), UserMessage(content="Rain in Oslo and Zürich, then wind in Rome?")),
    steps=(
        Step(
            calls=(call("find_rain", "Oslo"), call("find_rain", "Zürich")),
            results=(ToolResult(content='"dry"', ok=True), ToolResult(content='{"mm": 3}', ok=True)),
        ),
        Step(calls=(call("find_wind", "Rome"),), results=(ToolResult(content="calm", ok=True),)),
    ),
    answer="Dry, 3 mm, and calm.",
)
SILENT = Instruction(
    id="two",
    source="construct",
    kind="missing_value",
    split="test",
    tools=(RAIN,),
    context=(UserMessage(content="Rain there?"),),
    steps=(),
    answer="Where?",
)
BOTH = pytest.mark.parametrize("instruction", [DIALOGUE, SILENT], ids=["calls", "no call"])


def written(name: str, instruction: Instruction) -> list[JsonObject]:
    """The rows as a file gives them back."""
    return [json.loads(json.dumps(row)) for row in FORMATS[name].rows(instruction)]


def read_openai(rows: JsonValue, *, arguments_are_text: bool) -> list[Message]:
    """OpenAI's rules: a result belongs to the call with its id, in the order of the calls."""
    assert isinstance(rows, list)
    messages: list[Message] = []
    waiting: list[str] = []
    for row in rows:
        assert isinstance(row, dict)
        content = str(row.get("content") or "")
        calls = row.get("tool_calls") or []
        assert isinstance(calls, list)
        made: list[ToolCall] = []
        for one in calls:
            assert isinstance(one, dict)
            function = one["function"]
            assert isinstance(function, dict)
            arguments = function["arguments"]
            assert isinstance(arguments, str) == arguments_are_text
            told = json.loads(arguments) if isinstance(arguments, str) else arguments
            made.append(ToolCall.model_validate({"name": function["name"], "arguments": told}))
            waiting.append(str(one["id"]))
        role = row["role"]
        if role == "tool":
            assert row["tool_call_id"] == waiting.pop(0)
            messages.append(ToolMessage(content=content))
        elif role == "assistant":
            messages.append(AssistantMessage(content=content, tool_calls=tuple(made)))
        else:
            messages.append(UserMessage(content=content) if role == "user" else SystemMessage(content=content))
    return messages


def read_tools(value: JsonValue) -> tuple[ToolSpec, ...]:
    assert isinstance(value, str)
    tools: list[dict[str, JsonValue]] = json.loads(value)
    return tuple(ToolSpec.model_validate(tool.get("function", tool)) for tool in tools)


@BOTH
def test_openai_rows_are_what_import_reads(instruction: Instruction) -> None:
    [row] = FORMATS["openai"].rows(instruction)
    read = import_dialogue(json.dumps(row), source="construct", number=1)
    assert not isinstance(read, Discard)
    [back] = read
    for name in ("context", "steps", "answer", "tools"):
        assert getattr(back, name) == getattr(instruction, name)


@BOTH
@pytest.mark.parametrize(("name", "arguments_are_text"), [("hf", True), ("trl", False), ("axolotl", True)])
def test_message_formats_say_the_same_dialogue(
    instruction: Instruction, name: str, *, arguments_are_text: bool
) -> None:
    [row] = written(name, instruction)
    assert read_openai(row["messages"], arguments_are_text=arguments_are_text) == dialogue(instruction)
    assert read_tools(row["tools"]) == instruction.tools


@BOTH
def test_llamafactory_turns_alternate_and_say_the_same_dialogue(instruction: Instruction) -> None:
    [row] = written("llamafactory", instruction)
    turns = row["conversations"]
    assert isinstance(turns, list)
    messages: list[Message] = [SystemMessage(content=str(row["system"]))] if row["system"] else []
    for place, turn in enumerate(turns):
        assert isinstance(turn, dict)
        value = str(turn["value"])
        # Odd places are the user's or the tools', even ones the model's.
        assert turn["from"] in (("human", "observation"), ("gpt", "function_call"))[place % 2]
        if turn["from"] == "function_call":
            told: JsonValue = json.loads(value)
            calls = told if isinstance(told, list) else [told]
            messages.append(AssistantMessage(tool_calls=tuple(ToolCall.model_validate(one) for one in calls)))
        elif turn["from"] == "observation":
            last = messages[-1]
            assert isinstance(last, AssistantMessage)
            results = json.loads(value) if len(last.tool_calls) > 1 else [value]
            messages.extend(ToolMessage(content=result) for result in results)
        else:
            messages.append(UserMessage(content=value) if turn["from"] == "human" else AssistantMessage(content=value))
    assert messages == dialogue(instruction)
    assert read_tools(row["tools"]) == instruction.tools


@BOTH
def test_ms_swift_messages_say_the_same_dialogue(instruction: Instruction) -> None:
    [row] = written("ms-swift", instruction)
    assert list(_read_swift(row["messages"])) == dialogue(instruction)
    assert read_tools(row["tools"]) == instruction.tools


def _read_swift(rows: JsonValue) -> Iterator[Message]:
    """Neighbouring tool_call messages are one turn."""
    assert isinstance(rows, list)
    calls: list[ToolCall] = []
    for row in [*rows, {"role": "end", "content": ""}]:
        assert isinstance(row, dict)
        content = str(row["content"])
        if row["role"] == "tool_call":
            calls.append(ToolCall.model_validate_json(content))
            continue
        if calls:
            yield AssistantMessage(tool_calls=tuple(calls))
            calls = []
        if row["role"] == "tool_response":
            yield ToolMessage(content=content)
        elif row["role"] == "assistant":
            yield AssistantMessage(content=content)
        elif row["role"] != "end":
            yield UserMessage(content=content) if row["role"] == "user" else SystemMessage(content=content)


@BOTH
def test_verl_rows_hold_a_prompt_and_what_its_reward_judges_by(instruction: Instruction) -> None:
    rows = written("verl", instruction)
    points = instruction.decision_points()
    assert len(rows) == len(points)
    for row, point in zip(rows, points, strict=True):
        assert read_openai(row["prompt"], arguments_are_text=True) == list(point.history)
        model, extra = row["reward_model"], row["extra_info"]
        assert isinstance(model, dict)
        assert isinstance(extra, dict)
        told = {name: value for name, value in extra.items() if isinstance(value, str)}
        right = "".join(f"<tool_call>{one.model_dump_json()}</tool_call>" for one in point.reference) or "Words."
        assert verl_score(str(row["data_source"]), right, str(model["ground_truth"]), told) == 1.0


def test_tables_of_different_tools_survive_parquet(tmp_path_factory: pytest.TempPathFactory) -> None:
    from datasets import Dataset

    for name in ("hf", "verl"):
        rows = [row for one in (DIALOGUE, SILENT) for row in FORMATS[name].rows(one)]
        path = tmp_path_factory.mktemp("tables") / "rows.parquet"
        Dataset.from_list(rows).to_parquet(str(path))
        assert _plain(Dataset.from_parquet(str(path)).to_list()) == rows


def _plain(rows: Sequence[JsonValue]) -> JsonValue:
    return json.loads(json.dumps(list(rows)))


def test_files_beside_name_the_splits() -> None:
    files = {"train": "train.jsonl", "test": "test.jsonl", "test_unseen": "unseen.jsonl"}
    info = json.loads(FORMATS["llamafactory"].beside(files)["dataset_info.json"])
    assert info["train"]["file_name"] == "train.jsonl"
    assert info["test"]["columns"]["messages"] == "conversations"
    assert "path: train.jsonl" in FORMATS["axolotl"].beside(files)["axolotl.yaml"]
    verl = FORMATS["verl"].beside(files)["verl.txt"].splitlines()
    assert verl[:2] == ["data.train_files: train.jsonl", "data.val_files: [test.jsonl, unseen.jsonl]"]
    assert Path(verl[2].partition(": ")[2]).read_text(encoding="utf-8").count("def verl_score(") == 1
    assert not FORMATS["verl"].beside({"train": "train.jsonl"})["verl.txt"].count("val_files")
