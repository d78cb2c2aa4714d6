"""Sample: decision points -> candidate trees."""

from ttpa.stages.sample.forks import ForkRules
from ttpa.stages.sample.slots import label_tokens
from ttpa.stages.sample.stage import SampleConfig, sample

__all__ = ["ForkRules", "SampleConfig", "label_tokens", "sample"]
