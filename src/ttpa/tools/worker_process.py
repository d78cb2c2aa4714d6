"""One worker process, seen from its parent: it is started, asked, and ended with all that it started."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any, cast

from ttpa.errors import ToolError
from ttpa.records.tools import ToolResult, ToolSpec
from ttpa.tools.offer import Definition

START_SECONDS = 60.0


class WorkerDied(Exception):
    """The worker process gave no answer: it ended, or its time was up."""


class Worker:
    """One worker process and the pipes to it."""

    def __init__(self, target: str, memory_gb: float = 0.0) -> None:
        """Starts the process, in a session of its own. Raises `ToolError` when the tools cannot be loaded."""
        memory = int(memory_gb * 2**30)
        child_read, self._write = os.pipe()
        self._read, child_write = os.pipe()
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module; the target is an argument
            [sys.executable, "-m", "ttpa.tools.worker", target, str(child_read), str(child_write), str(memory)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(child_read, child_write),
            start_new_session=True,
        )
        os.close(child_read)
        os.close(child_write)
        self._buffer = b""
        try:
            greeting = self._receive(START_SECONDS)
        except WorkerDied as error:
            raise ToolError(f"the tools of {target!r} cannot be loaded: {error}") from error
        if "error" in greeting:
            self.stop()
            raise ToolError(f"the tools of {target!r} cannot be loaded: {greeting['error']}")
        self.definitions = [
            Definition(ToolSpec.model_validate(spec), effect)
            for spec, effect in zip(greeting["specs"], greeting["effects"], strict=True)
        ]

    def ask(self, request: dict[str, object], seconds: float) -> ToolResult:
        """The worker's answer. Raises `WorkerDied`, with the process gone, when none comes in time."""
        try:
            os.write(self._write, json.dumps(request).encode() + b"\n")
        except BrokenPipeError as error:
            self.stop()
            raise WorkerDied("its process ended") from error
        answer = self._receive(seconds)
        return ToolResult(content=answer["content"], ok=answer["ok"])

    def stop(self) -> None:
        """Ends the process and whatever it started that stayed in its session; safe to repeat."""
        if self._read < 0:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._read)
        os.close(self._write)
        self._read = self._write = -1

    def _receive(self, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(self._read, 65536) if ready else b""
            if not chunk:
                self.stop()
                raise WorkerDied("its process ended" if ready else f"no answer within {seconds:g} s")
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return cast("dict[str, Any]", json.loads(line))
