"""Construct: tools -> instructions."""

from ttpa.stages.construct.duplicates import drop_duplicates
from ttpa.stages.construct.plan import ConstructConfig, Plan, plan_construction
from ttpa.stages.construct.stage import construct

__all__ = ["ConstructConfig", "Plan", "construct", "drop_duplicates", "plan_construction"]
