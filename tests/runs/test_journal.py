"""The journal: what was paid for is there after any end of the process."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ttpa.runs.journal import Journal


def test_a_reply_is_found_by_its_question(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "below" / "journal.sqlite")
    journal.keep("how?", "so \u2028 \N{GRINNING FACE}")
    journal.keep("empty?", "")
    assert journal.find("how?") == "so \u2028 \N{GRINNING FACE}"
    assert journal.find("empty?") == ""
    assert journal.find("why?") is None
    journal.close()


def test_a_second_reply_takes_the_place_of_the_first(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite")
    journal.keep("how?", "so")
    journal.keep("how?", "thus")
    assert journal.find("how?") == "thus"
    journal.close()


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
