"""Toolsets in real worker processes: a bad tool hurts only its own call."""

import os
import re
import signal
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from tools.calls import run
from ttpa.errors import ToolError
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.tools.python_toolset import PythonToolset
from ttpa.tools.results import RESULT_LIMIT

WriteTools = Callable[[str], str]

TOOLS = '''
    """Tools that behave well, and tools that do not."""
    import asyncio
    import os
    import sys
    import time
    from datetime import date
    from pathlib import Path

    TOTAL = 0

    def reset() -> None:
        global TOTAL
        TOTAL = 0

    def add(amount: int) -> int:
        """Add to the total."""
        global TOTAL
        TOTAL += amount
        return TOTAL

    def shout(text: str) -> dict[str, str]:
        """Say it loudly."""
        print("noise on standard output")
        print("noise on standard error", file=sys.stderr)
        return {"said": text.upper()}

    def fail(message: str) -> None:
        """Fail."""
        raise LookupError(message)

    def hang() -> None:
        """Never come back."""
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)

    def leave(code: int) -> None:
        """End the process."""
        os._exit(code)

    def quit_politely() -> None:
        """End the process by an exception."""
        sys.exit(3)

    def give(kind: str) -> object:
        """Give something odd."""
        loop: list[object] = []
        loop.append(loop)
        odd = {"set": {1}, "nan": float("nan"), "loop": loop, "none": None, "text": "plain", "surrogate": "a\\ud800"}
        return odd[kind]

    async def give_up() -> str:
        """Wait for a task that was cancelled."""
        task = asyncio.ensure_future(asyncio.sleep(10))
        task.cancel()
        await task
        return "done"

    async def fail_together() -> str:
        """Fail in a group of tasks."""
        async def look() -> None:
            raise LookupError("no such city")

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(look())
        return "done"

    class Mute(Exception):
        def __str__(self) -> str:
            raise ValueError("no text")

    def fail_without_a_text() -> None:
        """Fail, and fail to say why."""
        raise Mute

    async def wait_for(days: int) -> date:
        """Give a date, later."""
        await asyncio.sleep(0)
        return date(2026, 3, days)

    def fill(size: int) -> str:
        """Give a long text."""
        return "x" * size

    def close_pipes() -> None:
        """Close every file."""
        os.closerange(0, 256)

    def hoard(gigabytes: int) -> int:
        """Take a lot of memory."""
        return len(bytearray(gigabytes * 2**30))

    def crash() -> None:
        """Break the interpreter."""
        import ctypes
        ctypes.string_at(0)

    def leave_child(path: str) -> int:
        """Start a process that outlives its parent, and hang."""
        import subprocess
        child = subprocess.Popen(["sleep", "600"])
        Path(path).write_text(str(child.pid))
        time.sleep(600)

    def wander() -> str:
        """Change the working folder."""
        os.chdir("/")
        return os.getcwd()

    def where() -> str:
        """Tell the working folder."""
        return os.getcwd()

    def touch(path: str) -> str:
        """Leave a trace."""
        Path(path).touch()
        return "done"

    def pid() -> int:
        """Tell the process."""
        return os.getpid()

    def _hidden(a: int) -> int:
        """No tool."""
        return a
'''

ONE = "def one() -> int:\n    'One.'\n    return 1\n"

BAD_SCHEMA = """
from typing import Annotated
from pydantic import WithJsonSchema

def odd(a: Annotated[int, WithJsonSchema({'type': 'whole'})]) -> int:
    'Odd.'
    return a
"""


@pytest.fixture(scope="module")
def toolset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PythonToolset]:
    path = tmp_path_factory.mktemp("tools") / "odd_tools.py"
    path.write_text(textwrap.dedent(TOOLS), encoding="utf-8")
    with PythonToolset(str(path), timeout_seconds=1.5, memory_gb=2) as opened:
        yield opened


