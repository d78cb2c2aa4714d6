"""Token-level tool-use preference alignment: from your tools to a model that calls them right."""

from ttpa.loading import LoadedRun, load_run
from ttpa.stages.score import score_turn

__all__ = ["LoadedRun", "load_run", "score_turn"]
