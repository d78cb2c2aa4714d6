"""How a Python function says what it does to the world: `@effect("write")`."""

from collections.abc import Callable
from typing import TypeVar

from ttpa.tools.base import Effect

F = TypeVar("F", bound=Callable[..., object])
_MARK = "__ttpa_effect__"


def effect(kind: Effect) -> Callable[[F], F]:
    """Marks a tool's function; one without a mark does nothing outside of its process."""

    def mark(function: F) -> F:
        setattr(function, _MARK, kind)
        return function

    return mark


def effect_of(function: Callable[..., object]) -> Effect:
    """What the function is marked with."""
    return getattr(function, _MARK, "none")
