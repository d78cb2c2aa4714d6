"""Construct: tools -> instructions."""

from ttpa.stages.construct.config import ConstructConfig, JudgeConfig
from ttpa.stages.construct.contamination import BenchmarkQuestions, drop_overlap
from ttpa.stages.construct.diversity import describe, describe_uncalled
from ttpa.stages.construct.duplicates import drop_duplicates
from ttpa.stages.construct.estimate import estimate_cost
from ttpa.stages.construct.judge import choose_controls, describe_agreement, judge, refuse
from ttpa.stages.construct.nondeterministic import name_nondeterministic
from ttpa.stages.construct.plan import Plan, Planner, count_held_out, plan_construction
from ttpa.stages.construct.stage import construct

__all__ = [
    "BenchmarkQuestions",
    "ConstructConfig",
    "JudgeConfig",
    "Plan",
    "Planner",
    "choose_controls",
    "construct",
    "count_held_out",
    "describe",
    "describe_agreement",
    "describe_uncalled",
    "drop_duplicates",
    "drop_overlap",
    "estimate_cost",
    "judge",
    "name_nondeterministic",
    "plan_construction",
    "refuse",
]