def test_public_functions_are_the_tools_in_the_order_of_their_lines(toolset: PythonToolset) -> None:
    names = [spec.name for spec in toolset.specs]
    assert names[:3] == ["add", "shout", "fail"]
    assert not {"reset", "_hidden", "Path"} & set(names)


def test_results_are_json_and_texts_stay_as_they_are(toolset: PythonToolset) -> None:
    assert run(toolset, "shout", text="zürich") == ToolResult(content='{"said": "ZÜRICH"}', ok=True)
    assert run(toolset, "give", kind="text") == ToolResult(content="plain", ok=True)
    assert run(toolset, "give", kind="none") == ToolResult(content="null", ok=True)


def test_state_lives_for_a_session_and_the_next_one_does_not_see_it(toolset: PythonToolset) -> None:
    with toolset.session() as session:
        totals = [session.run(ToolCall(name="add", arguments={"amount": 2})).content for _ in range(2)]
    assert totals == ["2", "4"]
    assert run(toolset, "add", amount=1).content == "1"


def test_two_open_sessions_do_not_see_each_other(toolset: PythonToolset) -> None:
    add = ToolCall(name="add", arguments={"amount": 5})
    with toolset.session() as one, toolset.session() as other:
        assert (one.run(add).content, other.run(add).content) == ("5", "5")


@pytest.mark.parametrize(
    ("name", "arguments", "content"),
    [
        ("fail", {"message": "no such city"}, "LookupError: no such city"),
        ("leave", {"code": 0}, "the tool was stopped: its process ended"),
        ("quit_politely", {}, "the tool was stopped: its process ended"),
        ("close_pipes", {}, "the tool was stopped: its process ended"),
        ("crash", {}, "the tool was stopped: its process ended"),
        ("hoard", {"gigabytes": 10}, "MemoryError"),
        ("give_up", {}, "CancelledError"),
        ("fail_together", {}, "LookupError: no such city"),
        ("fail_without_a_text", {}, "Mute"),
        ("give", {"kind": "set"}, "TypeError: Object of type set is not JSON serializable"),
        ("give", {"kind": "nan"}, "ValueError: Out of range float values are not JSON compliant"),
        ("give", {"kind": "loop"}, "ValueError: Circular reference detected"),
        ("nothing", {}, "no tool is named 'nothing'"),
    ],
)
def test_a_fault_is_a_result_that_is_not_ok_and_the_next_call_works(
    toolset: PythonToolset, name: str, arguments: dict[str, JsonValue], content: str
) -> None:
    with toolset.session() as session:
        bad = session.run(ToolCall(name=name, arguments=arguments))
        good = session.run(ToolCall(name="add", arguments={"amount": 3}))
    assert not bad.ok
    assert bad.content.startswith(content)
    assert good == ToolResult(content="3", ok=True)


def test_a_call_that_hangs_is_stopped_at_the_timeout(toolset: PythonToolset, write_tools: WriteTools) -> None:
    path = write_tools(TOOLS)
    with PythonToolset(path, timeout_seconds=0.5) as hasty, hasty.session() as session:
        process = int(session.run(ToolCall(name="pid", arguments={})).content)
        started = time.monotonic()
        stopped = session.run(ToolCall(name="hang", arguments={}))
        assert time.monotonic() - started < 5.0
        assert stopped == ToolResult(content="the tool was stopped: no answer within 0.5 s", ok=False)
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
        assert session.run(ToolCall(name="add", arguments={"amount": 1})).ok


def test_a_huge_result_is_cut_and_says_so(toolset: PythonToolset) -> None:
    whole = run(toolset, "fill", size=RESULT_LIMIT)
    assert (len(whole.content), whole.ok) == (RESULT_LIMIT, True)
    cut = run(toolset, "fill", size=30_000_000)
    assert cut.ok
    assert cut.content == "x" * RESULT_LIMIT + "... [cut: 30000000 characters]"


def test_a_long_argument_reaches_the_tool(toolset: PythonToolset) -> None:
    result = run(toolset, "shout", text="ab" * 500_000)
    assert result.content.startswith('{"said": "ABAB')


