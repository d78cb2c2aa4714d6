"""Train: instructions and pairs -> checkpoints."""

from ttpa.stages.train.stage import Learners, SftExample, TrainConfig, build_examples

__all__ = ["Learners", "SftExample", "TrainConfig", "build_examples"]
