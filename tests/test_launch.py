"""`ttpa train` in two processes: the same losses as in one, and failures in words."""

import errno
import gc
import json
import os
import shutil
import subprocess
import sys
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from ttpa.assemble import assemble
from ttpa.cli.failures import explain
from ttpa.config import make_config
from ttpa.errors import ModelError
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.instructions import Instruction
from ttpa.records.pairs import PreferencePair
from ttpa.runs.layout import RunDirectory
from ttpa.runs.record_files import read_record, read_records, write_records
from ttpa.stages.train import TrainConfig
from ttpa.stages.train.launched_learners import MARK, LaunchedLearners, tell_shortage
from ttpa.steps.run import Run

WriteTinyPolicy = Callable[[Path, Sequence[Instruction], int], str]
TWO = "torchrun --standalone --nproc-per-node 2"
SOURCE = str(Path(__file__).parents[1] / "src")


def make_tiny(runs: Path, base: str, **train: object) -> Run:
    config = make_config(
        {
            "name": "one",
            "runs": str(runs),
            "policy": {"base": base},
            "construct": {"instances": 17, "test_share": 0.2},  # of which 12 are trained on: whole batches
            "sample": {"points": 4, "batch": 4, "max_new_tokens": 12},
            "train": {
                "precision": "float32",
                "micro_batch_size": 1,  # the same in both: a loss term is a mean over a micro batch
                "sft": {"learning_rate": 5e-4, "batch_size": 4},
                "dpo": {"learning_rate": 2e-5, "batch_size": 2, "epochs": 4},
                **train,
            },
        }
    )
    return Run(config, assemble(config), SilentReporter())


def ttpa(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from ttpa.cli import main; main()", *words],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": SOURCE},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def histories(directory: RunDirectory) -> dict[str, list[float]]:
    records = {name: read_record(directory.checkpoint_record(name), Checkpoint) for name in directory.trained}
    return {name: [step.loss for step in record.history] for name, record in records.items()}


@pytest.mark.heavy
def test_two_processes_train_as_one(tmp_path: Path, write_tiny_policy: WriteTinyPolicy) -> None:
    one = make_tiny(tmp_path, str(tmp_path / "base"))
    take_steps(one, ["construct"])
    write_tiny_policy(tmp_path / "base", one.instructions("train"), 32)
    shutil.copytree(one.directory.path, tmp_path / "two")
    take_steps(one, ["sft", "sample", "score", "pair"])
    write_records(one.directory.pairs, read_records(one.directory.pairs, PreferencePair)[:2])
    take_steps(one, ["align"])
    for folder in ("", "2-sample", "3-score", "4-pair"):
        if folder:  # what was drawn from the one is what both are aligned on
            shutil.copytree(one.directory.path / folder, tmp_path / "two" / folder)
        if folder in ("", "4-pair"):
            done = ttpa("train", str(tmp_path / "two"), "--set", f"train.launch={TWO}")
            assert done.returncode == 0, done.stderr
    two = RunDirectory(tmp_path / "two")
    ours, theirs = histories(two), histories(one.directory)
    assert list(ours) == list(theirs) == ["sft", "sft_continued", "dpo"]
    assert min(map(len, theirs.values())) >= 3
    assert {name: pytest.approx(losses, abs=1e-5) for name, losses in theirs.items()} == ours
    assert not list(two.path.glob("5-train/*.launch"))
    assert not list(two.path.glob("5-train/*.states"))


@pytest.mark.heavy
def test_what_a_process_finds_wrong_is_told_in_words(tmp_path: Path, write_tiny_policy: WriteTinyPolicy) -> None:
    odd = make_tiny(tmp_path, str(tmp_path / "base"), launch=TWO, sft={"learning_rate": 5e-4, "batch_size": 3})
    take_steps(odd, ["construct"])
    write_tiny_policy(tmp_path / "base", odd.instructions("train"), 32)
    with pytest.raises(ModelError, match="a batch of 3 cannot be divided among 2 processes"):
        take_steps(odd, ["sft"])


def test_a_launcher_that_fails_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    learners = LaunchedLearners("python -c 'print(\"the launcher is broken\"); raise SystemExit(3)'")
    with pytest.raises(ModelError, match=r"exit code 3; the log is .*its end: the launcher is broken"):
        learners.dpo("base", [], tmp_path / "dpo", TrainConfig(), seed=0, on_step=lambda step, total, telling: None)


def test_what_lay_on_the_device_is_handed_back_before_the_processes_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Model:
        """Holds itself in a cycle, as models do."""

        def __init__(self) -> None:
            self.itself = self

    emptied: list[bool] = []
    model = Model()
    held = weakref.ref(model)
    monkeypatch.setattr("torch.cuda.empty_cache", lambda: emptied.append(held() is None))
    learners = LaunchedLearners("python -c 'raise SystemExit(3)'")
    gc.disable()
    try:
        del model
        with pytest.raises(ModelError, match="exit code 3"):
            learners.dpo("base", [], tmp_path / "dpo", TrainConfig(), seed=0, on_step=lambda step, total, telling: None)
    finally:
        gc.enable()
    assert emptied == [True]


@pytest.mark.parametrize(
    ("failure", "advice"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "5-train"), "no space is left for '5-train'"),
        (torch.OutOfMemoryError("CUDA out of memory"), "train.activation_checkpointing=true"),
    ],
)
def test_a_full_disk_or_gpu_in_a_process_is_told_as_one_in_this_process(
    tmp_path: Path, failure: Exception, advice: str
) -> None:
    line = tmp_path / "told"
    line.write_text(f"{MARK}{json.dumps(tell_shortage(failure))}\n", encoding="utf-8")
    learners = LaunchedLearners(f"python -c 'print(open(\"{line}\").read()); raise SystemExit(1)'")
    with pytest.raises(type(failure)) as told:
        learners.dpo("base", [], tmp_path / "dpo", TrainConfig(), seed=0, on_step=lambda step, total, telling: None)
    assert str(told.value) == str(failure)
    assert advice in str(explain(told.value))


def test_a_launcher_that_is_not_there_is_named() -> None:
    with pytest.raises(ModelError, match=r"train\.launch = 'no-such-launcher --now' is no command here"):
        LaunchedLearners("no-such-launcher --now")


def test_a_run_that_is_itself_launched_says_how_it_should_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    done = ttpa("train", "configs/quickstart.toml", "--set", f"runs={tmp_path}")
    assert done.returncode == 1
    assert "say train.launch = 'torchrun --nproc-per-node 2'" in done.stderr