def test_a_result_that_no_file_can_hold_is_written_with_escapes(toolset: PythonToolset) -> None:
    assert run(toolset, "give", kind="surrogate") == ToolResult(content="a\\ud800", ok=True)
    assert run(toolset, "fail", message="\N{GRINNING FACE}").content == "LookupError: \N{GRINNING FACE}"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({}, '"path" is a required property'),
        ({"path": 3}, "path: 3 is not of type"),
        ({"path": "TRACE", "mode": "fast"}, "'mode' was unexpected"),
    ],
)
def test_arguments_that_break_the_schema_are_refused_before_the_call(
    toolset: PythonToolset, tmp_path: Path, arguments: dict[str, JsonValue], reason: str
) -> None:
    trace = tmp_path / "trace"
    result = run(
        toolset, "touch", **{key: str(trace) if value == "TRACE" else value for key, value in arguments.items()}
    )
    assert not result.ok
    assert result.content.startswith("invalid arguments: ")
    assert reason in result.content
    assert not trace.exists()


def test_only_the_named_tools_are_offered_and_executed(write_tools: WriteTools) -> None:
    with PythonToolset(write_tools(TOOLS), only=["shout", "add"]) as some:
        assert [spec.name for spec in some.specs] == ["shout", "add"]
        assert run(some, "pid").content == "no tool is named 'pid'"


REFUSED = [
    ("", "has no tools"),
    ("TOOLS = []", "has no tools"),
    ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    ("def broken(:", "SyntaxError"),
    ("raise SystemExit(1)", "its process ended"),
    ("import os\nos._exit(0)", "its process ended"),
    ("def bare(a: int) -> int:\n    return a\n", "no tool to offer: bare: it has no docstring"),
    ("TOOLS = ['two']\n", r"no tool to offer: TOOLS\[0\]: it is of the type 'str'"),
    (f"{ONE}first = one\n{ONE}TOOLS = [first, one]\n", "two tools are named 'one'"),
    (BAD_SCHEMA, r"no tool to offer: odd: .*no JSON Schema at properties\.a\.type"),
]


