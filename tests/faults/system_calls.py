"""Promise 1: KILL, ENOSPC and EIO at every system call that writes, by `strace`; then the same command goes on."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from faults.played_run import make_run, records, surroundings
from faults.table import Row

Blow = Literal["KILL", "ENOSPC", "EIO"]
BLOWS: tuple[Blow, ...] = ("KILL", "ENOSPC", "EIO")
CALLS = (
    "write,writev,pwrite64,pwritev,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat"
)
ITEMS = 6


def is_possible() -> bool:
    """Whether `strace` is here and may trace."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-o", os.devnull, "true"], check=False, capture_output=True).returncode == 0


def try_system_calls(share: float = 1.0) -> Row:
    """Strikes at every call, or an even share of them; a point is lost where the run does not come to its records."""
    row = Row("1 KILL, ENOSPC and EIO at system calls that write")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        calls = _count(root / "whole" / "run")
        expected = records(make_run(root / "whole" / "run", ITEMS, offline=True))
        points = [(call, number) for call, most in calls.items() for number in range(1, most + 1)]
        step = max(1, round(1 / share))
        chosen = [(*point, blow) for index, blow in enumerate(BLOWS) for point in points[index % step :: step]]

        def strike(point: tuple[str, int, Blow]) -> tuple[str | None, dict[str, str]]:
            call, number, blow = point
            return _strike(root / f"{call}-{number}-{blow}" / "run", call, number, blow)

        with ThreadPoolExecutor(2) as pool:
            ended = pool.map(strike, chosen)
            for (call, number, blow), (problem, found) in zip(chosen, ended, strict=True):
                row.tried += 1
                row.crashed += problem is not None
                row.lost += found != expected
                if problem is not None or found != expected:
                    row.remarks.append(f"{blow} at {call} {number}: {problem or 'other records'}")
    row.remarks.append(f"{len(points)} calls in a run of {ITEMS} items")
    return row


def _count(path: Path) -> dict[str, int]:
    """How often a whole run makes each call, in the thread that runs it."""
    log = path.parent / "strace.log"
    path.parent.mkdir(parents=True)
    ended = _run(path, ["-o", str(log), "-e", f"trace={CALLS}"])
    assert ended.returncode == 0, ended.stderr
    counts: dict[str, int] = {}
    for line in log.read_text(errors="replace").splitlines():
        name = line.partition("(")[0]
        if name.isidentifier():
            counts[name] = counts.get(name, 0) + 1
    return counts


def _strike(path: Path, call: str, number: int, blow: Blow) -> tuple[str | None, dict[str, str]]:
    """A run that is struck once and then taken again: what went wrong beyond that, and its records."""
    path.parent.mkdir(parents=True)
    what = "signal=KILL" if blow == "KILL" else f"error={blow}"
    struck = _run(path, ["-o", os.devnull, "-e", f"inject={call}:{what}:when={number}"])
    again = _run(path, None)
    problem = None
    if again.returncode != 0:
        problem = f"the run did not go on: {again.stderr.strip().splitlines()[-1:]}"
    elif blow != "KILL" and "Traceback" in struck.stderr and struck.returncode != 0:
        problem = f"a traceback: {struck.stderr.strip().splitlines()[-1]}"
    found = records(make_run(path, ITEMS, offline=True))
    shutil.rmtree(path.parent)
    return problem, found


def _run(path: Path, traced: Sequence[str] | None) -> subprocess.CompletedProcess[str]:
    """The played run as a command, under `strace` where it is traced."""
    program = [sys.executable, "-m", "faults.played_run", str(path), str(ITEMS), "--offline"]
    words = program if traced is None else ["strace", *traced, *program]
    return subprocess.run(words, check=False, capture_output=True, text=True, env=surroundings())
