"""Promise 6: every hostile tool beside twenty honest calls; then nothing may be left of it."""

import os
import tempfile
import time
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from faults.table import Row
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.tools.python_toolset import PythonToolset

FOLDER = Path(__file__).with_name("hostile_tools")
HONEST = 20
CANARY = "canary-of-the-tools-0123456789"


def kinds() -> list[tuple[Path, str]]:
    """Every hostile tool: its file and its name."""
    lines = ((file, line) for file in sorted(FOLDER.glob("*.py")) for line in file.read_text().splitlines())
    return [
        (file, line.removeprefix("def ").partition("(")[0])
        for file, line in lines
        if line.startswith(("def works", "def fails"))
    ]


def try_tools(chosen: Sequence[tuple[Path, str]], seconds: float = 2.0) -> Row:
    """Calls each of the chosen tools; a call is lost where its result is not one that says what happened."""
    row = Row("6 a bad tool hurts only its own call")
    with _own_temporary_folder() as folder:
        for file in dict.fromkeys(file for file, _ in chosen):
            with PythonToolset(str(file), timeout_seconds=seconds, memory_gb=2.0) as toolset:
                for name in (name for of, name in chosen if of == file):
                    _try(toolset, name, row)
        if left := [*_processes_left(), *(str(path) for path in folder.iterdir())]:
            row.survivors += len(left)
            row.remarks.append(f"left behind: {', '.join(left[:3])}")
    row.remarks.append(f"{row.tried} kinds, {HONEST * row.tried} honest calls beside them")
    return row


def _try(toolset: PythonToolset, name: str, row: Row) -> None:
    row.tried += 1
    with ThreadPoolExecutor(1) as pool, toolset.session() as session:
        honest = pool.submit(_count_honest, toolset)
        result = session.run(ToolCall(name=name, arguments={}))
        after = session.run(ToolCall(name="add", arguments={"a": 2, "b": 3}))
        if (problem := _problem(name, result)) is not None:
            row.crashed += 1
            row.remarks.append(f"{name}: {problem}")
        right = honest.result() + (after == ToolResult(content="5", ok=True))
        if right != HONEST + 1:
            row.lost += HONEST + 1 - right
            row.remarks.append(f"{name}: {HONEST + 1 - right} honest calls hurt; the one after gave {after.content!r}")


def _count_honest(toolset: PythonToolset) -> int:
    with toolset.session() as session:
        calls = [ToolCall(name="add", arguments={"a": number, "b": 1}) for number in range(HONEST)]
        return sum(session.run(call).content == str(number + 1) for number, call in enumerate(calls))


def _problem(name: str, result: ToolResult) -> str | None:
    if result.ok != name.startswith("works"):
        return f"ok is {result.ok}: {result.content[:100]!r}"
    if not result.content or len(result.content) > 25_000:
        return f"a result of {len(result.content)} characters"
    return "it saw a key" if CANARY in result.content else None


@contextmanager
def _own_temporary_folder() -> Generator[Path]:
    """Workers make their folders here; a key stands in the environment meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        before = {name: os.environ.get(name) for name in ("TMPDIR", "HOSTILE_API_KEY")}
        os.environ |= {"TMPDIR": folder, "HOSTILE_API_KEY": CANARY}
        try:
            yield Path(folder)
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def _processes_left() -> list[str]:
    """Processes of hostile tools that still run a moment after all is closed."""
    deadline = time.monotonic() + 2.0
    while (left := _running()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def _running() -> list[str]:
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().replace(b"\x00", b" ").decode(errors="replace")
        except OSError:
            continue
        if "sleep 4242" in words or ("ttpa.tools.worker" in words and str(FOLDER) in words):
            found.append(f"process {entry.name} ({words.strip()[-60:]})")
    return found
