"""Train: instructions and pairs -> checkpoints."""

from ttpa.stages.train.stage import Learners, RewardedPrompt, SftExample, TrainConfig, build_examples, count_shared

__all__ = ["Learners", "RewardedPrompt", "SftExample", "TrainConfig", "build_examples", "count_shared"]
