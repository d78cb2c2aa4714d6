"""A toolset of Python functions, run in worker processes so that a bad tool hurts only its own call."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue

from ttpa.errors import ToolError
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.tools.offer import Definition, Offer, OfferedTools
from ttpa.tools.results import failed
from ttpa.tools.worker_process import Worker, WorkerDied


class PythonToolset(OfferedTools):
    """The tools of one Python module or file; `close` (or leaving the `with` block) ends its workers."""

    def __init__(
        self,
        target: str,
        *,
        timeout_seconds: float = 10.0,
        memory_gb: float = 0.0,
        environment: Sequence[str] = (),
        only: Sequence[str] = (),
        allow_write: bool = False,
    ) -> None:
        """Loads the tools of `target`, all or `only` the named ones; a worker takes at most `memory_gb`, where not 0.

        Tools see the usual environment variables, no keys among them, and those that `environment` names. Raises
        `ToolError` where nothing can be offered, and for a named tool that is not there.
        """
        self.target = target
        self._timeout_seconds = timeout_seconds
        self._memory_gb = memory_gb
        self._environment = environment
        self._idle: SimpleQueue[Worker] = SimpleQueue()
        worker = self._start()
        self._idle.put(worker)
        self._definitions = worker.definitions
        try:
            if not worker.definitions and not worker.left_out:
                raise ToolError(f"{target!r} has no tools: no TOOLS list and no public function")
            # What the model reads leaves `additionalProperties` out; a function takes no argument it does not name.
            self._offer = Offer(
                target,
                worker.definitions,
                only=only,
                allow_write=allow_write,
                left_out=worker.left_out,
                closed=True,
            )
        except ToolError:
            self.close()
            raise

    def read_definitions(self) -> Sequence[Definition]:
        return self._definitions

    @contextmanager
    def session(self) -> Generator["PythonToolSession"]:
        """Opens the tools in their initial state: the module's `reset()` is called where it has one.

        Where it has none, a worker whose variables hold something else after a session serves no other.
        """
        session = PythonToolSession(self)
        try:
            yield session
        finally:
            session.close()

    def close(self) -> None:
        while True:
            try:
                self._idle.get_nowait().stop()
            except Empty:
                return

    def __enter__(self) -> "PythonToolset":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take_worker(self) -> Worker:
        """A worker in its initial state, an idle one where one can be brought there."""
        with suppress(Empty, WorkerDied):  # one that lay idle may have ended meanwhile
            worker = self._idle.get_nowait()
            if self._reset(worker).ok:
                return worker
            worker.stop()  # calls left what reset() cannot repair, and a fresh process does not have
        worker = self._start()
        try:
            answer = self._reset(worker)
        except WorkerDied as error:
            raise ToolError(f"reset() of {self.target!r} did not return: {error}") from error
        if not answer.ok:
            worker.stop()
            raise ToolError(f"reset() of {self.target!r} failed: {answer.content}")
        return worker

    def _reset(self, worker: Worker) -> ToolResult:
        return worker.ask({"op": "reset"}, self._timeout_seconds)

    def give_back(self, worker: Worker) -> None:
        """Keeps a worker for the next session, unless calls left behind what a fresh process does not have."""
        with suppress(WorkerDied):
            if worker.ask({"op": "leftovers"}, self._timeout_seconds).content == "0":
                self._idle.put(worker)
            else:
                worker.stop()

    def _start(self) -> Worker:
        return Worker(self.target, self._memory_gb, self._environment)

    def tell_state(self, worker: Worker) -> str:
        """What the module's `state()` says. Raises `ToolError` where it fails, and `WorkerDied`."""
        answer = worker.ask({"op": "state"}, self._timeout_seconds)
        if not answer.ok:
            raise ToolError(f"state() of {self.target!r} failed: {answer.content}")
        return answer.content

    def run(self, worker: Worker, call: ToolCall) -> ToolResult:
        """Executes a call in `worker`. Raises `WorkerDied` when the tool ends or outlasts its process."""
        refused = self._offer.refuse(call)
        if refused is not None:
            return refused
        request: dict[str, object] = {
            "op": "call",
            "name": self._offer.original(call.name),
            "arguments": call.arguments,
        }
        return worker.ask(request, self._timeout_seconds)


class PythonToolSession:
    """One trajectory's tools. After a tool died the session goes on in a fresh worker, in the initial state."""

    def __init__(self, toolset: PythonToolset) -> None:
        self._toolset = toolset
        self._worker: Worker | None = toolset.take_worker()

    def run(self, call: ToolCall) -> ToolResult:
        self._worker = self._worker or self._toolset.take_worker()
        try:
            return self._toolset.run(self._worker, call)
        except WorkerDied as error:
            self._worker = None
            return failed(f"the tool was stopped: {error}")

    def state(self) -> str | None:
        """What the module's `state()` says; none where it has none.

        Raises `ToolError` where it fails or does not return: two states that nobody can tell are not the same.
        """
        self._worker = self._worker or self._toolset.take_worker()
        try:
            return self._toolset.tell_state(self._worker) if self._worker.tells_state else None
        except WorkerDied as error:
            self._worker = None
            raise ToolError(f"state() of {self._toolset.target!r} did not return: {error}") from error

    def close(self) -> None:
        if self._worker is not None:
            self._toolset.give_back(self._worker)
            self._worker = None
