"""The journal: what was paid for is there after any end of the process."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ttpa.errors import RunError
from ttpa.records.costs import Cost
from ttpa.runs.journal import Journal


def test_a_reply_is_found_by_its_question(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "below" / "journal.sqlite")
    journal.keep("how?", "so \u2028 \N{GRINNING FACE}")
    journal.keep("empty?", "")
    assert journal.find("how?") == "so \u2028 \N{GRINNING FACE}"
    assert journal.find("empty?") == ""
    assert journal.find("why?") is None
    journal.close()


def test_the_first_reply_stays_because_it_was_used(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.keep("how?", "so")
    journal.keep("how?", "thus")
    assert journal.find("how?") == "so"
    journal.close()


def test_what_was_spent_is_the_sum_of_the_replies(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    assert journal.spent() == Cost()
    journal.keep("how?", '["so", 3, 4]')
    journal.keep("why?", '["\\"], 9, 9]", 30, 40]')
    journal.results.keep("what?", "no reply")
    assert journal.spent() == Cost(requests=2, prompt_tokens=33, completion_tokens=44)
    journal.close()


def test_a_damaged_journal_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"no database, whatever its name says" * 100)
    with pytest.raises(RunError, match=r"journal\.sqlite' is damaged"):
        Journal(path)


def test_what_was_kept_survives_a_killed_process(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    source = (
        "import os, signal, sys; from pathlib import Path; from ttpa.runs.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for number in range(20): journal.keep(f'q{number}', f'r{number}')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", source, str(path)], check=False, env=dict(os.environ))
    assert ended.returncode == -signal.SIGKILL
    journal = Journal(path)
    assert [journal.find(f"q{number}") for number in range(20)] == [f"r{number}" for number in range(20)]
    journal.close()


def test_several_threads_write_and_read(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")

    def work(number: int) -> str | None:
        journal.keep(f"q{number}", f"r{number}")
        return journal.find(f"q{number}")

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(60))) == [f"r{number}" for number in range(60)]
    journal.close()
