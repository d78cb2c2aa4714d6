"""What a full disk is called by those who write weights and states: told as what it is, and their halves removed."""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError

from ttpa.runs.manifest import MANIFEST

FULL = (errno.ENOSPC, errno.EDQUOT)
_SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")
"""How safetensors ends what the system said."""
_TRIED_BYTES = 1 << 20


@contextmanager
def telling_full_disk(states: Path, drafts: Sequence[Path]) -> Generator[None]:
    """Raises `OSError` with the system's number where the disk of `states` is full, whatever the writers make of it.

    Then `drafts`, and states that were never finished, are removed: they would hold the space that is wanted.
    """
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except (OSError, RuntimeError, SafetensorError) as error:
        number = _find_number(error, states.parent)
        if number not in FULL:
            raise
        unfinished = [path for path in states.glob("checkpoint-*") if not (path / MANIFEST).is_file()]
        for folder in (*drafts, *unfinished):
            shutil.rmtree(folder, ignore_errors=True)
        raise OSError(number, os.strerror(number), str(states.parent)) from error


def _find_number(error: Exception, folder: Path) -> int | None:
    if isinstance(error, OSError):
        return error.errno
    if told := _SYSTEM_ERROR.search(str(error)):
        return int(told[1])
    return _try_to_write(folder) if isinstance(error, RuntimeError) else None  # torch does not pass on the reason


def _try_to_write(folder: Path) -> int | None:
    """The number of the error, where a file cannot be written there now."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_TRIED_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno
    return None
