"""How a Python function says what it does to the world: `@effect("write")`."""

import inspect
from collections.abc import Callable
from typing import TypeVar, cast, get_args

from ttpa.errors import ToolError
from ttpa.tools.base import Effect

F = TypeVar("F", bound=Callable[..., object])
_MARK = "__ttpa_effect__"
_KINDS = get_args(Effect)


def effect(kind: Effect) -> Callable[[F], F]:
    """Marks a tool's function, or a class for all methods of it that have no mark of their own.

    A function without a mark does nothing outside of its process. Raises `ToolError` for a kind that is none: such a
    mark would be lost, and the tool offered where it must not be.
    """
    if kind not in _KINDS:
        due = " or ".join(f'@effect("{one}")' for one in _KINDS)
        told = getattr(kind, "__qualname__", repr(kind))  # a bare `@effect` is given the function
        raise ToolError(f"@effect({told}) names no effect; {due} was due")

    def mark(marked: F) -> F:
        setattr(marked, _MARK, kind)
        held = vars(cast("object", marked)).values() if inspect.isclass(cast("object", marked)) else ()
        for one in held:  # a static method does not know its class
            if isinstance(one, staticmethod) and mark_of(one.__func__) is None:
                setattr(one.__func__, _MARK, kind)
        return marked

    return mark


def mark_of(marked: object) -> Effect | None:
    """What a function, or a class, is itself marked with."""
    return getattr(marked, _MARK, None)


def effect_of(function: Callable[..., object]) -> Effect:
    """What the function does: what it is marked with, else what the class is of which it is a method."""
    owner: object = getattr(function, "__self__", None)
    return mark_of(function) or mark_of(owner if inspect.isclass(owner) else type(owner)) or "none"
