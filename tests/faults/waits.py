"""Retries that follow sooner: which replies are bad, and what becomes of the items, does not depend on the waits."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace

import tenacity.nap

_SHARE = 0.01


@contextmanager
def short_waits() -> Generator[None]:
    """Every wait of a retry takes a hundredth of its time."""

    def sleep(seconds: float) -> None:
        time.sleep(seconds * _SHARE)

    before = tenacity.nap.time
    setattr(tenacity.nap, "time", SimpleNamespace(sleep=sleep))  # noqa: B010 - the one place where tenacity sleeps
    try:
        yield
    finally:
        setattr(tenacity.nap, "time", before)  # noqa: B010
