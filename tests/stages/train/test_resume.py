"""Trainings that are killed and taken up again: the same weights, from whole states only."""

# pyright: reportUnknownMemberType=false

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

import pytest

from ttpa.records.checkpoints import AlignMethod, Checkpoint, TrainMethod
from ttpa.records.pairs import PreferencePair
from ttpa.runs.manifest import find_damage
from ttpa.stages.train import RewardedPrompt, SftExample, TrainConfig
from ttpa.stages.train.resume import identify
from ttpa.stages.train.stage import (
    DpoConfig,
    GrpoConfig,
    LoraConfig,
    OnStep,
    ProbabilityConfig,
    SftConfig,
    SftMethod,
)
from ttpa.stages.train.trl_learners import TrlLearners

pytestmark = pytest.mark.heavy
Train = Callable[[Path, OnStep], Checkpoint]
LEARNERS = TrlLearners()
STEPS = 12


class Kill(Exception):
    """Ends a training as a lost process would: in the middle, with nothing put in order."""


def kill_at(number: int) -> OnStep:
    def on_step(step: int, total: int, telling: str) -> None:
        assert total == STEPS
        if step == number:
            raise Kill(telling)

    return on_step


def config(**others: object) -> TrainConfig:
    return TrainConfig.model_validate(
        {
            "parameters": "full",
            "lora": LoraConfig(dropout=0.2),
            "micro_batch_size": 1,
            "checkpoint_steps": 2,
            "method": "probability",
            "sft": SftConfig(learning_rate=5e-3, epochs=6, batch_size=2),
            "probability": ProbabilityConfig(learning_rate=5e-3, epochs=6, batch_size=2),
            "dpo": DpoConfig(learning_rate=5e-3, epochs=6, batch_size=2),
            "grpo": GrpoConfig(learning_rate=5e-3, epochs=6, batch_size=2, completions=2, max_new_tokens=6, beta=0.1),
            **others,
        }
    )


def count_letter(prompts: list[str], completions: list[str], **_: object) -> list[float]:
    return [text.count("a") / max(1, len(text)) for text in completions]


def draw(base: str, prompts: list[RewardedPrompt], output: Path, rewarded_by: str, on_step: OnStep) -> Checkpoint:
    return LEARNERS.grpo(
        base, prompts, output, config(), reward=count_letter, rewarded_by=rewarded_by, seed=5, on_step=on_step
    )


@pytest.fixture(params=["sft", "probability", "dpo", "dpo with adapters", "grpo"])
def train(
    request: pytest.FixtureRequest,
    base: str,
    examples: list[SftExample],
    pairs: list[PreferencePair],
    prompts: list[RewardedPrompt],
) -> Train:
    def sft(output: Path, on_step: OnStep) -> Checkpoint:
        method = "sft" if request.param == "sft" else "probability"
        return LEARNERS.sft(base, examples, output, config(), method=method, steps=None, seed=5, on_step=on_step)

    def dpo(output: Path, on_step: OnStep) -> Checkpoint:
        parameters = "lora" if "adapters" in request.param else "full"
        return LEARNERS.dpo(base, pairs, output, config(parameters=parameters), seed=5, on_step=on_step)

    def grpo(output: Path, on_step: OnStep) -> Checkpoint:
        return draw(base, prompts, output, "a letter", on_step)

    return {"sft": sft, "probability": sft, "grpo": grpo}.get(request.param, dpo)


@pytest.fixture
def train_pairs(base: str, pairs: list[PreferencePair]) -> Train:
    return lambda output, on_step: LEARNERS.dpo(base, pairs, output, config(), seed=5, on_step=on_step)


def test_killed_three_times_it_ends_with_the_same_weights(train: Train, tmp_path: Path, ignore_step: OnStep) -> None:
    whole = train(tmp_path / "whole", ignore_step)
    for number in (3, 6, 11):
        with pytest.raises(Kill):
            train(tmp_path / "killed", kill_at(number))
        assert not (tmp_path / "killed").exists()
    seen: list[int] = []
    again = train(tmp_path / "killed", lambda step, total, telling: seen.append(step))
    assert seen == [11, 12]
    assert again.files["model.safetensors"] == whole.files["model.safetensors"]
    assert again == whole
    assert not list(tmp_path.glob("*.states"))


@pytest.mark.parametrize("method", ["sft", "probability", "grpo"])
def test_killed_it_goes_on_with_less_memory_to_the_same_weights_but_for_rounding(
    method: SftMethod | Literal["grpo"],
    base: str,
    examples: list[SftExample],
    prompts: list[RewardedPrompt],
    tmp_path: Path,
    ignore_step: OnStep,
) -> None:
    def train(output: Path, on_step: OnStep, **memory: object) -> Checkpoint:
        told = config(precision="float32", **memory)
        if method == "grpo":
            return LEARNERS.grpo(
                base, prompts, output, told, reward=count_letter, rewarded_by="a letter", seed=5, on_step=on_step
            )
        return LEARNERS.sft(base, examples, output, told, method=method, steps=None, seed=5, on_step=on_step)

    whole = train(tmp_path / "whole", ignore_step, micro_batch_size=2)
    with pytest.raises(Kill):
        train(tmp_path / "killed", kill_at(7), micro_batch_size=2)
    seen: list[int] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        again = train(
            tmp_path / "killed",
            lambda step, total, telling: seen.append(step),
            micro_batch_size=1,
            activation_checkpointing=True,
        )
    assert seen == [*range(7, STEPS + 1)]
    assert [step.loss for step in again.history] == pytest.approx([step.loss for step in whole.history], abs=1e-4)


