"""Construct: tools -> instructions."""

from ttpa.stages.construct.benchmarks import BenchmarkQuestions, drop_overlap
from ttpa.stages.construct.diversity import describe
from ttpa.stages.construct.duplicates import drop_duplicates
from ttpa.stages.construct.estimate import estimate_cost
from ttpa.stages.construct.plan import ConstructConfig, Plan, plan_construction
from ttpa.stages.construct.stage import construct

__all__ = [
    "BenchmarkQuestions",
    "ConstructConfig",
    "Plan",
    "construct",
    "describe",
    "drop_duplicates",
    "drop_overlap",
    "estimate_cost",
    "plan_construction",
]