@pytest.mark.parametrize(("source", "reason"), REFUSED)
def test_tools_that_cannot_be_used_stop_at_once_with_a_reason(source: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "bad_tools.py"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(ToolError, match=reason) as caught:
        PythonToolset(str(path))
    assert "bad_tools.py" in str(caught.value)


def test_a_missing_file_module_or_tool_is_named(write_tools: WriteTools, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"no file '.*none\.py'"):
        PythonToolset(str(tmp_path / "none.py"))
    with pytest.raises(ToolError, match="No module named 'no_such_package'"):
        PythonToolset("no_such_package.tools")
    with pytest.raises(ToolError, match="has no tool 'sub'; it has add"):
        PythonToolset(write_tools(TOOLS), only=["add", "sub"])


def test_an_async_tool_is_waited_for_and_a_date_is_told_as_text(toolset: PythonToolset) -> None:
    assert run(toolset, "wait_for", days=4) == ToolResult(content='"2026-03-04"', ok=True)


ASYNC = """
    import asyncio

    QUEUE = asyncio.Queue()
    ROWS = []
    TASKS = []

    async def write_rows() -> None:
        while True:
            ROWS.append(await QUEUE.get())
            QUEUE.task_done()

    async def reset() -> None:
        await asyncio.sleep(0)
        ROWS.clear()

    async def state() -> list[int]:
        await asyncio.sleep(0)
        return ROWS

    async def add(number: int) -> int:
        "Add a row."
        await asyncio.sleep(0)
        ROWS.append(number)
        return len(ROWS)

    async def open_queue() -> None:
        "Open a queue for rows, and somebody who writes them."
        TASKS.append(asyncio.create_task(write_rows()))

    async def put(number: int) -> int:
        "Put a row into the queue."
        await QUEUE.put(number)
        await QUEUE.join()
        return len(ROWS)

    TOOLS = [add, open_queue, put]
"""


def test_an_async_reset_and_an_async_state_are_waited_for(write_tools: WriteTools) -> None:
    with PythonToolset(write_tools(ASYNC)) as tools:
        assert [run(tools, "add", number=7).content for _ in range(2)] == ["1", "1"]
        with tools.session() as session:
            session.run(ToolCall(name="add", arguments={"number": 7}))
            assert session.state() == "[7]"


def test_what_an_async_tool_keeps_lives_until_the_session_ends(write_tools: WriteTools) -> None:
    put = ToolCall(name="put", arguments={"number": 7})
    with PythonToolset(write_tools(ASYNC), timeout_seconds=2.0) as tools:
        with tools.session() as session:
            assert session.run(ToolCall(name="open_queue", arguments={})).ok
            assert [session.run(put).content for _ in range(2)] == ["1", "2"]
        with tools.session() as session:
            assert not session.run(put).ok  # nobody who writes is there any more


def test_a_reset_that_fails_is_told_with_its_error(write_tools: WriteTools) -> None:
    path = write_tools(f"{ONE}def reset() -> None:\n    raise LookupError('no such table')\n")
    with (
        PythonToolset(path) as toolset,
        pytest.raises(ToolError, match=r"reset\(\) of .* failed: LookupError: no such table"),
        toolset.session(),
    ):
        pass


def test_a_worker_that_its_reset_cannot_repair_is_replaced(write_tools: WriteTools) -> None:
    source = """
        import sqlite3

        DATABASE = sqlite3.connect(":memory:")

        def reset() -> None:
            DATABASE.execute("SELECT 1")

        def hang_up() -> None:
            "Hang up."
            DATABASE.close()
    """
    with PythonToolset(write_tools(source)) as tools:
        assert run(tools, "hang_up").ok
        assert run(tools, "hang_up").ok


def test_without_a_reset_no_session_sees_what_another_left_in_variables(write_tools: WriteTools) -> None:
    source = """
        import threading

        LOCK, TABLE, WISHES, CLIENT = threading.Lock(), list(range(10**6)), ["tea"], None

        class Shelf:
            books = 3

        def wish(name: str) -> list[str]:
            "Add a wish."
            WISHES.append(name)
            return WISHES

        def take() -> int:
            "Take a book."
            Shelf.books -= 1
            return Shelf.books

        def process() -> int:
            "Tell the process, through a client that is made at the first call."
            import os, socket
            global CLIENT
            CLIENT = CLIENT or socket.socket()
            return os.getpid()
    """
    with PythonToolset(write_tools(source)) as tools:
        assert [run(tools, "wish", name=name).content for name in "ab"] == ['["tea", "a"]', '["tea", "b"]']
        assert [run(tools, "take").content for _ in range(2)] == ["2", "2"]
        assert len({run(tools, "process").content for _ in range(3)}) == 1, "nothing changed that is a state"


def test_state_is_also_seen_beside_functions_and_locks_and_in_a_module_that_is_the_users_own(
    write_tools: WriteTools, tmp_path: Path
) -> None:
    (tmp_path / "basket.py").write_text("ITEMS = []\n")
    (tmp_path / "shelf.py").write_text("ITEMS = ['tea']\n")
    source = """
        import os
        import threading
        from collections import defaultdict

        import basket

        COUNTS = defaultdict(lambda: 0)

        class Till:
            def __init__(self) -> None:
                self.lock, self.total = threading.Lock(), 0

        TILL, READERS = Till(), {"json": lambda text: text}

        def put(item: str) -> list[str]:
            "Put an item into the basket."
            basket.ITEMS.append(item)
            return basket.ITEMS

        def count() -> int:
            "Count the calls."
            COUNTS["calls"] += 1
            return COUNTS["calls"]

        def pay() -> int:
            "Pay one."
            with TILL.lock:
                TILL.total += 1
            return TILL.total

        def knock() -> int:
            "Knock once more."
            knock.times = getattr(knock, "times", 0) + 1
            return knock.times

        def note(text: str) -> list[str]:
            "Note a text."
            global NOTES
            NOTES = [*globals().get("NOTES", []), text]
            return NOTES

        def take() -> int:
            "Take all from the shelf."
            import shelf
            taken = [shelf.ITEMS.pop() for _ in list(shelf.ITEMS)]
            return len(taken)

        def process() -> int:
            "Tell the process."
            return os.getpid()
    """
    arguments: dict[str, dict[str, JsonValue]] = {"put": {"item": "pen"}, "note": {"text": "pen"}}
    with PythonToolset(write_tools(source)) as tools:
        for name in ("put", "count", "pay", "knock", "note", "take"):
            first, second = (run(tools, name, **arguments.get(name, {})) for _ in range(2))
            assert (first, name) == (second, name)
        assert len({run(tools, "process").content for _ in range(3)}) == 1, "nothing changed"


@pytest.mark.parametrize("body", ["import os; os._exit(3)", "import time; time.sleep(600)"])
def test_a_reset_that_does_not_return_stops_the_session_by_name(write_tools: WriteTools, body: str) -> None:
    path = write_tools(f"{ONE}def reset() -> None:\n    {body}\n")
    with (
        PythonToolset(path, timeout_seconds=0.5) as stuck,
        pytest.raises(ToolError, match=r"reset\(\) of .*own_tools"),
        stuck.session(),
    ):
        raise AssertionError("the session must not open")


def test_a_worker_that_died_between_sessions_is_replaced(write_tools: WriteTools) -> None:
    with PythonToolset(write_tools(TOOLS)) as tools:
        process = int(run(tools, "pid").content)
        os.kill(process, signal.SIGKILL)
        assert run(tools, "add", amount=1) == ToolResult(content="1", ok=True)


def test_closing_ends_the_processes(write_tools: WriteTools) -> None:
    with PythonToolset(write_tools(TOOLS)) as tools:
        process = int(run(tools, "pid").content)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_tool_gets_the_types_that_its_hints_promise(write_tools: WriteTools) -> None:
    source = """
        from datetime import date

        def weekday(day: date) -> str:
            "Names the day of the week."
            return day.strftime("%A")
    """
    with PythonToolset(write_tools(source)) as toolset, toolset.session() as session:
        result = session.run(ToolCall(name="weekday", arguments={"day": "2026-03-02"}))
    assert (result.content, result.ok) == ("Monday", True)


CLASSES = """
    class Lamp:
        def __init__(self) -> None:
            self._is_on = False

        def switch(self) -> bool:
            '''Switch the lamp.'''
            self._is_on = not self._is_on
            return self._is_on

        def name(self) -> str:
            '''Tell the lamp's name.'''
            return "lamp"

    class Radio:
        def name(self) -> str:
            '''Tell the radio's name.'''
            return "radio"

    def sing(tune: str) -> str:
        '''Sing.'''
        return tune

    TOOLS = [Lamp, Radio, sing]
"""


def test_classes_stand_for_the_methods_of_an_instance_that_is_new_in_every_session(write_tools: WriteTools) -> None:
    with PythonToolset(write_tools(CLASSES)) as toolset:
        assert [spec.name for spec in toolset.specs] == ["Lamp_name", "switch", "Radio_name", "sing"]
        for _ in range(2):
            with toolset.session() as session:
                said = [
                    session.run(ToolCall(name=name, arguments={})).content
                    for name in ("switch", "switch", "switch", "Radio_name", "Lamp_name")
                ]
            assert said == ["true", "false", "true", "radio", "lamp"]


def test_a_session_tells_the_state_of_its_tools_where_the_module_has_one(write_tools: WriteTools) -> None:
    source = '''
        ROWS: list[int] = []

        def reset() -> None:
            ROWS.clear()

        def state() -> list[int]:
            return ROWS

        def add(number: int) -> None:
            """Add a row."""
            ROWS.append(number)
    '''
    with PythonToolset(write_tools(source)) as toolset, toolset.session() as session:
        assert [spec.name for spec in toolset.specs] == ["add"]
        session.run(ToolCall(name="add", arguments={"number": 3}))
        assert session.state() == "[3]"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return {'rows': MISSING}", "failed: NameError: name 'MISSING' is not defined"),
        ("return object()", "failed: TypeError: an object of type object prints an address"),
        ("import os; os._exit(3)", "did not return: its process ended"),
        ("import time; time.sleep(600)", "did not return: no answer within 0.5 s"),
    ],
)
def test_a_state_that_cannot_be_told_is_an_error_and_not_the_same_as_another(
    write_tools: WriteTools, body: str, reason: str
) -> None:
    path = write_tools(f"{ONE}def state() -> object:\n    {body}\n")
    with PythonToolset(path, timeout_seconds=0.5) as tools:
        with tools.session() as session, pytest.raises(ToolError, match=rf"state\(\) of '.*' {re.escape(reason)}"):
            session.state()
        assert run(tools, "one").ok


