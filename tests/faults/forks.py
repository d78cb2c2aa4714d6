"""Runs in copies of this process: they start at once, because all that a run loads is loaded here."""

import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ttpa.cli.failures import explain

DONE, TOLD, UNTOLD = 0, 1, 2
"""How a copy ends: well, with a failure in words for people, with a traceback."""


def load_what_a_run_loads() -> None:
    """What the package imports late is imported now, once for all copies."""
    for name in ("ttpa.models.openai_chat", "ttpa.quickstart.generator", "ttpa.tools.python_toolset"):
        import_module(name)


def fork(act: Callable[[], None], *, told: Path | None = None, stopped: bool = False) -> int:
    """Runs `act` in a copy of this process, whose number this is; its last words stand in `told`, where one is given.

    A `stopped` copy waits for SIGCONT before it begins.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the copy does not touch what the threads here hold
        process = os.fork()
    if process:
        if stopped:
            os.waitpid(process, os.WUNTRACED)
        return process
    ended = UNTOLD
    try:
        if stopped:
            os.kill(os.getpid(), signal.SIGSTOP)
        act()
        ended = DONE
    except Exception as failure:
        words = explain(failure)
        ended = UNTOLD if words is None else TOLD
        last_words = words or traceback.format_exc()
        if told is None:
            print(last_words, file=sys.stderr)
        else:
            told.write_text(last_words)
    finally:
        os._exit(ended)
