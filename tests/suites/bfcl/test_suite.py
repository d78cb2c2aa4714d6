"""BFCL through its own package: needs its environment, which `ttpa evaluate --suite bfcl` makes once."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ttpa.errors import RunError
from ttpa.records.suites import SuiteAnswer
from ttpa.runs.journal import Journal
from ttpa.runs.record_files import read_records
from ttpa.steps.run import Run
from ttpa.steps.suite_results import SuiteFiles, suite_cases
from ttpa.steps.suites import evaluate_suite, suite_setting
from ttpa.suites import SUITES
from ttpa.suites.bfcl.environment import BfclEnvironment
from ttpa.suites.bfcl.suite import find_environment
from ttpa.suites.config import BfclConfig
from ttpa.suites.episodes import Item
from ttpa.suites.sample import draw_sample
from ttpa.suites.scripted import plan_mistakes, script_policy

MakeRun = Callable[..., Run]
CATEGORIES = ["simple_python", "parallel", "irrelevance", "multi_turn_base", "multi_turn_miss_func"]
DIALOGUES = ["multi_turn_base", "multi_turn_miss_func", "multi_turn_miss_param", "multi_turn_long_context"]
SCENARIOS = Path(os.environ.get("TTPA_SHARED", Path(__file__).parents[4] / "shared")) / "data" / "bfcl"
ENVIRONMENT = BfclEnvironment(find_environment(BfclConfig()))
needs_package = pytest.mark.skipif(
    not ENVIRONMENT.is_ready, reason=f"no environment with bfcl-eval in {ENVIRONMENT.folder}"
)


def sections(**bfcl: object) -> dict[str, object]:
    return {
        "suites": {
            "resamples": 20,
            "limit": 3,
            "max_new_tokens": 5000,
            "bfcl": {"categories": CATEGORIES, **bfcl},
        }
    }


@pytest.fixture
def items(make_run: MakeRun, tmp_path: Path) -> Iterator[list[Item]]:
    run = make_run(sections=sections())
    with SUITES["bfcl"](suite_setting(run, "bfcl", Journal(tmp_path / "journal.sqlite"))) as suite:
        yield draw_sample(suite.items, 3, seed=0)


@pytest.mark.heavy
@needs_package
def test_the_gold_is_right_by_the_benchmarks_own_program(make_run: MakeRun, items: list[Item]) -> None:
    run = make_run(script_policy(items), sections())
    [(evaluation, missing)] = evaluate_suite(run, "bfcl")
    assert (evaluation.total.items, missing) == (3 * len(CATEGORIES), [])
    wrong = {case.id for case in suite_cases(run, "bfcl", "base") if not case.right}
    assert wrong == set(evaluation.refused_golds)
    assert evaluation.official["parallel"] == "3 of 3, 100.00 %"
    assert evaluation.official["counted"] == "answered items alone"
    assert evaluation.settings["bfcl-eval"] == "2026.3.23"


@pytest.mark.heavy
@needs_package
def test_mistakes_cost_what_arithmetic_says_by_both_rules(make_run: MakeRun, items: list[Item]) -> None:
    mistakes = plan_mistakes(items, every=2)
    changed = {item_id: mistake.text for item_id, mistake in mistakes.items()}
    run = make_run(script_policy(items, changed=changed), sections())
    [(evaluation, _)] = evaluate_suite(run, "bfcl")
    cases = suite_cases(run, "bfcl", "base")
    assert {case.id for case in cases if not case.right} == set(mistakes) | set(evaluation.refused_golds)
    for case in cases:
        if case.id in mistakes and "multi_turn" not in case.id:
            assert mistakes[case.id].kind in {error.kind for error in case.errors}
    for category, measured in evaluation.categories.items():
        assert evaluation.official[category].startswith(f"{measured.right} of {measured.items},")


@pytest.mark.heavy
@needs_package
def test_what_does_not_fit_is_missing_in_the_official_files_too(make_run: MakeRun, items: list[Item]) -> None:
    model = script_policy(items)
    model.max_length = 15_000  # no dialogue's prompt fits, single turns do
    run = make_run(model, sections())
    [(evaluation, missing)] = evaluate_suite(run, "bfcl")
    assert evaluation.categories["multi_turn_base"].missing == {"context_overflow": 3}
    assert evaluation.categories["multi_turn_base"].share is None
    assert evaluation.categories["simple_python"].missing == {}
    files = SuiteFiles(run.directory.suite("bfcl"), "base")
    written = {
        json.loads(line)["id"]
        for file in files.program.rglob("*_result.json")
        for line in file.read_text().splitlines()
    }
    answered = {answer.id for answer in read_records(files.answers, SuiteAnswer)}
    assert written == answered
    assert len(answered) + len(missing) == len(items)


@pytest.mark.heavy
@needs_package
@pytest.mark.parametrize("category", DIALOGUES)
def test_the_gold_of_every_dialogue_succeeds_officially(make_run: MakeRun, tmp_path: Path, category: str) -> None:
    """Their calls are executed by the package's own classes on the way, and again by its program."""
    bfcl = {"categories": [category]}
    chosen = {"suites": {"resamples": 20, "max_new_tokens": 20_000, "batch": 100, "bfcl": bfcl}}
    with SUITES["bfcl"](suite_setting(make_run(sections=chosen), "bfcl", Journal(tmp_path / "j.sqlite"))) as suite:
        model = script_policy(suite.items)
    [(evaluation, missing)] = evaluate_suite(make_run(model, chosen), "bfcl")
    assert (evaluation.total.items, missing) == (200, [])
    assert evaluation.total.right >= 199  # 99 % of any half of them
    assert evaluation.total.wrong == len(evaluation.refused_golds)


@needs_package
@pytest.mark.skipif(not SCENARIOS.is_dir(), reason=f"{SCENARIOS} is not there (set TTPA_SHARED)")
@pytest.mark.parametrize("category", ["multi_turn_base", "multi_turn_miss_param"])
def test_the_dialogues_are_the_published_ones(make_run: MakeRun, tmp_path: Path, category: str) -> None:
    lines = (SCENARIOS / f"BFCL_v4_{category}.even.jsonl").read_text(encoding="utf-8").splitlines()
    published = {row["id"]: row["question"][0][0]["content"] for row in map(json.loads, lines)}
    run = make_run(sections=sections(categories=[category]))
    with SUITES["bfcl"](suite_setting(run, "bfcl", Journal(tmp_path / "j.sqlite"))) as suite:
        asked = {item.id: first_message(item) for item in suite.items if item.id in published}
    assert len(published) == 100
    assert asked == published


def first_message(item: Item) -> str:
    episode = item.start()
    first = next(episode).history[0]
    episode.close()
    return first.content


@needs_package
def test_an_unknown_category_is_named(make_run: MakeRun) -> None:
    with pytest.raises(RunError, match=r"'sql'; it can have simple_python"):
        evaluate_suite(make_run(sections=sections(categories=["sql"])), "bfcl")