def test_an_error_of_a_state_shows_no_key(write_tools: WriteTools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_API_KEY", "sk-verysecretvalue-123")
    path = write_tools(f"{ONE}def state() -> object:\n    import os; raise OSError(os.environ['SHOP_API_KEY'])\n")
    with PythonToolset(path, environment=("SHOP_API_KEY",)) as tools, tools.session() as session:
        with pytest.raises(ToolError, match="OSError: ") as told:
            session.state()
        assert "verysecret" not in str(told.value)


def test_what_tools_are_given_of_the_environment_is_hidden_in_results_and_errors(
    write_tools: WriteTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_DSN", "postgres://shop:pa55-w0rd@db/goods")
    monkeypatch.setenv("SHOP_CITY", "Oslo")
    source = """
        import os

        def look(variable: str) -> str:
            'Looks a variable up.'
            return os.environ[variable]

        def ask() -> None:
            'Asks a database.'
            raise PermissionError("pa55-w0rd is wrong for " + os.environ["SHOP_DSN"])
    """
    home = os.environ["HOME"]
    with PythonToolset(write_tools(source), environment=("SHOP_DSN", "SHOP_CITY")) as toolset:
        assert [run(toolset, "look", variable=name).content for name in ("SHOP_CITY", "HOME")] == ["Oslo", home]
        assert run(toolset, "look", variable="SHOP_DSN").content == "[a key]"
        assert run(toolset, "ask").content == "PermissionError: [a key] is wrong for [a key]"
    path = write_tools("import os\nraise OSError(os.environ['SHOP_DSN'])\n")
    with pytest.raises(ToolError, match=r"cannot be loaded: OSError: \[a key\]"):
        PythonToolset(path, environment=("SHOP_DSN",))


def test_a_session_tells_no_state_where_the_module_has_none(write_tools: WriteTools) -> None:
    source = '''
        def add(number: int) -> int:
            """Add one."""
            return number + 1
    '''
    with PythonToolset(write_tools(source)) as toolset, toolset.session() as session:
        assert session.state() is None


def test_a_process_that_a_tool_started_ends_with_its_worker(toolset: PythonToolset, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    assert not run(toolset, "leave_child", path=str(note)).ok
    child = int(note.read_text())
    for _ in range(100):
        status = Path(f"/proc/{child}/stat")
        if not status.exists() or status.read_text().split()[2] == "Z":
            return
        time.sleep(0.02)
    raise AssertionError(f"process {child} is still there")


def test_a_folder_that_a_tool_went_to_is_left_for_the_next_session(toolset: PythonToolset) -> None:
    before = run(toolset, "where").content
    assert run(toolset, "wander").content == "/"
    assert run(toolset, "where").content == before
