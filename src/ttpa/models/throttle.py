"""How many requests an endpoint gets at once: fewer when it refuses, more when it does not, none when it is down."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

from ttpa.errors import ModelError

_PATIENCE = 10
"""Failures in a row that a few callers see through."""
_PATIENCE_WITH_NOBODY = 3
"""The same where every connection from the first on was refused: nobody listens there, or not yet."""


class Throttle:
    """Room for requests in flight, from one to `most`: halved by a refusal, one more after a round of successes.

    Additive increase, multiplicative decrease, as TCP has it (Jacobson 1988).
    """

    def __init__(self, most: int, endpoint: str = "the endpoint") -> None:
        """`endpoint` is what it is called where it is given up."""
        self._most = most
        self._endpoint = endpoint
        self._limit = float(most)
        self._in_flight = 0
        self._failures = 0
        self._last_cause = ""
        self._is_there = False
        self._changed = threading.Condition()

    @property
    def limit(self) -> int:
        """Requests that may be in flight now."""
        return max(1, int(self._limit))

    @contextmanager
    def slot(self) -> Generator[bool]:
        """Waits for room and holds it; whether this is the last request before the endpoint is given up.

        Raises `ModelError` where the endpoint has failed every time for long. Where it is down it gets twice `most`
        requests in all, or ten: none begins that might be one more. Where nobody listens three are enough.
        """
        with self._changed:
            while self._in_flight >= self.limit or (
                self._failures + self._in_flight >= self._patience and self._in_flight
            ):
                self._changed.wait()
            if self._failures >= self._patience:
                raise ModelError(
                    f"{self._endpoint} failed {self._failures} times in a row, last: {self._last_cause}; "
                    "check OPENAI_BASE_URL, or run the same command later"
                )
            is_last = self._failures + self._in_flight == self._patience - 1
            self._in_flight += 1
        try:
            yield is_last
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def succeeded(self) -> None:
        """A request was answered."""
        with self._changed:
            self._failures = 0
            self._is_there = True
            self._limit = min(float(self._most), self._limit + 1 / self._limit)
            self._changed.notify_all()

    def refused(self) -> None:
        """The endpoint has too much to do."""
        with self._changed:
            self._is_there = True
            self._limit = max(1.0, self._limit / 2)

    def failed(self, cause: str, *, nobody_listens: bool = False) -> None:
        """A request had no answer; `nobody_listens` where not even the connection was taken."""
        with self._changed:
            self._failures += 1
            self._last_cause = cause
            self._is_there = self._is_there or not nobody_listens

    @property
    def _patience(self) -> int:
        if self._failures and not self._is_there:
            return _PATIENCE_WITH_NOBODY
        return max(_PATIENCE, 2 * self._most)
