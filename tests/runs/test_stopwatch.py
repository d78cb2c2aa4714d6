"""What several commands spend on one thing adds up."""

import time
from pathlib import Path

from ttpa.runs.stopwatch import Stopwatch


def test_what_was_kept_before_a_kill_counts(tmp_path: Path) -> None:
    file = tmp_path / "base.seconds"
    file.write_text("41.5\n", encoding="utf-8")
    second = Stopwatch(file)
    assert 41.5 <= second.seconds() < 51.5
    time.sleep(0.01)
    second.keep()
    assert Stopwatch(file).seconds() > 41.5


def test_cleared_it_starts_anew(tmp_path: Path) -> None:
    file = tmp_path / "base.seconds"
    file.write_text("41.5\n", encoding="utf-8")
    stopwatch = Stopwatch(file)
    stopwatch.clear()
    assert stopwatch.seconds() < 10
    assert not file.exists()
