"""Decision points of several sources: each its category, refused lines counted, every mistake found as what it is."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ttpa.dialects import DIALECTS
from ttpa.errors import RunError
from ttpa.stages.score import ScoreConfig
from ttpa.steps.run import Run
from ttpa.steps.suite_results import suite_cases
from ttpa.steps.suites import evaluate_suite
from ttpa.suites.scripted import plan_mistakes, script_policy
from ttpa.suites.sources import Sources

MakeRun = Callable[..., Run]


def row(number: int, *cities: str) -> str:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    told = {
        "id": number,
        "messages": [{"role": "user", "content": f"{number}: the weather in {cities}?"}],
        "tools": [{"type": "function", "function": {"name": "get_weather", "parameters": schema}}],
        "reference_calls": [{"name": "get_weather", "arguments": {"city": city}} for city in cities],
    }
    return json.dumps(told) + "\n"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text("".join(row(n, "Oslo") for n in range(10)) + "no JSON\n", encoding="utf-8")
    two.write_text("".join(row(n, "Oslo", "Rome") for n in range(10, 20)) + row(20), encoding="utf-8")
    return [one, two]


def sections(files: list[Path]) -> dict[str, object]:
    return {"suites": {"resamples": 20, "sources": {"files": [str(file) for file in files]}}}


def suite(files: list[Path]) -> Sources:
    return Sources(files, ScoreConfig(), DIALECTS["hermes"])


def test_the_gold_is_right_everywhere_and_refused_lines_are_counted(make_run: MakeRun, files: list[Path]) -> None:
    run = make_run(script_policy(suite(files).items), sections(files))
    [(evaluation, _)] = evaluate_suite(run, "sources")
    assert {name: category.right for name, category in evaluation.categories.items()} == {"one": 10, "two": 11}
    assert evaluation.total.right == evaluation.total.items == 21
    assert evaluation.settings["file one"].endswith("refused: 1 invalid_record")
    assert evaluation.settings["file two"].endswith("refused: none")


def test_files_of_one_name_are_told_apart_by_their_folders(make_run: MakeRun, tmp_path: Path) -> None:
    named = [tmp_path / folder / "test.jsonl" for folder in ("apibank", "toolalpaca")]
    for count, file in enumerate(named, start=2):
        file.parent.mkdir()
        file.write_text("".join(row(n, file.parent.name) for n in range(count)), encoding="utf-8")
    run = make_run(script_policy(suite(named).items), sections(named))
    [(evaluation, _)] = evaluate_suite(run, "sources")
    assert {name: category.right for name, category in evaluation.categories.items()} == {
        "apibank/test": 2,
        "toolalpaca/test": 3,
    }
    assert {"file apibank/test", "file toolalpaca/test"} <= set(evaluation.settings)


def test_each_mistake_is_found_as_what_it_is(make_run: MakeRun, files: list[Path]) -> None:
    items = suite(files).items
    mistakes = plan_mistakes(items, every=2)
    model = script_policy(items, changed={item_id: mistake.text for item_id, mistake in mistakes.items()})
    [(evaluation, _)] = evaluate_suite(make_run(model, sections(files)), "sources")
    assert evaluation.total.right == len(items) - len(mistakes)
    assert evaluation.total.errors == dict(Counter(mistake.kind.value for mistake in mistakes.values()))
    assert len(evaluation.total.errors) > 5


def test_a_turn_that_is_cut_off_is_malformed_where_a_call_is_due(make_run: MakeRun, tmp_path: Path) -> None:
    file = tmp_path / "cut.jsonl"
    file.write_text("".join([row(0, "Oslo"), row(1, "Oslo"), row(2)]), encoding="utf-8")
    first, _, last = suite([file]).items
    gold = DIALECTS["hermes"].write_turn(first.gold[0])
    changed = {first.id: f"{gold} And so on, and on.", last.id: "No tool fits. " * 20}
    told = {"max_new_tokens": len(gold) + 1, "sources": {"files": [str(file)]}}
    run = make_run(script_policy(suite([file]).items, changed=changed), {"suites": told})
    [(evaluation, _)] = evaluate_suite(run, "sources")
    assert {case.id for case in suite_cases(run, "sources", "base") if not case.right} == {first.id}
    assert evaluation.total.errors == {"malformed": 1}
    assert evaluation.total.measures["tool names right"].value == pytest.approx(2 / 3)


def test_other_spelling_counts_where_strings_are_folded(make_run: MakeRun, files: list[Path]) -> None:
    items = suite(files).items
    spelled = {items[0].id: '<tool_call>\n{"name": "get_weather", "arguments": {"city": "oslo."}}\n</tool_call>'}
    [(evaluation, _)] = evaluate_suite(make_run(script_policy(items, changed=spelled), sections(files)), "sources")
    assert evaluation.categories["one"].right == 9
    assert evaluation.categories["one"].measures["strings folded"].value == 1.0


def test_files_that_are_not_named_not_there_or_empty_are_told(make_run: MakeRun, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"suites\.sources\.files is empty"):
        evaluate_suite(make_run(sections=sections([])), "sources")
    with pytest.raises(RunError, match=r"'.*none\.jsonl' cannot be read"):
        evaluate_suite(make_run(sections=sections([tmp_path / "none.jsonl"])), "sources")
    (tmp_path / "bad.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"none of 1 lines .* can be asked: {'invalid_record': 1}"):
        evaluate_suite(make_run(sections=sections([tmp_path / "bad.jsonl"])), "sources")
