"""Remote tools whose results are kept in the run's journal: an identical call is made once."""

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import Self

from ttpa.models.recorded_chat import ReplyStore
from ttpa.records.strict_json import canonical_json
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec
from ttpa.tools.base import ToolSession, Toolset


class RecordedToolset:
    """The tools of another toolset, asked only what the journal does not hold.

    For tools that change nothing: a result then hangs on the source, its definitions and the call alone. Failures are
    never kept.
    """

    is_remote = True

    def __init__(
        self, toolset: Toolset, store: ReplyStore, *, origin: str, purpose: str, never: Sequence[str] = ()
    ) -> None:
        """`origin` keeps the results of one source from answering for another, `purpose` those of one pass for another.

        Tools in `never` are always asked.

        Raises `ValueError` for tools that write.
        """
        if not toolset.can_replay:
            raise ValueError("tools that write are never answered from the journal")
        self._toolset = toolset
        self._store = store
        self._key = [origin, purpose, toolset.definitions()]
        self._never = frozenset(never)
        self._lock = threading.Lock()
        self._asking: dict[str, Future[ToolResult]] = {}
        self.asked = 0
        """Calls that were really made."""
        self.answered = 0
        """Calls that the journal answered, or an identical one at the same time."""

    @property
    def specs(self) -> Sequence[ToolSpec]:
        return self._toolset.specs

    @property
    def own_names(self) -> Mapping[str, str]:
        return self._toolset.own_names

    @property
    def left_out(self) -> Mapping[str, str]:
        return self._toolset.left_out

    @property
    def can_replay(self) -> bool:
        return self._toolset.can_replay

    def definitions(self) -> str:
        return self._toolset.definitions()

    def specs_now(self) -> Sequence[ToolSpec]:
        return self._toolset.specs_now()

    @contextmanager
    def session(self) -> Generator["RecordedSession"]:
        """A session that opens one of the tools behind it only when it is needed."""
        with ExitStack() as stack:
            yield RecordedSession(self, stack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Whoever opened the tools behind it ends them."""

    def open(self, stack: ExitStack) -> ToolSession:
        """A session of the tools behind it, which ends with `stack`."""
        return stack.enter_context(self._toolset.session())

    def answer(self, call: ToolCall, make: Callable[[ToolCall], ToolResult]) -> ToolResult:
        """What the call gave the first time, else what it gives now, which is kept where it is something.

        Of identical calls at one time the first is made, and the others wait for what it gives, a failure too.
        """
        if call.name in self._never:
            self._count(asked=1)
            return make(call)
        question = canonical_json([*self._key, call.name, call.arguments])
        with self._lock:
            is_first = question not in self._asking
            asking = self._asking.setdefault(question, Future())
        if not is_first:
            self._count(answered=1)
            return asking.result()
        try:
            asking.set_result(self._find(question) or self._make(question, call, make))
        except BaseException as error:  # those that wait stop as well
            asking.set_exception(error)
        finally:
            with self._lock:
                del self._asking[question]
        return asking.result()

    def _find(self, question: str) -> ToolResult | None:
        if (kept := self._store.find(question)) is None:
            return None
        self._count(answered=1)
        return ToolResult.model_validate_json(kept)

    def _make(self, question: str, call: ToolCall, make: Callable[[ToolCall], ToolResult]) -> ToolResult:
        self._count(asked=1)
        result = make(call)
        if result.ok:
            self._store.keep(question, result.model_dump_json())
        return result

    def _count(self, *, asked: int = 0, answered: int = 0) -> None:
        with self._lock:
            self.asked += asked
            self.answered += answered


class RecordedSession:
    """One trajectory's calls."""

    def __init__(self, toolset: RecordedToolset, stack: ExitStack) -> None:
        self._toolset = toolset
        self._stack = stack
        self._session: ToolSession | None = None

    def run(self, call: ToolCall) -> ToolResult:
        """What the call gave the first time, else what it gives now."""
        return self._toolset.answer(call, self._make)

    def _make(self, call: ToolCall) -> ToolResult:
        self._session = self._session or self._toolset.open(self._stack)
        return self._session.run(call)
