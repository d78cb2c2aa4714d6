"""The process that stands between a run and its tools: it ends, with all its offspring, whatever the tools started.

It outlives neither: when the run goes away, even by `kill -9`, or the tools' process ends, every descendant is killed,
also those that left the session, and the tools' folder is removed.
"""

import ctypes
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_ADOPT_ORPHANS = 36
"""PR_SET_CHILD_SUBREAPER of Linux' prctl: a descendant whose parent ends becomes a child of this process."""
_SWEEP_SECONDS = 5.0


def stand_guard(life_fd: int, pipes: Iterable[int]) -> Path:
    """Splits this process in two. In the child, which is to run the tools: their folder, which is the current one.

    The parent never returns. It keeps none of the `pipes`, so their other ends notice when the tools' process ends;
    at the end of `life_fd` the run is over.
    """
    adopt_orphans()
    folder = Path(tempfile.mkdtemp(prefix="ttpa-tools-"))
    tools = os.fork()
    if tools == 0:
        os.close(life_fd)
        adopt_orphans()
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
        os.chdir(folder)
        return folder
    for fd in pipes:
        os.close(fd)
    _wait(tools, life_fd)
    sweep()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def adopt_orphans() -> None:
    """Makes this process the parent of descendants whose own parent ends, where the system is Linux."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)


def sweep() -> None:
    """Kills all descendants of this process, also while they fork, and waits until they are gone."""
    deadline = time.monotonic() + _SWEEP_SECONDS
    while (found := descendants(os.getpid())) and time.monotonic() < deadline:
        for process in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.002)


def descendants(ancestor: int) -> list[int]:
    """The processes below `ancestor`, those included that ended and were not waited for; none without `/proc`."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            # The name stands in brackets and may hold anything; state and parent follow the last one.
            parent = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = list[int](), [ancestor]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.extend(below)
        waiting.extend(below)
    return found


def _wait(tools: int, life_fd: int) -> None:
    """Until the tools' process has ended or the run is gone."""
    with suppress(AttributeError, OSError):  # a system without process descriptors looks every now and then
        both = [life_fd, os.pidfd_open(tools)]
        select.select(both, [], [])
        return
    while not select.select([life_fd], [], [], 0.1)[0] and os.waitpid(tools, os.WNOHANG)[0] == 0:
        pass
