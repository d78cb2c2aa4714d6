"""The journal of paid calls: a reply is kept before it is used, so a resumed run never pays for it twice."""

import hashlib
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from ttpa.errors import RunError
from ttpa.records.costs import Cost

_Table = Literal["replies", "results"]


class Journal:
    """Texts by the hash of what was asked, in one SQLite file; safe to use from several threads.

    Replies of models and results of remote tools are kept apart: `results` is the same journal for the latter.
    """

    def __init__(self, path: Path) -> None:
        """Opens the journal, or begins one. Raises `RunError` where the file is none, or cannot be written."""
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = threading.Lock()
        with _told(path):
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
        self._replies = Shelf(self._connection, lock, path, "replies")
        self.results = Shelf(self._connection, lock, path, "results")

    def find(self, question: str) -> str | None:
        """The model's reply that was kept for `question`; none where there is none."""
        return self._replies.find(question)

    def keep(self, question: str, reply: str) -> None:
        """Commits a model's reply to disk."""
        self._replies.keep(question, reply)

    def spent(self) -> Cost:
        """What all replies that were kept have cost."""
        requests, prompt_tokens, completion_tokens = self._replies.totals()
        return Cost(requests=requests, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)

    def close(self) -> None:
        self._connection.close()


class Shelf:
    """One table of the journal."""

    def __init__(self, connection: sqlite3.Connection, lock: threading.Lock, path: Path, table: _Table) -> None:
        self._connection = connection
        self._lock = lock
        self._path = path
        # The names are the two above; no text from outside reaches these statements.
        self._find = f"SELECT reply FROM {table} WHERE key = ?"  # noqa: S608
        self._keep = f"INSERT OR IGNORE INTO {table} VALUES (?, ?)"  # noqa: S608
        # A reply is a list: its text, and the tokens of prompt and completion.
        told = "count(*), total(json_extract(reply, '$[1]')), total(json_extract(reply, '$[2]'))"
        self._totals = f"SELECT {told} FROM {table}"  # noqa: S608
        with lock, _told(path):
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table} (key TEXT PRIMARY KEY, reply TEXT NOT NULL)")

    def find(self, question: str) -> str | None:
        """The text that was kept for `question`; none where there is none."""
        with self._lock, _told(self._path):
            row = self._connection.execute(self._find, (_key(question),)).fetchone()
        return None if row is None else str(row[0])

    def keep(self, question: str, reply: str) -> None:
        """Commits a reply to disk; the first one stays."""
        with self._lock, _told(self._path):
            self._connection.execute(self._keep, (_key(question), reply))

    def totals(self) -> tuple[int, int, int]:
        """How many replies there are, and the tokens of their prompts and of their completions."""
        with self._lock, _told(self._path):
            requests, prompt, completion = self._connection.execute(self._totals).fetchone()
        return int(requests), int(prompt), int(completion)


@contextmanager
def _told(path: Path) -> Generator[None]:
    """Says in words for people what is wrong with the journal's file."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise RunError(f"{str(path)!r} cannot be used ({error}); nothing is lost: the same command goes on") from error
    except sqlite3.DatabaseError as error:
        raise RunError(
            f"{str(path)!r} is damaged ({error}); without it the run goes on, but asks again what was paid for"
        ) from error


def _key(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest()
