"""Tools that spoil what stands around them. Each function's first word says whether its call succeeds."""

import json
import os
import signal
import sys
from pathlib import Path


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def works_print() -> str:
    """Print ten megabytes."""
    print("x" * 10_000_000)
    print("x" * 10_000_000, file=sys.stderr)
    return "printed"


def works_close_output() -> str:
    """Close the standard files."""
    for fd in (0, 1, 2):
        os.close(fd)
    return "closed"


def works_go_elsewhere() -> str:
    """Change the current folder."""
    os.chdir("/")
    return "gone"


def works_litter() -> str:
    """Leave files and folders in the current folder."""
    for number in range(50):
        Path(f"file-{number}").write_text("x")
    Path("below/it").mkdir(parents=True)
    return "left"


def works_tell_environment() -> dict[str, str]:
    """Give all environment variables."""
    return dict(os.environ)


def works_ignore_signals() -> str:
    """Ignore every request to end."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    return "ignored"


def fails_close_everything() -> None:
    """Close every file."""
    os.closerange(0, 256)


def fails_shout_everywhere() -> None:
    """Write nonsense into every open file."""
    for fd in range(3, 256):
        try:
            os.write(fd, b"nonsense\n")
        except OSError:
            continue


def fails_shout_for_ever() -> None:
    """Write into every open file without an end."""
    while True:
        for fd in range(3, 64):
            try:
                os.write(fd, b"x" * 65536)
            except OSError:
                continue


def fails_replace_json() -> str:
    """Replace what answers are written with."""

    def refuse(*_: object, **__: object) -> str:
        raise RuntimeError("no")

    json.dumps = refuse
    return "replaced"


def fails_lower_recursion() -> int:
    """Leave no room for calls."""
    sys.setrecursionlimit(30)
    return fails_lower_recursion()


def fails_fill_the_disk() -> int:
    """Write three gigabytes."""
    with Path("big").open("wb") as file:
        file.truncate(3 << 30)
        return file.tell()
