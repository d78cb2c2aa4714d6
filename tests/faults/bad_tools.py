"""Promise 6: every hostile tool beside twenty honest calls; then nothing may be left of it."""

import os
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from faults.survivors import watched
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
    with watched(row), _a_key_in_the_environment():
        for file in dict.fromkeys(file for file, _ in chosen):
            with PythonToolset(str(file), timeout_seconds=seconds, memory_gb=2.0) as toolset:
                for name in (name for of, name in chosen if of == file):
                    _try(toolset, name, row)
    row.counted["honest calls beside them"] += HONEST * row.tried
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
def _a_key_in_the_environment() -> Generator[None]:
    os.environ["HOSTILE_API_KEY"] = CANARY
    try:
        yield
    finally:
        del os.environ["HOSTILE_API_KEY"]
