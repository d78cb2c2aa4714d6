"""Evaluate: policies -> how often they are right, side by side."""

from ttpa.stages.evaluate.compare import bootstrap, compare, group_of
from ttpa.stages.evaluate.stage import EvaluateConfig, evaluate

__all__ = ["EvaluateConfig", "bootstrap", "compare", "evaluate", "group_of"]
