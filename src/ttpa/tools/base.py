"""Where tools come from and how they run: the Protocol that every tool source fills."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol, Self, runtime_checkable

from ttpa.records.tools import ToolCall, ToolResult, ToolSpec

Effect = Literal["none", "read", "write"]
"""What a tool does to the world outside of its own process: nothing, it looks, or it changes something."""


class ToolSession(Protocol):
    """Tools in a fresh state: what one trajectory does to them, the next does not see."""

    def run(self, call: ToolCall) -> ToolResult:
        """The result of really executing `call`; a tool that fails, hangs or dies gives a result that is not ok."""
        ...


@runtime_checkable
class TellsState(Protocol):
    """A session whose source can say what state its tools are in."""

    def state(self) -> str | None:
        """The state as text, equal for equal states; none where the tools tell none.

        Raises `ToolError` where they would tell one and fail.
        """
        ...


class Toolset(Protocol):
    """Tools that can be described and executed; leaving the `with` block ends whatever runs them."""

    @property
    def specs(self) -> Sequence[ToolSpec]:
        """The tools on offer, with names that every dialect can write."""
        ...

    @property
    def own_names(self) -> Mapping[str, str]:
        """The source's own names of the tools on offer, by the names that they are offered under."""
        ...

    @property
    def left_out(self) -> Mapping[str, str]:
        """Tools that the source has and that are not on offer, with the reason."""
        ...

    @property
    def can_replay(self) -> bool:
        """Whether calls may be made once more in another session, without a second effect on the world."""
        ...

    @property
    def is_remote(self) -> bool:
        """Whether a call asks a service or a server, which may cost, refuse, or be slow."""
        ...

    def session(self) -> AbstractContextManager[ToolSession]:
        """Opens the tools in their initial state, as far as the source can bring them there."""
        ...

    def definitions(self) -> str:
        """A hash of what the source says at this moment of the tools that would be on offer by it."""
        ...

    def specs_now(self) -> Sequence[ToolSpec]:
        """The tools that would be on offer by what the source says at this moment, in its order."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
