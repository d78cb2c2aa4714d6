"""Seconds that are spent on something by several commands, each going on where one before was cut off."""

import time
from pathlib import Path

from ttpa.runs.record_files import write_text


class Stopwatch:
    """Runs from here on; `path` keeps what was spent before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._before = float(path.read_text(encoding="utf-8")) if path.exists() else 0.0
        self._started = time.monotonic()

    def keep(self) -> None:
        """Keeps what was spent so far: a command that is killed loses what came after."""
        write_text(self._path, f"{self.seconds()}\n")

    def seconds(self) -> float:
        """All that was spent, to the millisecond."""
        return round(self._before + time.monotonic() - self._started, 3)

    def clear(self) -> None:
        """Removes the file, and starts anew."""
        self._path.unlink(missing_ok=True)
        self._before, self._started = 0.0, time.monotonic()
