"""How a model family writes tool calls: the Protocol that every dialect fills."""

from dataclasses import dataclass
from typing import Protocol

from ttpa.records.candidates import SlotKind
from ttpa.records.messages import AssistantMessage
from ttpa.records.tools import ToolCall


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A run of characters of a turn that spell one thing; what no span covers is structure."""

    kind: SlotKind
    start: int
    end: int
    call: int | None = None
    """Index of the call it belongs to."""
    path: str | None = None
    """JSON path below the call's arguments."""


@dataclass(frozen=True, slots=True)
class TurnText:
    """A turn's text, read."""

    content: str
    """The text outside of calls."""
    calls: tuple[ToolCall, ...] | None
    """None where the text is malformed."""
    spans: tuple[TextSpan, ...]
    """In order and without overlap; for malformed text as far as it can be followed."""
    problem: str | None = None
    """Why the text is malformed, for people."""


def text_span(text: str, start: int, end: int) -> tuple[TextSpan, ...]:
    """The span of what `text[start:end]` says outside of calls, without the space around it; none where it is blank."""
    stripped = text[start:end].strip()
    if not stripped:
        return ()
    first = text.index(stripped, start)
    return (TextSpan("text", first, first + len(stripped)),)


class Dialect(Protocol):
    """A way of writing calls as text."""

    @property
    def name(self) -> str: ...

    def write_turn(self, turn: AssistantMessage) -> str:
        """The text a model of this family writes for `turn`, without its end token.

        Raises `DialogueRefused` where the family has no form for it.
        """
        ...

    def read_turn(self, text: str) -> TurnText:
        """What `text` says. Never raises: text that cannot be read is a `TurnText` with a problem."""
        ...
