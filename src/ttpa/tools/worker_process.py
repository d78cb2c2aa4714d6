"""One worker process, seen from its parent: it is started, asked, and ended with all that it started."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from ttpa.errors import ToolError, looked_up
from ttpa.records.tools import ToolResult, ToolSpec
from ttpa.redaction import NAMED
from ttpa.tools.offer import Definition

START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_LONGEST_ANSWER = 64 << 20
_USUAL = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH"),
    *("PYTHONPATH", "PYTHONHASHSEED", "PYTHONWARNINGS", "OMP_NUM_THREADS", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
)
"""Environment variables that tools see; keys are not among them."""


class WorkerDied(Exception):
    """The worker process gave no answer: it ended, or its time was up."""


class Worker:
    """One worker process and the pipes to it."""

    def __init__(self, target: str, memory_gb: float = 0.0, environment: Sequence[str] = ()) -> None:
        """Starts the process, in a session and a folder of its own.

        It sees the usual environment variables and those that `environment` names. Raises `ToolError` when the tools
        cannot be loaded.
        """
        where = str(Path(target).resolve()) if target.endswith(".py") else target
        if target.endswith(".py") and not Path(where).is_file():
            raise ToolError(f"the tools of {target!r} cannot be loaded: no file {target!r}{looked_up(target)}")
        surroundings = _surroundings(environment)
        child_read, self._write = os.pipe()
        self._read, child_write = os.pipe()
        child_life, self._life = os.pipe()
        theirs = (child_read, child_write, child_life)
        words = [where, *map(str, theirs), str(int(memory_gb * 2**30))]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module; the target is an argument
            [sys.executable, "-m", "ttpa.tools.worker", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=theirs,
            start_new_session=True,
            env=surroundings,
        )
        for fd in theirs:
            os.close(fd)
        os.set_blocking(self._write, False)
        self._buffer = b""
        self._number = 0
        self._tools: int | None = None
        self._folder: str | None = None
        try:
            greeting = self._receive(time.monotonic() + START_SECONDS, "it was not loaded in time")
        except WorkerDied as error:
            raise ToolError(f"the tools of {target!r} cannot be loaded: {error}") from error
        if "error" in greeting:
            self.stop()
            raise ToolError(f"the tools of {target!r} cannot be loaded: {greeting['error']}")
        self._tools, self._folder = greeting["process"], greeting["folder"]
        self.left_out: dict[str, str] = greeting["left_out"]
        self.tells_state: bool = greeting["tells_state"]
        """Whether its module says what state the tools are in."""
        self.definitions = [
            Definition(ToolSpec.model_validate(spec), effect)
            for spec, effect in zip(greeting["specs"], greeting["effects"], strict=True)
        ]

    def ask(self, request: dict[str, object], seconds: float) -> ToolResult:
        """The worker's answer. Raises `WorkerDied`, with the process gone, when none that can be read comes in time."""
        deadline, late = time.monotonic() + seconds, f"no answer within {seconds:g} s"
        self._number += 1
        self._send(json.dumps({**request, "number": self._number}).encode() + b"\n", deadline, late)
        answer = self._receive(deadline, late)
        if answer.get("number") != self._number:
            raise self._died("it answered something else than it was asked")
        return ToolResult(content=answer["content"], ok=answer["ok"])

    def stop(self) -> None:
        """Ends the process and whatever it started; safe to repeat."""
        if self._read < 0:
            return
        for fd in (self._life, self._read, self._write):
            os.close(fd)
        self._read = self._write = -1
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        if self._process.returncode != 0:
            self._end_without_keeper()

    def _end_without_keeper(self) -> None:
        """Ends what can be found where a tool has ended or stopped the keeper."""
        for process in (-self._process.pid, self._tools):
            with suppress(ProcessLookupError, PermissionError):
                if process is not None:
                    os.kill(process, signal.SIGKILL)
        self._process.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _died(self, why: str) -> WorkerDied:
        self.stop()
        return WorkerDied(why)

    def _send(self, data: bytes, deadline: float, late: str) -> None:
        rest = memoryview(data)
        while rest:
            if not _is_ready(self._write, select.POLLOUT, deadline):
                raise self._died(late)
            try:
                rest = rest[os.write(self._write, rest) :]
            except BrokenPipeError as error:
                raise self._died("its process ended") from error
            except BlockingIOError:  # there is room, but less than what is written at once
                time.sleep(0.001)

    def _receive(self, deadline: float, late: str) -> dict[str, Any]:
        while b"\n" not in self._buffer[-65536:]:
            if not _is_ready(self._read, select.POLLIN, deadline):
                raise self._died(late)
            chunk = os.read(self._read, 65536)
            if not chunk:
                raise self._died("its process ended")
            self._buffer += chunk
            if len(self._buffer) > _LONGEST_ANSWER:
                raise self._died("its answer has no end")
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            answer: object = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise self._died("its answer cannot be read") from error
        if not isinstance(answer, dict):
            raise self._died("its answer cannot be read")
        return cast("dict[str, Any]", answer)


def _is_ready(fd: int, event: int, deadline: float) -> bool:
    """Whether a pipe can be read, or written to, before the deadline."""
    poll = select.poll()
    poll.register(fd, event)
    return bool(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))


def _surroundings(names: Sequence[str]) -> dict[str, str]:
    """The environment of a worker, and in it which values it hides: those of `names`.

    Raises `ToolError` where a variable is wanted that is not set.
    """
    missing = [name for name in names if name not in os.environ]
    if missing:
        raise ToolError(f"tools.environment names {missing[0]}, which is not set in the environment")
    wanted = {*_USUAL, *names}
    seen = {name: value for name, value in os.environ.items() if name in wanted or name.startswith("LC_")}
    return {**seen, NAMED: ",".join(names)}
