"""Two runs held against each other: turns are paired by what they ask, whatever their ids say."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.test_pipeline import FEW, make_run

from ttpa.errors import RunError
from ttpa.pipeline import take_steps
from ttpa.records.evaluations import CaseResult
from ttpa.records.instructions import Instruction
from ttpa.records.messages import UserMessage
from ttpa.records.suites import SuiteAnswer
from ttpa.records.tools import ToolSpec
from ttpa.runs.record_files import read_records, write_records
from ttpa.stages.evaluate import find_shared, hash_question
from ttpa.stages.report import report
from ttpa.steps.compare import compare_runs
from ttpa.steps.report import gather
from ttpa.steps.run import Run
from ttpa.steps.suite_results import SuiteFiles
from ttpa.steps.suites import evaluate_suite

SUITES = {"resamples": 20, "max_new_tokens": 2000}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _finished(tmp_path_factory.mktemp("first"), seed=0)


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Another seed: its instructions are counted likewise and ask other things."""
    return _finished(tmp_path_factory.mktemp("second"), seed=1)


def _finished(folder: Path, **sections: object) -> Run:
    run = make_run(folder, construct=FEW, suites=SUITES, **sections)
    take_steps(run)
    return run


def _cases(run: Run) -> list[CaseResult]:
    return read_records(run.directory.cases("dpo"), CaseResult)


def test_a_run_and_itself_share_every_turn(first: Run) -> None:
    comparison = compare_runs(first, first)
    assert (comparison.only_a, comparison.only_b, comparison.differing) == (0, 0, 0)
    assert comparison.categories[-1].cases == len(_cases(first)) > 0


def test_turns_of_one_id_that_ask_other_things_are_no_pair(first: Run, second: Run) -> None:
    ids = {case.id for case in _cases(first)} & {case.id for case in _cases(second)}
    assert ids
    with pytest.raises(RunError, match=rf"no case in common: {len(ids)} have the same id, but ask something else"):
        compare_runs(first, second)


def test_what_differs_between_two_runs_is_left_out_and_counted(first: Run, tmp_path: Path) -> None:
    """The same run, but for one question that was worded anew and one turn that is not there."""
    other = make_run(tmp_path, construct=FEW, suites=SUITES, name="other")
    cases = _cases(first)
    changed = cases[0].model_copy(update={"question_hash": "f" * 64, "exact": not cases[0].exact})
    for policy in ("sft", "sft_continued", "dpo"):
        write_records(other.directory.cases(policy), [changed, *cases[1:-1]])
    other.directory.evaluation.write_bytes(first.directory.evaluation.read_bytes())
    comparison = compare_runs(first, other)
    assert (comparison.only_a, comparison.only_b, comparison.differing) == (1, 0, 1)
    assert sum(category.cases for category in comparison.categories if category.category != "all") == len(cases) - 2
    assert (comparison.gained, comparison.lost) == ((), ())
    left_out = "left out: 1 cases that A alone has, 0 that B alone has, 1 of one id that ask something else in each"
    assert left_out in comparison.lines()


def test_a_report_pairs_only_turns_that_ask_the_same_and_tells_how_many_do_not(first: Run, second: Run) -> None:
    run = make_run(
        Path(first.config.runs), construct=FEW, suites=SUITES, report={"against": str(second.directory.path)}
    )
    inputs = gather(run)
    other = inputs.other
    assert other is not None
    ids, theirs = ({case.id for case in _cases(each)} for each in (first, second))
    assert other.evaluation is None
    assert (other.only_theirs, other.only_ours, other.differing) == (
        len(theirs - ids),
        len(ids - theirs),
        len(ids & theirs),
    )
    page = report(inputs, run.config.report)
    assert "The two runs share no held-out turn" in page
    assert f"{other.differing} of one id that ask something else in each." in page


def test_items_of_a_suite_are_paired_by_what_they_ask_too(first: Run, second: Run) -> None:
    for run in (first, second):
        evaluate_suite(run, "tasks", ["dpo"])
    files = SuiteFiles(first.directory.suite("tasks"), "dpo")
    answers = read_records(files.answers, SuiteAnswer)
    comparison = compare_runs(first, first, suite="tasks")
    assert comparison.categories[-1].cases == len(answers)
    with pytest.raises(RunError, match="have the same id, but ask something else"):
        compare_runs(first, second, suite="tasks")


def test_the_hash_of_a_question_is_that_of_its_history_and_tools(make_instruction: Callable[..., Instruction]) -> None:
    [point, *_] = make_instruction("a").decision_points()
    [same, *_] = make_instruction("b").decision_points()
    told = hash_question(point.history, point.tools)
    assert told == hash_question(same.history, same.tools)
    assert told != hash_question((UserMessage(content="Another?"),), point.tools)
    renamed = ToolSpec.model_validate({**point.tools[0].model_dump(), "name": "other"})
    assert told != hash_question(point.history, (renamed, *point.tools[1:]))


def test_shared_cases_and_those_left_out_add_up() -> None:
    shared = find_shared({"x": "1", "y": "2", "z": "3"}, {"y": "2", "z": "4", "w": "5", "v": "6"})
    assert (shared.ids, shared.only_a, shared.only_b, shared.differing) == (("y",), 1, 2, 1)
