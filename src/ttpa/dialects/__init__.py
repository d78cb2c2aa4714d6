"""How a model family writes tool calls; a new dialect is one file and one line here."""

from ttpa.dialects.base import Dialect, TextSpan, TurnText
from ttpa.dialects.hermes import Hermes

DIALECTS: dict[str, Dialect] = {"hermes": Hermes()}

__all__ = ["DIALECTS", "Dialect", "TextSpan", "TurnText"]
