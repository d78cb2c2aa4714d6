"""Token-level tool-use preference alignment: from your tools to a model that calls them right."""

from ttpa.stages.score import score_turn

__all__ = ["score_turn"]
