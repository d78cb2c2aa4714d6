"""A folder is one process's at a time."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ttpa.errors import RunError

_LOCK, _HOLDER = "lock", "lock.holder"
_PATIENCE = 2.0
"""Seconds: a process that is killed while it starts another leaves it the lock, until that one has its own program."""


@contextmanager
def hold(folder: Path, what: str) -> Generator[None]:
    """Holds `folder`, made where it is missing, for this process. Raises `RunError` that says who holds `what`."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = _acquire(folder, what)
    try:
        (folder / _HOLDER).write_text(f"process {os.getpid()} on {os.uname().nodename}\n")
        yield
    finally:
        lock.release()


def refuse_held(folder: Path, what: str) -> None:
    """Raises `RunError` as `hold` does, and holds nothing."""
    if (folder / _LOCK).exists():
        _acquire(folder, what).release()


def _acquire(folder: Path, what: str) -> FileLock:
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=_PATIENCE)
    except Timeout as error:
        holder = folder / _HOLDER
        who = holder.read_text().strip() if holder.exists() else "another process"
        raise RunError(f"{what} is in use by {who}; wait for it or stop it") from error
    return lock
