"""Train: instructions and pairs -> checkpoints."""

from ttpa.stages.train.rates import refuse_rates_that_forget
from ttpa.stages.train.stage import Learners, RewardedPrompt, SftExample, TrainConfig, build_examples, count_shared

__all__ = [
    "Learners",
    "RewardedPrompt",
    "SftExample",
    "TrainConfig",
    "build_examples",
    "count_shared",
    "refuse_rates_that_forget",
]
