"""Dialogue files of a run: nothing new is lost, nothing is there twice."""

import json
import random
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.errors import ConfigError, RunError
from ttpa.pipeline import take_import
from ttpa.progress import SilentReporter
from ttpa.records.discards import Discard
from ttpa.records.instructions import Instruction
from ttpa.records.summaries import StepSummary
from ttpa.runs.record_files import read_record, read_records
from ttpa.stages.evaluate import dialogue_of
from ttpa.stages.importing import ToldTurns, import_dialogue
from ttpa.steps.export import export
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
    take_import(run, files)
    return list(run.stream_instructions()), read_record(run.directory.summary("construct"), StepSummary)


def discards(run: Run) -> list[Discard]:
    return read_records(run.directory.discards("construct"), Discard)


def test_a_dialogue_that_begins_like_another_loses_no_more_than_that_beginning(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "greet.jsonl"
    file.write_text("\n".join([dialogue("Oslo"), dialogue("Rome"), dialogue("Oslo")]))
    made, summary = imported(run, file)
    assert [one.question for one in made] == ["Hi", "Rain in Oslo?", "Rain in Rome?"]
    assert (summary.items_in, summary.items_used, summary.discards) == (3, 2, {"duplicate": 1})
    assert summary.facts["turns that another line tells"] == "1"


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


def test_where_nothing_is_held_out_the_account_says_so(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text(dialogue("Oslo"))
    made, summary = imported(run, file)
    assert {one.split for one in made} == {"train"}
    assert summary.facts["test"] == "none, 1 dialogue is too few to hold some out (import.test_share)"


@pytest.mark.parametrize("text", ["{}\n", "", "[1]", None])
def test_an_import_that_finds_nothing_leaves_no_run(run: Run, tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "bad.jsonl"
    if text is not None:
        file.write_text(text)
    with pytest.raises(RunError):
        take_import(run, [file])
    assert not run.directory.path.exists()


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
    assert len(made) == 30
    points = [(point.split, (point.history, point.reference)) for one in made for point in one.decision_points()]
    trained_on = [what for split, what in points if split == "train"]
    held_out = [what for split, what in points if split != "train"]
    assert len(held_out) >= 15
    assert not any(what in trained_on for what in held_out)


@pytest.mark.parametrize("order", [*permutations(range(3))])
@pytest.mark.parametrize("more", [{}, {"id": "x"}])
def test_a_dialogue_that_is_told_turn_by_turn_is_there_once_in_its_longest_telling(
    run: Run, tmp_path: Path, order: tuple[int, ...], more: dict[str, str]
) -> None:
    file = tmp_path / "ids.jsonl"
    file.write_text("\n".join(turn_by_turn("Oslo", **more)[place] for place in order))
    [made], summary = imported(run, file)
    assert made.id == f"ids:{more.get('id', 1)}@0"
    assert len(made.decision_points()) == 3
    assert (summary.items_in, summary.items_used, summary.discards) == (3, 1, {"duplicate": 2})
    told = {discard.id: discard.detail for discard in discards(run)}
    longest = f"ids:line {order.index(2) + 1}"
    assert longest not in told
    assert any(f"all of it is told in {longest}" in detail for detail in told.values())


def test_another_dialogue_is_refused_though_the_one_of_its_id_is_told_turn_by_turn(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "ids.jsonl"
    file.write_text("\n".join([*turn_by_turn("Oslo", id="x"), *turn_by_turn("Rome", id="x")]))
    [made], summary = imported(run, file)
    assert made.id == "ids:x@0"
    assert summary.discards == {"invalid_record": 3, "duplicate": 2}


def test_what_goes_on_in_a_dialogue_is_named_after_it(run: Run, tmp_path: Path) -> None:
    lines = [dialogue("Oslo"), dialogue("Oslo", "Rome", id="y"), dialogue("Oslo", "Bern"), dialogue("Ulm", id="y+2")]
    file = tmp_path / "on.jsonl"
    file.write_text("\n".join(lines))
    made, summary = imported(run, file)
    assert [one.id for one in made] == ["on:1@0", "on:1@2", "on:1@6", "on:1#2@6", "on:y+2@2"]
    clusters = [dialogue_of(point.id) for one in made for point in one.decision_points()]
    assert clusters == ["on:1"] * 7 + ["on:y+2"] * 2
    assert (summary.items_used, summary.facts["turns that another line tells"]) == (4, "5")


def test_a_line_whose_question_stands_in_a_benchmark_is_discarded_with_its_file(tmp_path: Path) -> None:
    benchmark, file = tmp_path / "bench.json", tmp_path / "mine.jsonl"
    questions = ["Hi", "Will there be rain in Oslo?", "rain in  ROME?", "Rain in Bern city?"]
    benchmark.write_text(json.dumps([{"question": [{"role": "user", "content": text}]} for text in questions]))
    file.write_text("\n".join([dialogue("Oslo"), dialogue("Rome"), dialogue("Ulm", "Bern city"), dialogue("Ulm")]))
    values = {"name": "mine", "runs": str(tmp_path), "construct": {"avoid": [str(benchmark)]}}
    run = Run(make_config(values), assemble(make_config(values)), SilentReporter())
    made, summary = imported(run, file)
    assert [one.question for one in made] == ["Hi", "Rain in Oslo?", "Rain in Ulm?"]
    assert summary.discards == {"benchmark_overlap": 2}
    assert [(each.id, each.stage, each.detail) for each in discards(run)] == [
        (f"mine:line {number}", "import", f"as in {benchmark}") for number in (2, 3)
    ]


def test_a_file_to_avoid_that_is_not_there_stops_an_import(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(dialogue("Oslo"))
    values = {"name": "mine", "runs": str(tmp_path), "construct": {"avoid": ["no.json"]}}
    run = Run(make_config(values), assemble(make_config(values)), SilentReporter())
    with pytest.raises(ConfigError, match=r"construct\.avoid: 'no\.json' cannot be read"):
        take_import(run, [file])
    assert not run.directory.path.exists()


Turns = tuple[int, ...]
"""A dialogue of one question: what is asked by each of its calls, and, where the last is 0, its answer."""


@st.composite
def tellings(draw: st.DrawFn) -> list[Turns]:
    """Lines that go on from one another and part, some of them told twice."""
    lines: list[Turns] = []
    for _ in range(draw(st.integers(1, 8))):
        begun = draw(st.sampled_from([(), *lines]))
        begun = begun[: draw(st.integers(0, len(begun)))]
        begun = begun if 0 not in begun else begun[:-1]
        lines.append((*begun, *draw(st.lists(st.integers(1, 2), min_size=not begun, max_size=2))))
        if draw(st.booleans()):
            lines.append((*lines[-1], 0))
    return lines


def told(turns: Turns) -> str:
    """The line of a dialogue."""
    messages: list[object] = [{"role": "user", "content": "Where is it dry?"}]
    for turn in turns:
        call = {"id": "a", "type": "function", "function": {"name": "rain", "arguments": {"city": f"A{turn}"}}}
        result = {"role": "tool", "content": "wet", "tool_call_id": "a"}
        answer = {"role": "assistant", "content": "Nowhere."}
        messages += [{"role": "assistant", "tool_calls": [call]}, result] if turn else [answer]
    return json.dumps({"messages": messages, "tools": TOOLS})


@given(tellings(), st.randoms(use_true_random=False))
def test_in_any_order_of_lines_no_turn_is_lost_and_none_is_told_within_another(
    lines: list[Turns], rng: random.Random
) -> None:
    longest = {one for one in lines if not any(other != one and other[: len(one)] == one for other in lines)}
    for _ in range(2):
        rng.shuffle(lines)
        kept, lost = ToldTurns(), list[Discard]()
        for number, turns in enumerate(lines, 1):
            read = import_dialogue(told(turns), source="f", number=number)
            assert isinstance(read, list)
            lost += kept.add(f"f:line {number}", read)
        made = kept.instructions
        assert len({one.id for one in made}) == len(made)
        assert sorted(len(one.decision_points()) for one in made) == sorted(map(len, longest))
        assert len(lines) == len(made) + len(lost)
        assert len({one.id for one in lost}) == len(lost)
        by_start = {(dialogue_of(one.id), str(one.steps[0].calls)) for one in made}
        assert len(by_start) == len({dialogue for dialogue, _ in by_start}) == len({one[0] for one in longest})


def asked_of(*tools: str, cities: tuple[str, ...], keys: tuple[str, ...] = ("city", "day")) -> str:
    """A line that asks for rain in the cities on a day, over these tools; calls and arguments in this order."""
    parameters = {"type": "object", "properties": {"city": {"type": "string"}, "day": {"type": "string"}}}
    specs = [{"type": "function", "function": {"name": name, "parameters": parameters}} for name in tools]
    told = [{"city": city, "day": "Monday"} for city in cities]
    due = [{"name": "rain", "arguments": {key: each[key] for key in keys}} for each in told]
    question = {"role": "user", "content": f"Rain in {' and '.join(sorted(cities))} on Monday?"}
    return json.dumps({"messages": [question], "tools": specs, "reference_calls": due})


def test_lines_that_ask_the_same_with_the_same_calls_are_held_out_together_whatever_else_they_offer(
    run: Run, tmp_path: Path
) -> None:
    lines: list[str] = []
    for n in range(60):
        lines.append(asked_of("rain", "wind", cities=(f"A{n}", f"B{n}")))
        lines.append(asked_of("wind", "rain", cities=(f"A{n}", f"B{n}")))
        lines.append(asked_of("rain", "snow", cities=(f"B{n}", f"A{n}"), keys=("day", "city")))
    file = tmp_path / "offers.jsonl"
    file.write_text("\n".join(lines))
    made, summary = imported(run, file)
    splits = [{one.split for one in made if f" A{n} " in one.question} for n in range(60)]
    assert len(made) == 180
    assert all(len(each) == 1 for each in splits)
    assert 9 <= splits.count({"test"}) <= 27
    assert [dialogue_of(one.id) for one in made[:6]] == ["offers:1"] * 3 + ["offers:4"] * 3
    assert summary.facts["turns with the question and calls of another"] == "120, in one split with it"


def test_a_line_that_asks_what_two_dialogues_ask_makes_them_one(run: Run, tmp_path: Path) -> None:
    lines: list[str] = []
    for n in range(40):
        whole = json.loads(dialogue(f"A{n}", f"B{n}"))
        second = [{"name": "rain", "arguments": {"city": f"B{n}"}}]
        other, third = ([*TOOLS, {"type": "function", "function": {"name": name}}] for name in ("wind", "snow"))
        lines.append(json.dumps({"messages": whole["messages"][:6], "tools": TOOLS}))
        lines.append(json.dumps({"messages": whole["messages"][:7], "tools": other, "reference_calls": second}))
        lines.append(json.dumps({"messages": whole["messages"], "tools": third}))
    file = tmp_path / "both.jsonl"
    file.write_text("\n".join(lines))
    made, _ = imported(run, file)
    for n in range(40):
        assert len({one.split for one in made if one.question in (f"Rain in A{n}?", f"Rain in B{n}?")}) == 1


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
    [discard] = discards(run)
    assert discard.id == "ids:line 2"
    assert "id 'ids:x@2' is that of another dialogue" in discard.detail


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
