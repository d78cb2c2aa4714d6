"""Remote tools whose results are kept in the run's journal: an identical call is made once."""

import threading
from collections.abc import Generator, Mapping, Sequence
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
        self.asked = 0
        """Calls that were really made."""
        self.answered = 0
        """Calls that the journal answered."""

    @property
    def specs(self) -> Sequence[ToolSpec]:
        return self._toolset.specs

    @property
    def left_out(self) -> Mapping[str, str]:
        return self._toolset.left_out

    @property
    def can_replay(self) -> bool:
        return self._toolset.can_replay

    def definitions(self) -> str:
        return self._toolset.definitions()

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

    def find(self, call: ToolCall) -> ToolResult | None:
        """The result that is kept for a call."""
        kept = None if call.name in self._never else self._store.find(self._question(call))
        with self._lock:
            self.asked += kept is None
            self.answered += kept is not None
        return None if kept is None else ToolResult.model_validate_json(kept)

    def keep(self, call: ToolCall, result: ToolResult) -> None:
        """Keeps what a call gave, where it gave something."""
        if result.ok and call.name not in self._never:
            self._store.keep(self._question(call), result.model_dump_json())

    def _question(self, call: ToolCall) -> str:
        return canonical_json([*self._key, call.name, call.arguments])


class RecordedSession:
    """One trajectory's calls."""

    def __init__(self, toolset: RecordedToolset, stack: ExitStack) -> None:
        self._toolset = toolset
        self._stack = stack
        self._session: ToolSession | None = None

    def run(self, call: ToolCall) -> ToolResult:
        """What the call gave the first time, else what it gives now."""
        kept = self._toolset.find(call)
        if kept is not None:
            return kept
        self._session = self._session or self._toolset.open(self._stack)
        result = self._session.run(call)
        self._toolset.keep(call, result)
        return result
