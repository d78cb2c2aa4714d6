"""Where tools come from and how they run: the seam that every tool source fills."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from ttpa.records.tools import ToolCall, ToolResult, ToolSpec


class ToolSession(Protocol):
    """Tools in a fresh state: what one trajectory does to them, the next does not see."""

    def run(self, call: ToolCall) -> ToolResult:
        """The result of really executing `call`; a tool that fails, hangs or dies gives a result that is not ok."""
        ...


class Toolset(Protocol):
    """Tools that can be described and executed."""

    @property
    def specs(self) -> Sequence[ToolSpec]: ...

    def session(self) -> AbstractContextManager[ToolSession]:
        """Opens the tools in their initial state."""
        ...
