"""Evaluate: policies -> how often they are right, side by side."""

from ttpa.stages.evaluate.compare import compare
from ttpa.stages.evaluate.stage import EvaluateConfig, evaluate

__all__ = ["EvaluateConfig", "compare", "evaluate"]
