"""Two processes on one CPU train as one process does on the same global batches."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ttpa.records.pairs import PreferencePair
from ttpa.runs.record_files import write_records

pytestmark = pytest.mark.heavy
SCRIPT = str(Path(__file__).with_name("distributed_training.py"))


def test_two_processes_have_the_losses_of_one(base: str, pairs: list[PreferencePair], tmp_path: Path) -> None:
    write_records(tmp_path / "pairs.jsonl", pairs * 2)
    words = [SCRIPT, base, str(tmp_path / "pairs.jsonl")]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    for command in ([*launch, *words, str(tmp_path / "two")], [sys.executable, *words, str(tmp_path / "one")]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
    two, one = (json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8")) for name in ("two", "one"))
    assert (two["processes"], one["processes"]) == (2, 1)
    assert len(one["losses"]) == 10
    assert two["losses"] == pytest.approx(one["losses"], abs=1e-5)
