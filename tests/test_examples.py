"""The examples run and print what they promise."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(*words: str) -> str:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_the_scoring_example_names_both_errors() -> None:
    printed = run("examples/score_a_turn.py")
    assert "$.days: wrong_type, expected 3, got '3'" in printed
    assert "$.unit: invalid_value, expected 'metric', got 'kelvin'" in printed


def test_the_own_tools_example_is_listed_and_called() -> None:
    command = ["-c", "from ttpa.cli import main; main()", "tools", "configs/own_tools.toml"]
    assert "3 tools, all schemas valid" in run(*command)
    arguments = '{"doctor": "Weber", "date": "2026-03-04", "part": "morning"}'
    assert run(*command, "--call", "find_slots", "--arguments", arguments) == '["09:00", "10:30"]\n'
