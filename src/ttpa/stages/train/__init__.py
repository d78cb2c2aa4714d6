"""Train: instructions and pairs -> checkpoints."""

from ttpa.stages.train.stage import Learners, RewardedPrompt, SftExample, TrainConfig, build_examples

__all__ = ["Learners", "RewardedPrompt", "SftExample", "TrainConfig", "build_examples"]
