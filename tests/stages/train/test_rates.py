"""Learning rates: a small policy takes the defaults, for a large one they are refused, all at once."""

from pathlib import Path

import pytest

from ttpa.errors import ConfigError
from ttpa.quickstart.embedded import EMBEDDED, policy_path
from ttpa.stages.train import TrainConfig, refuse_rates_that_forget

SLOW = {"sft": {"learning_rate": 1e-5}, "dpo": {"learning_rate": 1e-6}}


@pytest.mark.parametrize(("section", "fast", "usual"), [("sft", 2e-3, 1e-4), ("dpo", 1e-4, 5e-6)])
def test_a_rate_for_a_small_policy_is_refused_for_a_large_one(section: str, fast: float, usual: float) -> None:
    def train(rate: float) -> TrainConfig:
        return TrainConfig.model_validate(SLOW | {section: {"learning_rate": rate}})

    refuse_rates_that_forget(train(fast), policy_path(EMBEDDED))
    refuse_rates_that_forget(train(usual), "org/model")
    with pytest.raises(ConfigError, match=rf"train\.{section}\.learning_rate = 0\.\d+ .*; 'org/model' would forget"):
        refuse_rates_that_forget(train(fast), "org/model")


def test_all_rates_that_are_too_fast_are_told_at_once() -> None:
    told = (
        r"^train\.sft\.learning_rate = 0\.001 and train\.dpo\.learning_rate = 3e-05 suit the small embedded policy; "
        r"'org/model' would forget what it knows: it takes at most 0\.0005 and 2e-05$"
    )
    with pytest.raises(ConfigError, match=told):
        refuse_rates_that_forget(TrainConfig(), "org/model")


def test_only_the_rates_of_what_is_trained_count() -> None:
    refuse_rates_that_forget(TrainConfig.model_validate({"sft": False, "dpo": {"learning_rate": 1e-6}}), "org/model")


def test_a_policy_of_your_own_is_small_or_large_by_its_weights(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"x" * 1000)
    refuse_rates_that_forget(TrainConfig(), str(tmp_path))
    with weights.open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(ConfigError, match="would forget what it knows"):
        refuse_rates_that_forget(TrainConfig(), str(tmp_path))
