"""Real training of a tiny policy through TRL: it learns, only what it should, and leaves a checkpoint that loads."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ttpa.models.transformers_tokenizer import TransformersTokenizer
from ttpa.models.transformers_tokens import TransformersModel
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.instructions import Instruction, Step
from ttpa.records.messages import UserMessage
from ttpa.records.pairs import PreferencePair
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.train import RewardedPrompt, SftExample, TrainConfig, build_examples
from ttpa.stages.train.stage import DpoConfig, GrpoConfig, SftConfig
from ttpa.stages.train.trl_learners import TrlLearners

pytestmark = pytest.mark.heavy
WriteTinyPolicy = Callable[[Path, Sequence[Instruction], int], str]
TOOL = ToolSpec(name="ring", parameters={"type": "object", "properties": {"who": {"type": "string"}}})
LEARNERS = TrlLearners()


def instruction(who: str) -> Instruction:
    return Instruction(
        id=who,
        source="test",
        split="train",
        tools=(TOOL,),
        context=(UserMessage(content=f"Ring {who}."),),
        steps=(Step(calls=(ToolCall(name="ring", arguments={"who": who}),)),),
    )


def ignore_step(step: int, total: int, telling: str) -> None:
    """Listens to a training and says nothing."""


INSTRUCTIONS = [instruction(who) for who in ("Ann", "Bob", "Cleo", "Dora")]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, write_tiny_policy: WriteTinyPolicy) -> str:
    return write_tiny_policy(tmp_path_factory.mktemp("policy") / "base", INSTRUCTIONS, 64)


def examples(base: str) -> list[SftExample]:
    tokenizer = TransformersTokenizer(base)
    return [example for item in INSTRUCTIONS for example in build_examples(item, tokenizer)]


def config(**changes: object) -> TrainConfig:
    values: dict[str, object] = {
        "sft": SftConfig(learning_rate=5e-3, epochs=10, batch_size=4),
        "dpo": DpoConfig(learning_rate=5e-3, epochs=12, batch_size=4),
        "grpo": GrpoConfig(learning_rate=2e-3, epochs=12, batch_size=4, max_new_tokens=40),
        **changes,
    }
    return TrainConfig.model_validate(values)


def fine_tune(base: str, output: Path, settings: TrainConfig, steps: int | None = None) -> Checkpoint:
    return LEARNERS.sft(base, examples(base), output, settings, method="sft", steps=steps, seed=0, on_step=ignore_step)


def pairs(base: str) -> list[PreferencePair]:
    """Right who against wrong who, on the tokens of the base policy's tokenizer."""
    tokenizer = TransformersTokenizer(base)
    made: list[PreferencePair] = []
    for right, wrong in zip(INSTRUCTIONS, INSTRUCTIONS[1:] + INSTRUCTIONS[:1], strict=True):
        point = right.decision_points()[0]
        prompt, chosen = tokenizer.turn_ids(point.history, point.tools, point.reference_turn())
        _, rejected = tokenizer.turn_ids(point.history, point.tools, wrong.decision_points()[0].reference_turn())
        shared = next(i for i, (one, other) in enumerate(zip(chosen, rejected, strict=False)) if one != other)
        made.append(
            PreferencePair(
                id=right.id,
                instruction_id=right.id,
                tree_id=point.id,
                prompt_ids=prompt,
                shared_ids=chosen[:shared],
                chosen_ids=chosen[shared:],
                rejected_ids=rejected[shared:],
                chosen_from="reference",
                slot="argument_value",
                chosen_score=1.0,
                rejected_score=0.8,
                rejected_logprob=-1.0,
                rejected_errors=(),
            )
        )
    return made


def test_sft_lowers_the_loss_and_leaves_a_checkpoint_that_loads(base: str, tmp_path: Path) -> None:
    checkpoint = fine_tune(base, tmp_path / "sft", config())
    assert checkpoint.history[-1].loss < 0.7 * checkpoint.history[0].loss
    assert checkpoint.steps == 10
    assert checkpoint.tokens == 10 * sum(len(example.token_ids) for example in examples(base))
    assert TransformersModel(str(tmp_path / "sft")).max_length == 4096
    for name, digest in checkpoint.files.items():
        assert hashlib.sha256((tmp_path / "sft" / name).read_bytes()).hexdigest() == digest


