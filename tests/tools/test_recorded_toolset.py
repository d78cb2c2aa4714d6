"""Remote calls that were made before are answered from the journal, and never where that would tell something old."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ttpa.records.tools import ToolCall
from ttpa.runs.journal import Journal
from ttpa.tools.python_toolset import PythonToolset
from ttpa.tools.recorded_toolset import RecordedToolset

WriteTools = Callable[[str], str]
TOOLS = """
    from ttpa.tools.effects import effect

    ASKED = 0

    def reset() -> None:
        "As of a service, whose count goes on from session to session."

    def ask(text: str) -> str:
        '''Asks.'''
        global ASKED
        ASKED += 1
        if text == "bad":
            raise LookupError("bad")
        return f"{text} {ASKED}"
"""


def say(text: str) -> ToolCall:
    return ToolCall(name="ask", arguments={"text": text})


def test_an_identical_call_is_made_once_for_each_purpose(tmp_path: Path, write_tools: WriteTools) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    with PythonToolset(write_tools(TOOLS)) as toolset:
        gold = RecordedToolset(toolset, journal.results, origin="here", purpose="gold")
        for text, told in (("a", "a 1"), ("b", "b 2"), ("a", "a 1")):
            with gold.session() as session:
                assert session.run(say(text)).content == told
        assert (gold.asked, gold.answered) == (2, 1)
        again = RecordedToolset(toolset, journal.results, origin="here", purpose="again")
        with again.session() as session:
            assert session.run(say("a")).content == "a 3"  # really made
        later = RecordedToolset(toolset, journal.results, origin="here", purpose="gold")
        with later.session() as session:
            assert session.run(say("b")).content == "b 2"
        elsewhere = RecordedToolset(toolset, journal.results, origin="there", purpose="gold")
        with elsewhere.session() as session:
            assert session.run(say("b")).content == "b 4"
    journal.close()
    assert Journal(tmp_path / "journal.sqlite").spent().requests == 0


@pytest.mark.parametrize(("text", "content"), [("a", "a 1"), ("bad", "LookupError: bad")])
def test_of_identical_calls_at_one_time_one_is_made(
    tmp_path: Path, write_tools: WriteTools, text: str, content: str
) -> None:
    slow = TOOLS.replace("        ASKED += 1", "        import time; time.sleep(0.2)\n        ASKED += 1")
    with PythonToolset(write_tools(slow)) as toolset, ThreadPoolExecutor(4) as pool:
        recorded = RecordedToolset(toolset, Journal(tmp_path / "j.sqlite").results, origin="here", purpose="gold")

        def ask(_: int) -> str:
            with recorded.session() as session:
                return session.run(say(text)).content

        assert set(pool.map(ask, range(4))) == {content}
        assert (recorded.asked, recorded.answered) == (1, 3)


def test_failures_and_tools_that_may_differ_are_asked_again(tmp_path: Path, write_tools: WriteTools) -> None:
    store = Journal(tmp_path / "journal.sqlite").results
    with PythonToolset(write_tools(TOOLS)) as toolset:
        recorded = RecordedToolset(toolset, store, origin="here", purpose="gold")
        free = RecordedToolset(toolset, store, origin="here", purpose="gold", never=["ask"])
        with recorded.session() as session:
            assert [session.run(say("bad")).ok for _ in range(2)] == [False, False]
        assert recorded.asked == 2
        with free.session() as session:
            assert [session.run(say("x")).content for _ in range(2)] == ["x 3", "x 4"]


def test_tools_that_write_are_refused(tmp_path: Path, write_tools: WriteTools) -> None:
    path = write_tools(TOOLS.replace("    def ask", "    @effect('write')\n    def ask"))
    with PythonToolset(path, allow_write=True) as toolset, pytest.raises(ValueError, match="never answered"):
        RecordedToolset(toolset, Journal(tmp_path / "journal.sqlite").results, origin="here", purpose="gold")
