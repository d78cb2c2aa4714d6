"""Evaluate: policies -> how often they are right, side by side."""

from ttpa.stages.evaluate.compare import bootstrap, compare, dialogue_of, group_of
from ttpa.stages.evaluate.questions import find_shared, hash_question
from ttpa.stages.evaluate.stage import EvaluateConfig, evaluate

__all__ = [
    "EvaluateConfig",
    "bootstrap",
    "compare",
    "dialogue_of",
    "evaluate",
    "find_shared",
    "group_of",
    "hash_question",
]
