"""Rounds: the aligned policy is sampled, scored, paired and aligned again, and each round's records stay."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.test_pipeline import FEW, load_scripted, make_run

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.errors import RunError
from ttpa.models.base import TokenModel
from ttpa.pipeline import due_steps, take_steps
from ttpa.progress import SilentReporter
from ttpa.records.candidates import CandidateTree
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.evaluations import Evaluation
from ttpa.records.instructions import Instruction
from ttpa.records.pairs import PreferencePair
from ttpa.records.summaries import StepSummary
from ttpa.runs.layout import ROUND_STEPS, RunDirectory
from ttpa.runs.record_files import read_record, read_records
from ttpa.steps.reading import read_summaries
from ttpa.steps.run import Run

WriteTinyPolicy = Callable[[Path, Sequence[Instruction], int], str]
SAMPLED = {"points": 12, "batch": 4, "max_new_tokens": 1000}


def make_rounds(tmp_path: Path, rounds: int, *, steadfast: bool = False, **sections: object) -> Run:
    """A run whose policy wavers until its second round has aligned it; a steadfast one until the first has."""
    run = make_run(tmp_path, rounds=rounds, construct=FEW, sample=SAMPLED, **sections)

    def load_model(path: str) -> TokenModel:
        return load_scripted(run.directory, path if steadfast or "/rounds/" in path else "sft")

    if not steadfast:
        run.parts = replace(run.parts, load_model=load_model)
    return run


def round_bytes(run: Run, number: int) -> list[bytes]:
    directory = run.directory.in_round(number)
    return [path.read_bytes() for path in (directory.trees, directory.scored, directory.pairs)]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = make_rounds(tmp_path_factory.mktemp("rounds"), 2)
    take_steps(run)
    return run


def test_a_round_goes_on_from_the_policy_that_the_one_before_aligned(finished: Run) -> None:
    directory = finished.directory
    checkpoints = {name: read_record(directory.checkpoint_record(name), Checkpoint) for name in directory.trained}
    assert list(checkpoints) == ["sft", "sft_continued", "dpo", "sft_continued_2", "dpo_2"]
    assert checkpoints["dpo_2"].base == str(directory.checkpoint("dpo"))
    assert checkpoints["sft_continued_2"].base == str(directory.checkpoint("sft_continued"))
    assert due_steps(finished) == []


def test_the_records_of_each_round_are_kept_and_add_up(finished: Run) -> None:
    for number in (1, 2):
        directory = finished.directory.in_round(number)
        given = {step: read_record(directory.summary(step), StepSummary) for step in ROUND_STEPS}
        trees = read_records(directory.trees, CandidateTree)
        assert given["score"].items_in == given["sample"].records_out == len(trees)
        assert given["align"].items_in == len(read_records(directory.pairs, PreferencePair)) > 0
    drawn = [{tree.id for tree in read_records(finished.directory.in_round(n).trees, CandidateTree)} for n in (1, 2)]
    assert drawn[0] != drawn[1]


def test_all_rounds_are_evaluated_side_by_side_and_shown(finished: Run) -> None:
    evaluation = read_record(finished.directory.evaluation, Evaluation)
    assert evaluation.policies == ("base", "sft", "sft_continued", "dpo", "sft_continued_2", "dpo_2")
    calls = evaluation.groups["test: calls"]
    assert calls["dpo_2"].exact.value == 1.0 > calls["dpo"].exact.value
    told = [summary.step for summary in read_summaries(finished.directory)]
    assert told[6:] == ["sample 2", "score 2", "pair 2", "align 2", "rounds", "evaluate", "report"]
    page = finished.directory.report.read_text()
    assert "align 2" in page
    assert "dpo_2" in page


def test_a_round_that_was_cut_off_goes_on_and_ends_the_same(finished: Run, tmp_path: Path) -> None:
    class Stop(SilentReporter):
        seen = 0

        def start(self, name: str, total: int) -> None:
            self.sampling = name == "sample"

        def advance(self, count: int, note: str = "") -> None:
            self.seen += count if self.sampling else 0
            if self.seen > SAMPLED["points"] + 4:
                raise KeyboardInterrupt

    run = make_rounds(tmp_path, 2)
    run.reporter = Stop()
    with pytest.raises(KeyboardInterrupt):
        take_steps(run)
    assert list(run.directory.in_round(2).path.glob("rounds/2/2-sample/*.partial"))
    again = make_rounds(tmp_path, 2)
    assert due_steps(again) == ["rounds", "evaluate", "report"]
    take_steps(again)
    assert [round_bytes(again, number) for number in (1, 2)] == [round_bytes(finished, number) for number in (1, 2)]


def test_more_rounds_may_be_asked_for_later_and_fewer_may_not(tmp_path: Path) -> None:
    take_steps(make_rounds(tmp_path, 1))
    second = make_rounds(tmp_path, 2)
    assert due_steps(second) == ["rounds"]
    take_steps(second)
    kept = second.directory.in_round(2).pairs.stat().st_mtime_ns
    third = make_rounds(tmp_path, 3)
    assert due_steps(third) == ["rounds"]
    take_steps(third)
    assert third.directory.in_round(2).pairs.stat().st_mtime_ns == kept
    assert third.directory.rounds == (2, 3)
    with pytest.raises(RunError, match=r"'rounds' with another config .rounds: 3 -> 2.*--redo rounds"):
        take_steps(make_rounds(tmp_path, 2))
    take_steps(make_rounds(tmp_path, 2), redo="rounds")
    assert third.directory.rounds == (2,)


def test_where_nothing_is_left_to_align_on_the_policy_stays_as_it_is(tmp_path: Path) -> None:
    run = make_rounds(tmp_path, 3, steadfast=True)
    take_steps(run)
    assert run.directory.trained == ("sft", "sft_continued", "dpo")
    assert run.in_round(3).policy() == str(run.directory.checkpoint("dpo"))
    assert read_record(run.directory.summary("rounds"), StepSummary).records_out == 0


def test_a_damaged_policy_of_a_later_round_is_not_used(finished: Run, tmp_path: Path) -> None:
    run = make_rounds(tmp_path, 3)
    take_steps(make_rounds(tmp_path, 2))
    (run.directory.checkpoint("dpo_2") / "manifest.json").unlink()
    with pytest.raises(RunError, match=r"rounds/2/5-train/dpo': manifest.json is missing.*--redo rounds"):
        take_steps(run)


@pytest.mark.heavy
def test_a_tiny_policy_is_really_trained_in_two_rounds(tmp_path: Path, write_tiny_policy: WriteTinyPolicy) -> None:
    take_steps(make_run(tmp_path, name="data", construct=FEW), ["construct"])
    instructions = read_records(RunDirectory(tmp_path / "data").instructions, Instruction)
    config = make_config(
        {
            "name": "tiny",
            "runs": str(tmp_path),
            "rounds": 2,
            "policy": {"base": write_tiny_policy(tmp_path / "base", instructions, 32)},
            "construct": FEW,
            "sample": {"points": 3, "batch": 4, "max_new_tokens": 12},
            "evaluate": {"points": 2, "resamples": 50, "max_new_tokens": 12},
            "train": {
                "precision": "float32",
                "sft": {"learning_rate": 5e-4, "batch_size": 8},
                "dpo": {"learning_rate": 2e-5, "batch_size": 4},
            },
        }
    )
    run = Run(config, assemble(config), SilentReporter())
    take_steps(run)
    trained = {
        name: read_record(run.directory.checkpoint_record(name), Checkpoint).files["model.safetensors"]
        for name in run.directory.trained
    }
    assert list(trained) == ["sft", "sft_continued", "dpo", "sft_continued_2", "dpo_2"]
    assert len(set(trained.values())) == 5
    second = read_record(run.directory.checkpoint_record("dpo_2"), Checkpoint)
    assert second.base == str(run.directory.checkpoint("dpo"))
    assert second.history[0].metrics["rewards/margins"] == pytest.approx(
        0, abs=1e-3
    )  # its reference is where it begins
