"""Two processes on one CPU train as one does on the same global batches, and share a model's weights as FSDP does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ttpa.records.pairs import PreferencePair
from ttpa.runs.record_files import write_records
from ttpa.stages.train import SftExample

pytestmark = pytest.mark.heavy
SCRIPT, SHARED = (str(Path(__file__).with_name(f"{name}.py")) for name in ("distributed_training", "sharded_forward"))
LAUNCH = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def test_two_processes_have_the_losses_of_one(
    base: str, pairs: list[PreferencePair], examples: list[SftExample], tmp_path: Path
) -> None:
    write_records(tmp_path / "pairs.jsonl", pairs * 2)
    write_records(tmp_path / "examples.jsonl", examples)
    words = [SCRIPT, base, str(tmp_path / "pairs.jsonl"), str(tmp_path / "examples.jsonl")]
    for command in ([*LAUNCH, *words, str(tmp_path / "two")], [sys.executable, *words, str(tmp_path / "one")]):
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
    two, one = (json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8")) for name in ("two", "one"))
    assert (two["processes"], one["processes"]) == (2, 1)
    assert len(one["losses"]) == 15
    assert two["losses"] == pytest.approx(one["losses"], abs=1e-5)


def test_a_model_whose_weights_are_shared_has_the_forests_log_probabilities_and_is_gathered_whole(
    base: str, pairs: list[PreferencePair], tmp_path: Path
) -> None:
    write_records(tmp_path / "pairs.jsonl", pairs)
    words = [SHARED, base, str(tmp_path / "pairs.jsonl"), str(tmp_path / "told.json")]
    done = subprocess.run([*LAUNCH, *words], env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert told["size of gradients"] > 0.1
    assert max(told["log-probabilities"], told["gradients"]) < 1e-5 * max(1, told["size of gradients"])
    assert told["gathered"] == 0
