"""A disk that fills up while a training writes: told as such, nothing half is left, and with room it goes on."""

import errno
import json
import subprocess
import warnings
from collections.abc import Generator
from pathlib import Path

import pytest

from ttpa.cli.failures import explain
from ttpa.runs.record_files import write_record, write_records
from ttpa.stages.train import SftExample, TrainConfig
from ttpa.stages.train.full_disk import telling_full_disk
from ttpa.stages.train.launched_learners import JOB, MARK, RECORDS, Job
from ttpa.stages.train.stage import OnStep, SftConfig
from ttpa.stages.train.trl_learners import TrlLearners
from ttpa.steps.launched_training import main

SIZE = 4 * 2**20


@pytest.fixture
def small_disk(tmp_path: Path) -> Generator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, *, free: int) -> Path:
    filler = folder / "filler"
    filler.write_bytes(bytes(SIZE - free))
    return filler


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("room", "checkpoint_steps"),
    [(0.5, 0), (0.5, 1), (2.0, 1), (3.5, 1)],  # in the checkpoint; in the weights, the optimiser, a second state
)
def test_a_full_disk_is_told_and_with_room_the_training_goes_on(
    small_disk: Path, base: str, examples: list[SftExample], ignore_step: OnStep, room: float, checkpoint_steps: int
) -> None:
    config = TrainConfig(sft=SftConfig(epochs=2, batch_size=2), checkpoint_steps=checkpoint_steps)
    output = small_disk / "sft"

    def train() -> int:
        return (
            TrlLearners()
            .sft(base, examples, output, config, method="sft", steps=None, seed=5, on_step=ignore_step)
            .steps
        )

    weights = (Path(base) / "model.safetensors").stat().st_size
    filler = fill(small_disk, free=round(weights * room))
    with pytest.raises(OSError, match="No space left") as told:
        train()
    assert told.value.errno == errno.ENOSPC
    assert f"no space is left for '{small_disk}'" in str(explain(told.value))
    assert not (small_disk / "sft.tmp").exists()
    assert all((state / "manifest.json").is_file() for state in (small_disk / "sft.states").glob("*"))
    filler.unlink()
    assert train() == 4


@pytest.mark.heavy
def test_a_process_of_a_launched_training_tells_it_to_the_one_that_waits(
    small_disk: Path,
    tmp_path: Path,
    base: str,
    examples: list[SftExample],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("warnings.showwarning", warnings.showwarning)  # the process sets its own
    job = Job(method="sft", base=base, output=str(small_disk / "sft"), config=TrainConfig(), seed=5)
    write_record(tmp_path / JOB, job)
    write_records(tmp_path / RECORDS, examples)
    fill(small_disk, free=4096)
    assert main(tmp_path) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(last.removeprefix(MARK)) == {"errno": errno.ENOSPC, "path": str(small_disk)}


def test_what_fails_on_a_disk_with_room_is_told_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "sft.tmp").mkdir()
    with (
        pytest.raises(RuntimeError, match="shapes"),
        telling_full_disk(tmp_path / "sft.states", [tmp_path / "sft.tmp"]),
    ):
        raise RuntimeError("shapes do not fit")
    assert (tmp_path / "sft.tmp").exists()
