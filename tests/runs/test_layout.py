"""The run directory: one process at a time, and what a step and its followers leave behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ttpa.errors import RunError
from ttpa.runs.layout import STEPS, RunDirectory, Step


def fill(directory: RunDirectory) -> dict[Step, list[Path]]:
    """Writes something for every step; the files of each."""
    files: dict[Step, list[Path]] = {
        "construct": [directory.instructions],
        "sft": [
            directory.checkpoint("sft") / "model",
            directory.checkpoint_record("sft"),
            directory.checkpoint("sft").with_name("sft.states") / "checkpoint-2",
            directory.checkpoint("sft").with_name("sft.launch") / "job.json",
        ],
        "sample": [directory.trees, directory.trees.with_name("trees.jsonl.partial")],
        "score": [directory.scored],
        "pair": [directory.pairs],
        "align": [
            directory.checkpoint("dpo") / "model",
            directory.checkpoint_record("dpo"),
            directory.checkpoint("grpo") / "model",
            directory.checkpoint_record("grpo"),
            directory.checkpoint("probability") / "model",
            directory.checkpoint_record("probability"),
            directory.checkpoint("sft_continued") / "model",
            directory.checkpoint_record("sft_continued"),
        ],
        "rounds": [
            directory.in_round(2).trees,
            directory.in_round(2).summary("align"),
            directory.checkpoint("dpo_2") / "model",
            directory.checkpoint_record("dpo_2"),
        ],
        "evaluate": [directory.cases("dpo"), directory.evaluation],
        "report": [directory.report],
    }
    for step, paths in files.items():
        paths += [directory.summary(step), directory.discards(step)]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step)
    return files


@pytest.mark.parametrize("step", STEPS)
def test_clearing_takes_a_step_and_those_after_it_and_nothing_else(tmp_path: Path, step: Step) -> None:
    directory = RunDirectory(tmp_path / "mine")
    files = fill(directory)
    for kept in (directory.config, directory.journal):
        kept.write_text("kept")
    directory.clear_from(step)
    position = STEPS.index(step)
    for earlier in STEPS[:position]:
        assert all(path.read_text() == earlier for path in files[earlier])
        assert directory.has_begun(earlier)
    for later in STEPS[position:]:
        assert not [path for path in files[later] if path.exists()]
        assert not directory.has_begun(later)
    assert directory.config.exists()
    assert directory.journal.exists()


def test_clearing_an_empty_run_does_nothing(tmp_path: Path) -> None:
    RunDirectory(tmp_path / "none").clear_from("construct")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", STEPS)
def test_a_step_has_begun_once_its_output_or_its_summary_is_there(tmp_path: Path, step: Step) -> None:
    for number, place in enumerate((0, -2)):
        directory = RunDirectory(tmp_path / str(number))
        path = fill(directory)[step][place]
        directory.clear_from("construct")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step)
        assert [other for other in STEPS if directory.has_begun(other)] == [step]


def test_what_a_round_makes_lies_apart_and_what_all_share_does_not(tmp_path: Path) -> None:
    first = RunDirectory(tmp_path / "mine")
    second = first.in_round(2)
    assert second.instructions == first.instructions
    assert second.checkpoint("sft") == first.checkpoint("sft")
    assert second.checkpoint("dpo") == first.checkpoint("dpo_2") == first.path / "rounds" / "2" / "5-train" / "dpo"
    assert second.checkpoint("sft_continued") != first.checkpoint("sft_continued")
    fill(first)
    assert first.trained == second.trained == ("sft", "sft_continued", "dpo", "grpo", "probability", "dpo_2")
    second.clear("sample")
    assert first.trees.exists()
    assert not second.trees.exists()


def test_a_run_in_use_is_refused_and_its_holder_named(tmp_path: Path) -> None:
    held = RunDirectory(tmp_path / "mine")
    with held.lock():
        reason = rf"run 'mine' is in use by process {os.getpid()} on {os.uname().nodename}"
        with pytest.raises(RunError, match=reason), RunDirectory(tmp_path / "mine").lock():
            raise AssertionError("two hold the lock")
    with RunDirectory(tmp_path / "mine").lock():
        pass


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    source = (
        "import os, sys; from pathlib import Path; from ttpa.runs.layout import RunDirectory\n"
        "with RunDirectory(Path(sys.argv[1])).lock(): os._exit(9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", source, str(tmp_path / "mine")], check=False)
    assert ended.returncode == 9
    with RunDirectory(tmp_path / "mine").lock():
        pass


def test_a_lock_is_given_up_after_an_error(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "mine")
    with pytest.raises(ZeroDivisionError), directory.lock():
        raise ZeroDivisionError
    with directory.lock():
        pass


def test_drafts_of_steps_that_are_done_are_removed(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run")
    for folder in ("1-construct", "2-sample"):
        (run.path / folder).mkdir(parents=True)
        (run.path / folder / "x.jsonl.partial").touch()
    run.summary("construct").touch()
    run.remove_drafts()
    assert [path.parent.name for path in run.path.glob("*/*.partial")] == ["2-sample"]
