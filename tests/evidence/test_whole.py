"""The experiment from end to end, in its small form: killed on the way, it goes on and does nothing twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from benchmarks.evidence.arms import ARMS
from benchmarks.evidence.budget import budgets
from benchmarks.evidence.units import Unit

from ttpa.records.instructions import Instruction
from ttpa.runs.record_files import read_record, read_records

ROOT = Path(__file__).parents[2]
LONGEST = 3600
BY_NAME = {arm.name: arm for arm in ARMS}
TAKEN = [BY_NAME[name] for name in ("sft-longer", "sft-same", "own-turns", "ttpa-two-rounds", "grpo", "ttpa-forward")]
"""One arm of each way to learn, and one on other data."""


def start(out: Path, *words: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "benchmarks.evidence",
        "--small",
        "--sets",
        "quickstart",
        "--out",
        str(out),
        "--arms",
        *(arm.name for arm in TAKEN),
        *words,
    ]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def questions(folder: Path) -> set[str]:
    """Of all instructions that lie in a run."""
    return {one.question for one in read_records(folder / "1-construct" / "instructions.jsonl", Instruction)}


@pytest.mark.heavy
def test_the_small_experiment_goes_on_after_a_kill_and_reports_every_way_to_learn(tmp_path: Path) -> None:
    seed = tmp_path / "experiment" / "quickstart" / "seed-0"
    first = start(tmp_path)
    began = time.monotonic()
    while len(list(seed.glob("arms/*/*/unit.json"))) < 3 and first.poll() is None:
        assert time.monotonic() - began < LONGEST
        time.sleep(0.1)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    done = {path: path.stat().st_mtime_ns for path in seed.glob("arms/*/*/unit.json")}
    assert len(done) >= 3
    assert not list(seed.glob("arms/*/*/final"))

    told, _ = (second := start(tmp_path, "--final")).communicate(timeout=LONGEST)
    assert second.returncode == 0, told
    assert {path: path.stat().st_mtime_ns for path in done} == done
    units = {(unit.arm, unit.budget): unit for unit in (read_record(p, Unit) for p in seed.glob("arms/*/*/unit.json"))}
    assert set(units) == {(arm.name, kind) for arm in TAKEN for kind in budgets(arm)}
    assert all(
        made.training_tokens > 0 for (_, kind), unit in units.items() if kind == "training" for made in unit.rounds
    )

    # What is sampled was not fine-tuned on, and the test lies nowhere but in `data` and in what `--final` has made.
    known, tuned, fresh = (questions(seed / name) for name in ("data", "start-reversed", "fresh-reversed"))
    assert fresh
    assert not tuned & fresh
    held_out = known - tuned - fresh
    assert held_out
    for run in [path.parent.parent for path in seed.rglob("1-construct/instructions.jsonl")]:
        if run.name not in ("data", "final"):
            assert not questions(run) & held_out, run
    assert questions(seed / "arms" / "ttpa-two-rounds" / "training" / "final") == known

    page = (tmp_path / "report" / "results_experiment.md").read_text(encoding="utf-8")
    assert all(f"| {arm.says} |" in page for arm in TAKEN)
    assert "equal tokens in all, sampling included" in page
    assert (tmp_path / "report" / "images" / "results_experiment-quickstart-test.svg").exists()

    again, _ = start(tmp_path, "--report", str(tmp_path / "again")).communicate(timeout=LONGEST)
    assert "again/results_experiment.md" in again
    assert (tmp_path / "again" / "results_experiment.md").read_text(encoding="utf-8") == page
    refused, _ = start(tmp_path, "--policy", "another").communicate(timeout=LONGEST)
    assert "was begun with other settings" in refused
    refused, _ = start(tmp_path, "--sweep", "--final").communicate(timeout=LONGEST)
    assert "never looks at the test" in refused
