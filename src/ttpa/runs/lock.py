"""A folder is one process's at a time."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ttpa.errors import RunError

_PATIENCE = 2.0
"""Seconds: a process that is killed while it starts another leaves it the lock, until that one has its own program."""


@contextmanager
def hold(folder: Path, what: str) -> Generator[None]:
    """Holds `folder`, made where it is missing, for this process. Raises `RunError` that says who holds `what`."""
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / "lock.holder"
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=_PATIENCE)
    except Timeout as error:
        who = holder.read_text().strip() if holder.exists() else "another process"
        raise RunError(f"{what} is in use by {who}; wait for it or stop it") from error
    try:
        holder.write_text(f"process {os.getpid()} on {os.uname().nodename}\n")
        yield
    finally:
        lock.release()
