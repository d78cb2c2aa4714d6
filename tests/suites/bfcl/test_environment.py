"""The process that executes the benchmark's calls: one that does not come back hurts the dialogue of the call alone."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from pydantic import JsonValue

from ttpa.dialects import DIALECTS
from ttpa.records.messages import AssistantMessage, ToolMessage
from ttpa.records.suites import SuiteAnswer
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.suites.bfcl.environment import BfclEnvironment, BfclWorker
from ttpa.suites.bfcl.items import ENDLESS, BfclItem, ItemTurn, make_item
from ttpa.suites.bfcl.suite import Bfcl
from ttpa.suites.config import BfclConfig
from ttpa.suites.episodes import Said

HERMES = DIALECTS["hermes"]
COUNTING = """
import json, os, sys, time
known, counts = set(), {}
with os.fdopen(int(sys.argv[1]), "w") as answers:
    for line in sys.stdin:
        asked, answer = json.loads(line), []
        if asked["op"] == "items":
            known.add(asked["category"])
        for call in asked.get("calls", []):
            assert known == {"multi_turn_base"}
            if call["name"] == "power":
                time.sleep(1000)
            counts[asked["session"]] = counts.get(asked["session"], 0) + 1
            answer.append(f"call {counts[asked['session']]}")
        answers.write(json.dumps(answer) + "\\n")
        answers.flush()
"""
"""Plays the package: a call's result is how many its session has made, and `power` does not come back."""


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[BfclWorker]:
    """A process that tells nothing of the category's items, and has three seconds for calls."""
    program, python = tmp_path / "counting.py", tmp_path / "python"
    program.write_text(COUNTING)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {program} "$2"\n')
    python.chmod(0o755)
    with BfclWorker(str(python), tmp_path / "worker.log", {}, seconds=3) as opened:
        opened.ask(op="items", category="multi_turn_base")
        yield opened


def dialogue(name: str) -> BfclItem:
    turn = ItemTurn(messages=[{"role": "user", "content": "Go on."}], added=[], added_functions=[])
    tools = [ToolSpec(name=each, parameters={"type": "object", "properties": {}}) for each in ("ls", "power")]
    gold: list[JsonValue] = [[{"name": "ls", "arguments": {}}]]
    return BfclItem(id=name, turns=[turn], tools=tools, functions=[], gold=gold, is_dialogue=True, most_steps=5)


def said(*names: str) -> Said:
    text = HERMES.write_turn(AssistantMessage(tool_calls=tuple(ToolCall(name=name, arguments={}) for name in names)))
    return Said(text, HERMES.read_turn(text), ended=True)


def test_calls_that_do_not_end_end_their_dialogue_and_no_other(worker: BfclWorker) -> None:
    first, second = (make_item(dialogue(name), "multi_turn_base", worker).start() for name in ("a", "b"))
    for episode in (first, second):
        next(episode)
        assert episode.send(said("ls")).history[-1] == ToolMessage(content="call 1")
    with pytest.raises(StopIteration) as stop:
        first.send(said("power"))
    assert stop.value.value.notes == {"ended": ENDLESS}
    assert [len(steps) for steps in stop.value.value.said] == [2]
    assert second.send(said("ls")).history[-1] == ToolMessage(content="call 2")
    second.close()
    assert worker.starts == 2


class Program:
    """The benchmark's environment, whose program finds every answer right that it gets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "golds").mkdir()
        (folder / "golds" / "multi_turn_base.json").write_text("[]")
        self.read: list[str] = []

    def evaluate(self, root: Path, categories: list[str], *, partial: bool) -> None:
        [file] = (root / "result").rglob("*.json")
        self.read = [json.loads(line)["id"] for line in file.read_text(encoding="utf-8").splitlines()]
        assert partial
        score = root / "score" / "Qwen_Qwen3-8B-FC" / f"BFCL_v4_{categories[0]}_score.json"
        score.parent.mkdir(parents=True)
        count = len(self.read)
        score.write_text(json.dumps({"correct_count": count, "total_count": count, "accuracy": 1.0}) + "\n")
        (root / "score" / "data_overall.csv").write_text("Overall Acc\n1.00%\n", encoding="utf-8")


class Telling:
    """Tells two items."""

    def ask(self, **request: JsonValue) -> JsonValue:
        return [dialogue(name).model_dump() for name in ("a", "b")]


def answered(name: str, *steps: str, ended: str) -> SuiteAnswer:
    return SuiteAnswer(
        id=name,
        category="multi_turn_base",
        said=(tuple(said(step).text if step else "Done." for step in steps),),
        notes={"ended": ended},
        question_hash="",
        prompt_hash="",
        prompt_tokens=0,
        completion_tokens=0,
    )


def test_an_answer_whose_calls_do_not_end_is_wrong_and_not_executed_by_the_benchmarks_program(tmp_path: Path) -> None:
    program = Program(tmp_path)
    config = BfclConfig(categories=("multi_turn_base",))
    suite = Bfcl(config, cast("BfclEnvironment", program), cast("BfclWorker", Telling()), HERMES)
    answers = [answered("a", "ls", "power", ended=ENDLESS), answered("b", "ls", "", ended="after the last turn")]
    judgement = suite.judge(answers, tmp_path / "base")
    assert program.read == ["b"]
    assert {case.id: case.right for case in judgement.cases} == {"a": False, "b": True}
    assert judgement.official["not counted"] == "1 with calls that do not end, wrong here"