def test_the_same_seed_trains_the_same_weights(base: str, tmp_path: Path) -> None:
    one = fine_tune(base, tmp_path / "one", config(), steps=3)
    other = fine_tune(base, tmp_path / "other", config(), steps=3)
    assert one.files["model.safetensors"] == other.files["model.safetensors"]


def test_a_steps_limit_is_kept(base: str, tmp_path: Path) -> None:
    assert fine_tune(base, tmp_path / "short", config(), steps=2).steps == 2


def test_lora_trains_few_parameters_and_is_merged(base: str, tmp_path: Path) -> None:
    checkpoint = fine_tune(base, tmp_path / "lora", config(parameters="lora"), steps=2)
    whole = fine_tune(base, tmp_path / "full", config(), steps=1)
    assert 0 < checkpoint.trainable_parameters < whole.trainable_parameters
    stored = json.loads((tmp_path / "lora" / "config.json").read_text())
    assert stored["architectures"] == ["Qwen3ForCausalLM"]
    TransformersModel(str(tmp_path / "lora"))


@pytest.mark.parametrize("parameters", ["full", "lora"])
def test_dpo_widens_the_margin_on_token_ids(base: str, tmp_path: Path, parameters: str) -> None:
    checkpoint = LEARNERS.dpo(
        base, pairs(base), tmp_path / "dpo", config(parameters=parameters), seed=0, on_step=ignore_step
    )
    margins = [step.metrics["rewards/margins"] for step in checkpoint.history]
    assert margins[0] == pytest.approx(0.0, abs=1e-3)  # policy and reference are the same before the first step
    assert margins[-1] > margins[0]
    assert checkpoint.method == "dpo"
    assert checkpoint.examples == 4


@pytest.mark.parametrize("parameters", ["full", "lora"])
def test_dpo_on_the_forest_is_dpo_on_padded_pairs(base: str, tmp_path: Path, parameters: str) -> None:
    """Equal losses, margins and log-probabilities over a whole training, in float32 up to its rounding."""
    losses: list[list[float]] = []
    for packing in ("tree", "pairs"):
        settings = config(
            parameters=parameters, packing=packing, dpo=DpoConfig(learning_rate=1e-3, epochs=20, batch_size=4)
        )
        made = LEARNERS.dpo(base, pairs(base), tmp_path / packing, settings, seed=0, on_step=ignore_step)
        told = ("rewards/margins", "logps/chosen", "logps/rejected")
        losses.append([v for step in made.history for v in (step.loss, *(step.metrics[name] for name in told))])
        assert "ttpa_tree" not in (tmp_path / packing / "config.json").read_text()
    assert len(losses[0]) == 80
    assert losses[0] == pytest.approx(losses[1], rel=0.02, abs=0.02)  # bf16 autocast rounds in another order


@pytest.mark.parametrize("parameters", ["full", "lora"])
def test_grpo_draws_turns_that_its_reward_prefers(base: str, tmp_path: Path, parameters: str) -> None:
    """The reward is the share of a letter: whatever the policy says, it can say more of that."""
    told: list[tuple[str, str]] = []

    def reward(prompts: list[str], completions: list[str], *, who: list[str], **_: object) -> list[float]:
        told.extend(zip(completions, who, strict=True))
        return [text.count("a") / max(1, len(text)) for text in completions]

    tokenizer = TransformersTokenizer(base)
    points = [one.decision_points()[0] for one in INSTRUCTIONS]
    prompts = [
        RewardedPrompt(prompt_ids=tokenizer.prompt_ids(p.history, p.tools), columns={"who": p.instruction_id})
        for p in points
    ]
    checkpoint = LEARNERS.grpo(
        base,
        prompts,
        tmp_path / "grpo",
        config(parameters=parameters),
        reward=reward,
        seed=0,
        on_step=ignore_step,
    )
    rewards = [step.metrics["reward"] for step in checkpoint.history]
    assert checkpoint.method == "grpo"
    assert checkpoint.steps == 12
    assert sum(rewards[-3:]) > sum(rewards[:3])
    assert len(told) == 12 * 4 * 8
    assert {who for _, who in told} == {point.instruction_id for point in points}
    assert not any("<|im_end|>" in text for text, _ in told)
    TransformersModel(str(tmp_path / "grpo"))
