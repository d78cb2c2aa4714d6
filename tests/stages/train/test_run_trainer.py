"""What a training leaves behind: its checkpoint, and nothing else on the disk or in memory."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import weakref
from pathlib import Path

import pytest
from safetensors.torch import load_file
from transformers import Trainer

from ttpa.errors import ModelError
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.pairs import PreferencePair
from ttpa.stages.train import TrainConfig
from ttpa.stages.train.dpo import make_trainer, train_dpo
from ttpa.stages.train.resume import states_folder
from ttpa.stages.train.run_trainer import train_once, without_known_warnings
from ttpa.stages.train.stage import DpoConfig, OnStep

pytestmark = pytest.mark.heavy
CONFIG = TrainConfig(dpo=DpoConfig(epochs=1, batch_size=2), parameters="full", checkpoint_steps=1)


@without_known_warnings()
def train(
    base: str, pairs: list[PreferencePair], output: Path, on_step: OnStep, held: list[weakref.ref[object]]
) -> Checkpoint:
    """Takes down what the training holds."""

    def make() -> Trainer:
        trainer = make_trainer(base, pairs, output, CONFIG, seed=1)
        held.extend(weakref.ref(each) for each in (trainer, trainer.model, trainer.ref_model))
        return trainer

    return train_once(make, output, method="dpo", base=base, data=pairs, config=CONFIG, seed=1, on_step=on_step)


def test_models_and_optimiser_are_gone_when_the_checkpoint_is_there(
    base: str, pairs: list[PreferencePair], tmp_path: Path, ignore_step: OnStep
) -> None:
    held: list[weakref.ref[object]] = []
    train(base, pairs, tmp_path / "out", ignore_step, held)
    assert len(held) == 3
    assert [each() for each in held] == [None] * 3


def test_a_loss_that_is_not_finite_ends_a_training_at_once_and_leaves_no_state_like_it(
    base: str, pairs: list[PreferencePair], tmp_path: Path, ignore_step: OnStep
) -> None:
    dpo = DpoConfig(epochs=20, batch_size=2, learning_rate=1e30)
    config = CONFIG.model_copy(update={"dpo": dpo})
    with pytest.raises(ModelError, match=r"dpo: the loss or its gradient is not finite at step \d of 40"):
        train_dpo(base, pairs, tmp_path / "out", config, seed=1, on_step=ignore_step)
    states = list(states_folder(tmp_path / "out").glob("checkpoint-*"))
    assert states
    for state in states:
        weights = load_file(state / "model.safetensors")
        assert all(bool(weight.isfinite().all()) for weight in weights.values())


def test_states_that_outlived_their_training_are_removed_by_the_next_look(
    base: str, pairs: list[PreferencePair], tmp_path: Path, ignore_step: OnStep
) -> None:
    first = train(base, pairs, tmp_path / "out", ignore_step, [])
    (states_folder(tmp_path / "out") / "checkpoint-2").mkdir(parents=True)
    held: list[weakref.ref[object]] = []
    assert train(base, pairs, tmp_path / "out", ignore_step, held) == first
    assert held == []
    assert not states_folder(tmp_path / "out").exists()
