"""Facts that nobody has to store: numbers and choices decided by hashing what they are about."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Choice = TypeVar("Choice")
Row = dict[str, str | int | float | bool]
"""One short record of a result."""


def draw(low: int, high: int, *key: object) -> int:
    """A whole number from `low` to `high`, both possible, always the same for the same `key`."""
    text = "|".join(str(part).casefold() for part in key)
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return low + int.from_bytes(digest) % (high - low + 1)


def pick(options: Sequence[Choice], *key: object) -> Choice:
    """One of `options`, always the same for the same `key`."""
    return options[draw(0, len(options) - 1, *key)]


def clock(low_hour: int, high_hour: int, *key: object) -> str:
    """A time of day as HH:MM on a quarter of an hour, always the same for the same `key`."""
    return f"{draw(low_hour, high_hour, 'hour', *key):02}:{pick(('00', '15', '30', '45'), 'minute', *key)}"


def find_ids(prefix: str, low: int, high: int, fits: Callable[[str], bool], *key: object, count: int = 3) -> list[str]:
    """The first `count` ids from `low` to `high` that fit, in an order that depends on `key`; fewer where fewer fit."""
    found: list[str] = []
    for number in _walk(low, high, draw(low, high, *key)):
        if fits(f"{prefix}{number}"):
            found.append(f"{prefix}{number}")
            if len(found) == count:
                break
    return found


def check_id(text: str, prefix: str, low: int, high: int, noun: str) -> None:
    """Raises `ValueError` unless `text` is the prefix and a number from `low` to `high`."""
    digits = text.removeprefix(prefix)
    if not (text.startswith(prefix) and digits.isascii() and digits.isdigit() and low <= int(digits) <= high):
        raise ValueError(f"no {noun} has the id {text!r}")


def _walk(low: int, high: int, start: int) -> Iterator[int]:
    """Every number from `low` to `high` once, from `start` in steps that have no divisor in common with the count."""
    size = high - low + 1
    return (low + (start - low + step * 37) % size for step in range(size))