def test_dpo_goes_on_with_activation_checkpointing_and_is_another_one_in_other_micro_batches(base: str) -> None:
    def identity(method: TrainMethod, **others: object) -> str:
        return identify(method, base, "", config(**others), steps=None, seed=5)

    assert identity("dpo", activation_checkpointing=True) == identity("dpo")
    assert identity("dpo", micro_batch_size=2) != identity("dpo")
    assert identity("sft", parameters="lora", micro_batch_size=2) != identity("sft", parameters="lora")  # it drops out
    lora = {"parameters": "lora", "lora": {"rank": 4}}
    assert identity("sft", **lora, micro_batch_size=2) == identity("sft", **lora)


def test_a_training_is_another_one_by_what_it_reads_alone(base: str) -> None:
    def changed(**others: object) -> set[TrainMethod]:
        return {
            method
            for method in get_args(SftMethod) + get_args(AlignMethod)
            if identify(method, base, "", config(**others), steps=None, seed=5)
            != identify(method, base, "", config(), steps=None, seed=5)
        }

    assert changed(sft={"learning_rate": 1e-4}) == {"sft"}
    assert changed(dpo={"beta": 0.2}) == {"dpo"}
    assert changed(grpo={"completions": 4}) == {"grpo"}
    assert changed(probability={"epochs": 2}) == {"probability", "sft_continued"}
    assert changed(packing="pairs") == {"dpo", "grpo"}
    every = {"sft", "sft_continued", "dpo", "grpo", "probability"}
    assert changed(precision="float32") == changed(parameters="lora") == every
    assert changed(lora={"rank": 4}) == changed(checkpoint_steps=7, launch="torchrun", report_to=["wandb"]) == set()


def test_every_damaged_file_makes_a_state_be_passed_over(
    train_pairs: Train, tmp_path: Path, ignore_step: OnStep
) -> None:
    with pytest.raises(Kill):
        train_pairs(tmp_path / "killed", kill_at(6))
    last = tmp_path / "killed.states" / "checkpoint-4"
    names = sorted(path.name for path in last.iterdir())
    assert {"model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "manifest.json"} <= set(names)
    for name in names:
        for harm in ("removed", "cut"):
            file = last / name
            before = file.read_bytes()
            file.unlink()
            if harm == "cut":
                file.write_bytes(before[: len(before) // 2])
            seen: list[int] = []

            def stop(step: int, total: int, telling: str, seen: list[int] = seen) -> None:
                seen.append(step)
                raise Kill

            with pytest.warns(UserWarning, match=rf"checkpoint-4.*{name}"), pytest.raises(Kill):
                train_pairs(tmp_path / "killed", stop)
            assert seen == [3], (name, harm)  # it went on from step 2
            file.write_bytes(before)
    whole = train_pairs(tmp_path / "whole", ignore_step)
    assert train_pairs(tmp_path / "killed", ignore_step) == whole


def test_another_training_does_not_go_on_from_a_state(
    base: str, pairs: list[PreferencePair], train_pairs: Train, tmp_path: Path, ignore_step: OnStep
) -> None:
    with pytest.raises(Kill):
        train_pairs(tmp_path / "one", kill_at(6))
    with pytest.warns(UserWarning, match="made of other data, another policy or another config"):
        other = LEARNERS.dpo(base, pairs[:3] + pairs[:1], tmp_path / "one", config(), seed=5, on_step=ignore_step)
    assert other.steps == STEPS
    assert other.history[0].step == 1


def test_a_base_is_what_its_files_are_wherever_it_lies(base: str, tmp_path: Path) -> None:
    def identity(policy: str) -> str:
        return identify("sft", policy, "", config(), steps=None, seed=5)

    moved, other = tmp_path / "moved", tmp_path / "other"
    for folder in (moved, other):
        shutil.copytree(base, folder)
    assert identity(base) == identity(str(moved)) == identity(str(other)) != identity("org/policy")
    (moved / "README.md").write_text("Found in the attic.", encoding="utf-8")
    assert identity(str(moved)) == identity(base)
    weights = other / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")  # replaced in place
    assert identity(str(other)) != identity(base)


def test_a_training_that_was_rewarded_by_something_else_is_another_one(
    base: str, prompts: list[RewardedPrompt], tmp_path: Path, ignore_step: OnStep
) -> None:
    with pytest.raises(Kill):
        draw(base, prompts, tmp_path / "one", "a letter", kill_at(6))
    with pytest.warns(UserWarning, match="made of other data, another policy or another config"):
        other = draw(base, prompts, tmp_path / "one", "another letter", ignore_step)
    assert other.history[0].step == 1


def test_a_training_that_is_done_is_not_done_again_unless_it_is_damaged(
    train_pairs: Train, tmp_path: Path, ignore_step: OnStep
) -> None:
    first = train_pairs(tmp_path / "one", ignore_step)
    assert find_damage(tmp_path / "one") is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert train_pairs(tmp_path / "one", kill_at(1)) == first
    (tmp_path / "one" / "model.safetensors").write_bytes(b"")
    assert train_pairs(tmp_path / "one", ignore_step) == first
    assert find_damage(tmp_path / "one") is None
