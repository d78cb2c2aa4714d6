"""Dialogue files of a run: nothing new is lost, nothing is there twice."""

import json
from pathlib import Path

import pytest

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.progress import SilentReporter
from ttpa.records.instructions import Instruction
from ttpa.records.summaries import StepSummary
from ttpa.runs.record_files import read_record
from ttpa.steps.export import export
from ttpa.steps.importing import import_instructions
from ttpa.steps.run import Run

TOOLS = [
    {
        "type": "function",
        "function": {"name": "rain", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
    }
]


def dialogue(*cities: str, **more: str) -> str:
    """A greeting that all open with, then a question a city."""
    messages: list[object] = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello! What is it?"}]
    for city in cities:
        call = {"id": "a", "type": "function", "function": {"name": "rain", "arguments": {"city": city}}}
        messages += [
            {"role": "user", "content": f"Rain in {city}?"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "content": "dry", "tool_call_id": "a"},
            {"role": "assistant", "content": "It is dry."},
        ]
    return json.dumps({"messages": messages, "tools": TOOLS, **more})


@pytest.fixture
def run(tmp_path: Path) -> Run:
    config = make_config({"name": "mine", "runs": str(tmp_path / "runs"), "import": {"test_share": 0.3}})
    return Run(config, assemble(config), SilentReporter())


def imported(run: Run, *files: Path) -> tuple[list[Instruction], StepSummary]:
    import_instructions(run, files)
    return list(run.stream_instructions()), read_record(run.directory.summary("construct"), StepSummary)


def test_a_dialogue_that_begins_like_another_loses_no_more_than_that_beginning(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "greet.jsonl"
    file.write_text("\n".join([dialogue("Oslo"), dialogue("Rome"), dialogue("Oslo")]))
    made, summary = imported(run, file)
    assert [one.question for one in made] == ["Hi", "Rain in Oslo?", "Rain in Rome?"]
    assert (summary.items_in, summary.items_used, summary.discards) == (3, 2, {"duplicate": 1})
    assert summary.facts["turns that were there before"] == "1"


def test_no_gold_that_is_held_out_stands_in_what_is_trained_on(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "further.jsonl"
    file.write_text("\n".join(dialogue(*cities) for n in range(30) for cities in [(f"A{n}",), (f"A{n}", f"B{n}")]))
    made, _ = imported(run, file)
    held_out = {one.question for one in made if one.split == "test"}
    trained_on = {message.content for one in made if one.split == "train" for message in one.context}
    assert 12 < len(held_out) < 24
    assert len(made) == 61
    assert not held_out & trained_on
    splits = {one.question: one.split for one in made}
    assert all(splits[f"Rain in A{n}?"] == splits[f"Rain in B{n}?"] for n in range(30))


def turn_by_turn(city: str, **more: str) -> list[str]:
    """A dialogue with a question that two calls answer one after the other: up to each turn of the assistant."""
    messages: list[object] = [{"role": "user", "content": f"Rain in {city}, then in its port?"}]
    lines: list[str] = []
    for place in (city, f"{city} port"):
        call = {"id": "a", "type": "function", "function": {"name": "rain", "arguments": {"city": place}}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        lines.append(json.dumps({"messages": messages, "tools": TOOLS, **more}))
        messages.append({"role": "tool", "content": "dry", "tool_call_id": "a"})
    messages.append({"role": "assistant", "content": "Both are dry."})
    return [*lines, json.dumps({"messages": messages, "tools": TOOLS, **more})]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_lines_that_tell_a_dialogue_turn_by_turn_are_split_together(
    run: Run, tmp_path: Path, order: tuple[int, ...]
) -> None:
    file = tmp_path / "turns.jsonl"
    file.write_text("\n".join(turn_by_turn(f"A{n}")[place] for n in range(30) for place in order))
    made, _ = imported(run, file)
    assert len(made) == 90
    points = [(point.split, (point.history, point.reference)) for one in made for point in one.decision_points()]
    trained_on = [what for split, what in points if split == "train"]
    held_out = [what for split, what in points if split != "train"]
    assert len(held_out) >= 30
    assert not any(what in trained_on for what in held_out)


def test_a_dialogue_that_is_told_turn_by_turn_may_have_one_id(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "ids.jsonl"
    file.write_text("\n".join([*turn_by_turn("Oslo", id="x"), *turn_by_turn("Rome", id="x")]))
    made, summary = imported(run, file)
    assert [one.id for one in made] == ["ids:x@0", "ids:x+2@0", "ids:x+3@0"]
    assert [len(one.decision_points()) for one in made] == [1, 2, 3]
    assert len({one.split for one in made}) == 1
    assert summary.discards == {"invalid_record": 3}


def test_lines_that_are_a_dialogue_each_are_held_out_as_ever(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "each.jsonl"
    file.write_text("\n".join(dialogue(f"A{n}", f"B{n}") for n in range(40)))
    made, _ = imported(run, file)
    assert [one.id for one in made[:5]] == ["each:1@0", "each:1@2", "each:1@6", "each:2@2", "each:2@6"]
    held_out = [1, 2, 6, 8, 9, 12, 15, 21, 22, 24, 26, 37, 38]
    assert [one.id for one in made if one.split != "train"] == [f"each:{n}@{at}" for n in held_out for at in (2, 6)]


def test_a_dialogue_with_the_id_of_another_is_refused_whole(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "ids.jsonl"
    file.write_text("\n".join(dialogue(*cities, id="x") for cities in [("Oslo",), ("Rome", "Bern"), ("Oslo", "Ulm")]))
    made, summary = imported(run, file)
    assert [one.question for one in made] == ["Hi", "Rain in Oslo?", "Rain in Ulm?"]
    assert (summary.items_used, summary.discards) == (2, {"invalid_record": 1})
    [line] = (run.directory.instructions.parent / "construct.discards.jsonl").read_text().splitlines()
    assert json.loads(line)["id"] == "ids:line 2"
    assert "id 'ids:x@2' is that of another dialogue" in json.loads(line)["detail"]


def test_files_of_one_name_in_folders_of_one_name_are_both_imported(run: Run, tmp_path: Path) -> None:
    files = [tmp_path / folder / "data" / "train.jsonl" for folder in ("glaive", "xlam")]
    for file, city in zip(files, ("Oslo", "Rome"), strict=True):
        file.parent.mkdir(parents=True)
        file.write_text(dialogue(city))
    made, _ = imported(run, *files)
    assert {one.source for one in made} == {"glaive/data/train", "xlam/data/train"}
    assert {one.question for one in made} == {"Hi", "Rain in Oslo?", "Rain in Rome?"}


def test_an_export_of_several_turns_is_imported_with_all_of_them(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "two.jsonl"
    file.write_text(dialogue("Oslo", "Rome"))
    made, _ = imported(run, file)
    export(run, "openai", tmp_path / "out")
    config = make_config({"name": "again", "runs": str(tmp_path / "runs")})
    again = Run(config, assemble(config), SilentReporter())
    read_back, _ = imported(again, *sorted((tmp_path / "out").glob("*.jsonl")))
    assert sorted(one.question for one in read_back) == sorted(one.question for one in made)
