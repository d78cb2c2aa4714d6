"""How a run shows that it moves: bars in a terminal, plain lines elsewhere."""

import sys
import time
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from ttpa.visible_text import visible

_SECONDS_BETWEEN_LINES = 15.0


class Reporter(Protocol):
    """Where a run tells what it does."""

    def start(self, name: str, total: int) -> None:
        """A step begins that has `total` items."""
        ...

    def advance(self, count: int, note: str = "") -> None:
        """`count` items are done."""
        ...

    def tell(self, line: str) -> None:
        """Something that a person should know of the step while it goes on."""
        ...

    def finish(self, line: str) -> None:
        """The step is over; `line` sums it up."""
        ...

    def close(self) -> None:
        """Nothing more will be told; safe to repeat."""
        ...


class SilentReporter:
    """Tells nothing: for tests and notebooks."""

    def start(self, name: str, total: int) -> None:
        """Ignores it."""

    def advance(self, count: int, note: str = "") -> None:
        """Ignores it."""

    def tell(self, line: str) -> None:
        """Ignores it."""

    def finish(self, line: str) -> None:
        """Ignores it."""

    def close(self) -> None:
        """Holds nothing."""


class LineReporter:
    """Plain lines on standard output: one every quarter of a minute and one at the end of each step."""

    def __init__(self) -> None:
        self._name, self._total, self._done, self._said = "", 0, 0, 0.0

    def start(self, name: str, total: int) -> None:
        self._name, self._total, self._done, self._said = name, total, 0, time.monotonic()

    def advance(self, count: int, note: str = "") -> None:
        self._done += count
        if time.monotonic() - self._said >= _SECONDS_BETWEEN_LINES:
            self._said = time.monotonic()
            sys.stdout.write(f"{self._name:<10} {self._done}/{self._total} {visible(note)}".rstrip() + "\n")
            sys.stdout.flush()

    def tell(self, line: str) -> None:
        sys.stdout.write(visible(line) + "\n")
        sys.stdout.flush()

    def finish(self, line: str) -> None:
        self.tell(line)

    def close(self) -> None:
        """Holds nothing."""


class BarReporter:
    """A bar with counts and the time left, replaced by the step's line at its end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress: Progress | None = None
        self._task = TaskID(0)

    def start(self, name: str, total: int) -> None:
        self.close()
        self._progress = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task(name, total=total, note="")
        self._progress.start()

    def advance(self, count: int, note: str = "") -> None:
        if self._progress is not None:
            self._progress.update(self._task, advance=count, note=visible(note))

    def tell(self, line: str) -> None:
        self._console.print(visible(line), markup=False, highlight=False, soft_wrap=True)  # above the bar

    def finish(self, line: str) -> None:
        self.close()
        self.tell(line)

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def make_reporter() -> Reporter:
    """Bars where standard output is a terminal, lines elsewhere."""
    console = Console()
    return BarReporter(console) if console.is_terminal else LineReporter()
