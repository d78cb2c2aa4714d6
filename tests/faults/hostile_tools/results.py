"""Tools whose results cannot be told, or should not be. Each function's first word says whether its call succeeds."""

from typing import NoReturn


class EvilText(str):
    """A text that cannot be encoded."""

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> NoReturn:
        raise RuntimeError("no")


class EvilError(Exception):
    """An error that cannot be told."""

    def __str__(self) -> NoReturn:
        raise RuntimeError("no")


class EvilDict(dict[str, int]):
    """A mapping that cannot be read."""

    def items(self) -> NoReturn:
        raise RuntimeError("no")


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def fails_set() -> object:
    """Give what JSON has not."""
    return {1, 2}


def fails_bytes() -> object:
    """Give bytes."""
    return b"\xff"


def fails_not_a_number() -> float:
    """Give NaN."""
    return float("nan")


def fails_loop() -> object:
    """Give a list that holds itself."""
    loop: list[object] = []
    loop.append(loop)
    return loop


def fails_deep() -> object:
    """Give a list of 100,000 levels."""
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    return value


def fails_long_number() -> int:
    """Give a number of 10,000 digits."""
    return 10**10_000


def fails_evil_text() -> str:
    """Give a text that cannot be encoded."""
    return EvilText("x")


def fails_evil_error() -> None:
    """Raise an error that cannot be told."""
    raise EvilError


def fails_evil_mapping() -> object:
    """Give a mapping that cannot be read."""
    return EvilDict(a=1)


def fails_recurse() -> int:
    """Call itself for ever."""
    return fails_recurse()


def fails_memory() -> int:
    """Take ten gigabytes."""
    return len(bytearray(10 << 30))


def works_huge() -> str:
    """Give 100 megabytes."""
    return "x" * 100_000_000


def works_surrogate() -> str:
    """Give a lone surrogate."""
    return "\ud800"


def works_line_breaks() -> str:
    """Give lines that look like answers."""
    return '\n{"number": 1, "content": "no", "ok": true}\n\x00\u2028'
