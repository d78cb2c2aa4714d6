"""Promise 1: KILL, ENOSPC and EIO at every system call that writes, by `strace`; then the same command goes on."""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from faults.forks import DONE, UNTOLD, fork, load_what_a_run_loads
from faults.played_run import make_run, records, take
from faults.survivors import watched
from faults.table import Row

Blow = Literal["KILL", "ENOSPC", "EIO"]
BLOWS: tuple[Blow, ...] = ("KILL", "ENOSPC", "EIO")
CALLS = (
    "write,writev,pwrite64,pwritev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat"
)
ITEMS = 6
Point = tuple[str, int, Blow]
"""A system call, which of its calls, and what happens to it."""


def is_possible() -> bool:
    """Whether `strace` is here and may trace a process that runs already."""
    if shutil.which("strace") is None:
        return False
    process = fork(lambda: None, stopped=True)
    traced = _trace(process, ["-e", "trace=none"])
    _, status = os.waitpid(process, 0)
    return traced and status == DONE


def try_system_calls(share: float = 1.0, part: int = 0, parts: int = 1) -> Row:
    """Strikes at every call, or an even share of them; a point is lost where the run does not come to its records.

    Of several `parts`, each takes its own points.
    """
    row = Row("1 KILL, ENOSPC and EIO at system calls that write")
    load_what_a_run_loads()
    with watched(row) as temporary:
        folder = temporary.parent
        take(make_run(folder / "warm" / "run", ITEMS, offline=True))  # what is loaded late is loaded for all copies
        calls = _count(folder / "whole" / "run")
        expected = records(make_run(folder / "whole" / "run", ITEMS, offline=True))
        points = [(call, number) for call, most in calls.items() for number in range(1, most + 1)]
        step = max(1, round(1 / share))
        chosen: list[Point] = [
            (*point, blow) for index, blow in enumerate(BLOWS) for point in points[index % step :: step]
        ]
        for point in chosen[part::parts]:
            problem, found = _strike(folder / "-".join(map(str, point)) / "run", point)
            row.tried += 1
            row.crashed += problem is not None
            row.lost += found != expected
            if problem is not None or found != expected:
                row.remarks.append(f"{point[2]} at {point[0]} {point[1]}: {problem or 'other records'}")
    row.remarks.append(f"{len(points)} calls in a run of {ITEMS} items")
    return row


def _count(path: Path) -> dict[str, int]:
    """How often a whole run makes each call, in the thread that runs it."""
    log = path.parent / "strace.log"
    path.parent.mkdir(parents=True)
    process = _start(path, stopped=True)
    assert _trace(process, ["-o", str(log), "-e", f"trace={CALLS}"])
    _, status = os.waitpid(process, 0)
    assert status == DONE
    counts: dict[str, int] = {}
    for line in log.read_text(errors="replace").splitlines():
        name = line.partition("(")[0]
        if name.isidentifier():
            counts[name] = counts.get(name, 0) + 1
    return counts


def _strike(path: Path, point: Point) -> tuple[str | None, dict[str, str]]:
    """A run that is struck once and then taken again: what went wrong beyond that, and its records."""
    call, number, blow = point
    path.parent.mkdir(parents=True)
    told = path.parent / "told"
    what = "signal=KILL" if blow == "KILL" else f"error={blow}"
    process = _start(path, stopped=True)
    assert _trace(process, ["-o", os.devnull, "-e", f"inject={call}:{what}:when={number}"])
    _, struck = os.waitpid(process, 0)
    problem = "it was not hit" if blow == "KILL" and not os.WIFSIGNALED(struck) else None
    if os.waitstatus_to_exitcode(struck) == UNTOLD:
        problem = f"a traceback: {_last_line(told)}"
    _, again = os.waitpid(_start(path), 0)
    if again != DONE:
        problem = f"the run did not go on: {_last_line(told)}"
    found = records(make_run(path, ITEMS, offline=True))
    shutil.rmtree(path.parent)
    return problem, found


def _start(path: Path, *, stopped: bool = False) -> int:
    return fork(lambda: take(make_run(path, ITEMS, offline=True)), told=path.parent / "told", stopped=stopped)


def _trace(process: int, words: Sequence[str]) -> bool:
    """Attaches strace to a stopped process, lets it go, and waits until strace is done; whether it could be traced."""
    tracer = subprocess.Popen(["strace", "-p", str(process), *words], stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    is_attached = "attached" in tracer.stderr.readline()
    os.kill(process, signal.SIGCONT)
    tracer.communicate()
    return is_attached


def _last_line(told: Path) -> str:
    return (told.read_text().strip().splitlines() or [""])[-1] if told.exists() else "without a word"
