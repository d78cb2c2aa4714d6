"""Real training of a tiny policy through TRL: it learns, only what it should, and leaves a checkpoint that loads."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ttpa.models.transformers_tokens import TransformersModel
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.pairs import PreferencePair
from ttpa.stages.train import RewardedPrompt, SftExample, TrainConfig
from ttpa.stages.train.stage import DpoConfig, GrpoConfig, OnStep, SftConfig
from ttpa.stages.train.trl_learners import TrlLearners

pytestmark = pytest.mark.heavy
LEARNERS = TrlLearners()
FineTune = Callable[..., Checkpoint]


def config(**changes: object) -> TrainConfig:
    values: dict[str, object] = {
        "sft": SftConfig(learning_rate=5e-3, epochs=10, batch_size=4),
        "dpo": DpoConfig(learning_rate=5e-3, epochs=12, batch_size=4),
        "grpo": GrpoConfig(learning_rate=2e-3, epochs=12, batch_size=4, max_new_tokens=40),
        **changes,
    }
    return TrainConfig.model_validate(values)


@pytest.fixture
def fine_tune(base: str, examples: list[SftExample], ignore_step: OnStep) -> FineTune:
    def train(output: Path, settings: TrainConfig, steps: int | None = None) -> Checkpoint:
        return LEARNERS.sft(base, examples, output, settings, method="sft", steps=steps, seed=0, on_step=ignore_step)

    return train


def test_sft_lowers_the_loss_and_leaves_a_checkpoint_that_loads(
    fine_tune: FineTune, examples: list[SftExample], tmp_path: Path
) -> None:
    checkpoint = fine_tune(tmp_path / "sft", config())
    assert checkpoint.history[-1].loss < 0.7 * checkpoint.history[0].loss
    assert checkpoint.steps == 10
    assert checkpoint.tokens == 10 * sum(len(example.token_ids) for example in examples)
    assert TransformersModel(str(tmp_path / "sft")).max_length == 4096
    for name, digest in checkpoint.files.items():
        assert hashlib.sha256((tmp_path / "sft" / name).read_bytes()).hexdigest() == digest


def test_the_same_seed_trains_the_same_weights(fine_tune: FineTune, tmp_path: Path) -> None:
    one = fine_tune(tmp_path / "one", config(), steps=3)
    other = fine_tune(tmp_path / "other", config(), steps=3)
    assert one.files["model.safetensors"] == other.files["model.safetensors"]


def test_a_steps_limit_is_kept(fine_tune: FineTune, tmp_path: Path) -> None:
    assert fine_tune(tmp_path / "short", config(), steps=2).steps == 2


def test_lora_trains_few_parameters_and_is_merged(fine_tune: FineTune, tmp_path: Path) -> None:
    checkpoint = fine_tune(tmp_path / "lora", config(parameters="lora"), steps=2)
    whole = fine_tune(tmp_path / "full", config(), steps=1)
    assert 0 < checkpoint.trainable_parameters < whole.trainable_parameters
    stored = json.loads((tmp_path / "lora" / "config.json").read_text())
    assert stored["architectures"] == ["Qwen3ForCausalLM"]
    TransformersModel(str(tmp_path / "lora"))


@pytest.mark.parametrize("parameters", ["full", "lora"])
def test_dpo_widens_the_margin_on_token_ids(
    base: str, pairs: list[PreferencePair], tmp_path: Path, ignore_step: OnStep, parameters: str
) -> None:
    checkpoint = LEARNERS.dpo(base, pairs, tmp_path / "dpo", config(parameters=parameters), seed=0, on_step=ignore_step)
    margins = [step.metrics["rewards/margins"] for step in checkpoint.history]
    assert margins[0] == pytest.approx(0.0, abs=1e-3)  # policy and reference are the same before the first step
    assert margins[-1] > margins[0]
    assert checkpoint.method == "dpo"
    assert checkpoint.examples == 4


@pytest.mark.parametrize("parameters", ["full", "lora"])
def test_dpo_on_the_forest_is_dpo_on_padded_pairs(
    base: str, pairs: list[PreferencePair], tmp_path: Path, ignore_step: OnStep, parameters: str
) -> None:
    """Equal losses, margins and log-probabilities over a whole training, in float32 up to its rounding."""
    losses: list[list[float]] = []
    for packing in ("tree", "pairs"):
        settings = config(
            parameters=parameters,
            packing=packing,
            precision="float32",
            dpo=DpoConfig(learning_rate=1e-3, epochs=20, batch_size=4),
        )
        made = LEARNERS.dpo(base, pairs, tmp_path / packing, settings, seed=0, on_step=ignore_step)
        told = ("rewards/margins", "logps/chosen", "logps/rejected")
        losses.append([v for step in made.history for v in (step.loss, *(step.metrics[name] for name in told))])
        assert "ttpa_tree" not in (tmp_path / packing / "config.json").read_text()
    assert len(losses[0]) == 80
    assert losses[0] == pytest.approx(losses[1], rel=1e-3, abs=1e-3)


@pytest.mark.parametrize(("parameters", "packing"), [("full", "tree"), ("lora", "tree"), ("full", "pairs")])
def test_grpo_draws_turns_that_its_reward_prefers(
    base: str, prompts: list[RewardedPrompt], tmp_path: Path, ignore_step: OnStep, parameters: str, packing: str
) -> None:
    """The reward is the share of a letter: whatever the policy says, it can say more of that."""
    told: list[tuple[str, str]] = []

    def reward(prompts: list[str], completions: list[str], *, who: list[str], **_: object) -> list[float]:
        told.extend(zip(completions, who, strict=True))
        return [text.count("a") / max(1, len(text)) for text in completions]

    checkpoint = LEARNERS.grpo(
        base,
        prompts,
        tmp_path / "grpo",
        config(parameters=parameters, packing=packing),
        reward=reward,
        rewarded_by="the share of a letter",
        seed=0,
        on_step=ignore_step,
    )
    rewards = [step.metrics["reward"] for step in checkpoint.history]
    assert checkpoint.method == "grpo"
    assert checkpoint.steps == 12
    assert sum(rewards[-3:]) > sum(rewards[:3])
    assert len(told) == 12 * 4 * 8
    assert {who for _, who in told} == {prompt.columns["who"] for prompt in prompts}
    assert not any("<|im_end|>" in text for text, _ in told)
    TransformersModel(str(tmp_path / "grpo"))
