"""What stays behind: a temporary folder of one's own, and every process that was started with it in its environment."""

import os
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from faults.table import Row

_A_MOMENT = 5.0


@contextmanager
def watched(row: Row) -> Generator[Path]:
    """A folder that is this process's `TMPDIR` meanwhile; what is left of it in the end counts as a survivor.

    The folder's name is the mark by which processes are told from those of another kit that runs at the same time.
    """
    before, default = os.environ.get("TMPDIR"), tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="ttpa-faults-") as outer:
        folder = Path(outer) / "temporary"
        folder.mkdir()
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir = default
            del os.environ["TMPDIR"]
            if before is not None:
                os.environ["TMPDIR"] = before
        if left := _left(folder):
            row.survivors += len(left)
            row.remarks.append(f"left behind: {', '.join(left[:3])}")


def _left(folder: Path) -> list[str]:
    """Processes and files that are still there a moment later."""
    deadline = time.monotonic() + _A_MOMENT
    while (left := [*_processes(folder), *map(str, folder.iterdir())]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def _processes(folder: Path) -> list[str]:
    mark = f"TMPDIR={folder}".encode()
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes() and int(entry.name) != os.getpid():
                words = (entry / "cmdline").read_bytes().replace(b"\x00", b" ").decode(errors="replace")
                found.append(f"process {entry.name} ({words.strip()[-60:]})")
        except OSError:
            continue
    return found
