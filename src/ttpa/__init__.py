"""Token-level tool-use preference alignment: from your tools to a model that calls them right."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ttpa.loading import LoadedRun, load_run
    from ttpa.stages.score import score_turn

__all__ = ["LoadedRun", "load_run", "score_turn"]

_WHERE = {"LoadedRun": "ttpa.loading", "load_run": "ttpa.loading", "score_turn": "ttpa.stages.score"}
"""Loaded when they are asked for: every module of the package passes here, those of a tool's process among them."""


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return __all__
