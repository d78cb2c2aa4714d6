"""The journal of paid calls: a reply is kept before it is used, so a resumed run never pays for it twice."""

import hashlib
import json
import sqlite3
import threading
from pathlib import Path

from ttpa.records.costs import Cost


class Journal:
    """Replies by the hash of what was asked, in one SQLite file; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT NOT NULL)")

    def find(self, question: str) -> str | None:
        """The reply that was kept for `question`; none where there is none."""
        with self._lock:
            row = self._connection.execute("SELECT reply FROM replies WHERE key = ?", (_key(question),)).fetchone()
        return None if row is None else str(row[0])

    def keep(self, question: str, reply: str) -> None:
        """Commits a reply to disk."""
        with self._lock:
            self._connection.execute("INSERT OR REPLACE INTO replies VALUES (?, ?)", (_key(question), reply))

    def spent(self) -> Cost:
        """What all replies that were kept have cost."""
        with self._lock:
            rows = self._connection.execute("SELECT reply FROM replies").fetchall()
        total = Cost()
        for (reply,) in rows:
            _, prompt_tokens, completion_tokens = json.loads(reply)
            total += Cost(requests=1, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)
        return total

    def close(self) -> None:
        self._connection.close()


def _key(question: str) -> str:
    return hashlib.sha256(question.encode()).hexdigest()
