"""Sample: decision points -> candidate trees."""

from ttpa.stages.sample.forks import ForkRules, find_forks
from ttpa.stages.sample.slots import label_tokens
from ttpa.stages.sample.stage import SampleConfig, sample

__all__ = ["ForkRules", "SampleConfig", "find_forks", "label_tokens", "sample"]
