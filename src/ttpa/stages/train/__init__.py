"""Train: instructions and pairs -> checkpoints."""

from ttpa.stages.train.stage import Learners, SftConfig, SftExample, TrainConfig, build_examples

__all__ = ["Learners", "SftConfig", "SftExample", "TrainConfig", "build_examples"]
