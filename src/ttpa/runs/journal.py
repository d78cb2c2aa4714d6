"""The journal of paid calls: a reply is kept before it is used, so a resumed run never pays for it twice."""

import hashlib
import json
import sqlite3
import threading
from pathlib import Path
from typing import Literal

from ttpa.records.costs import Cost

_Table = Literal["replies", "results"]


class Journal:
    """Texts by the hash of what was asked, in one SQLite file; safe to use from several threads.

    Replies of models and results of remote tools are kept apart: `results` is the same journal for the latter.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        lock = threading.Lock()
        self._replies = Shelf(self._connection, lock, "replies")
        self.results = Shelf(self._connection, lock, "results")

    def find(self, question: str) -> str | None:
        """The model's reply that was kept for `question`; none where there is none."""
        return self._replies.find(question)

    def keep(self, question: str, reply: str) -> None:
        """Commits a model's reply to disk."""
        self._replies.keep(question, reply)

    def spent(self) -> Cost:
        """What all replies that were kept have cost."""
        total = Cost()
        for reply in self._replies.every():
            _, prompt_tokens, completion_tokens = json.loads(reply)
            total += Cost(requests=1, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)
        return total

    def close(self) -> None:
        self._connection.close()


class Shelf:
    """One table of the journal."""

    def __init__(self, connection: sqlite3.Connection, lock: threading.Lock, table: _Table) -> None:
        self._connection = connection
        self._lock = lock
        # The names are the two above; no text from outside reaches these statements.
        self._find = f"SELECT reply FROM {table} WHERE key = ?"  # noqa: S608
        self._keep = f"INSERT OR REPLACE INTO {table} VALUES (?, ?)"  # noqa: S608
        self._every = f"SELECT reply FROM {table}"  # noqa: S608
        with lock:
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table} (key TEXT PRIMARY KEY, reply TEXT NOT NULL)")

    def find(self, question: str) -> str | None:
        """The text that was kept for `question`; none where there is none."""
        with self._lock:
            row = self._connection.execute(self._find, (_key(question),)).fetchone()
        return None if row is None else str(row[0])

    def keep(self, question: str, reply: str) -> None:
        """Commits a reply to disk."""
        with self._lock:
            self._connection.execute(self._keep, (_key(question), reply))

    def every(self) -> list[str]:
        """All texts."""
        with self._lock:
            return [str(text) for (text,) in self._connection.execute(self._every).fetchall()]


def _key(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest()
