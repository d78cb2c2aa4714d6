"""What all methods share: one training run, and the checkpoint that it leaves."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import math
import os
import shutil
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.distributed.tensor import DTensor
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainerCallback
from transformers.trainer_callback import PrinterCallback, TrainerControl, TrainerState
from transformers.training_args import TrainingArguments

from ttpa.errors import ModelError
from ttpa.models.device_memory import release_memory
from ttpa.records.checkpoints import Checkpoint, TrainMethod, TrainStep
from ttpa.records.record import Record
from ttpa.runs.manifest import hash_files, write_manifest
from ttpa.runs.record_files import read_record, write_record
from ttpa.stages.train.arguments import refuse_unable
from ttpa.stages.train.full_disk import telling_full_disk
from ttpa.stages.train.order import EpochSampler, Order
from ttpa.stages.train.remarks import remark
from ttpa.stages.train.resume import (
    RECORD,
    StateKeeper,
    finished,
    hash_records,
    identify,
    last_whole_state,
    states_folder,
)
from ttpa.stages.train.stage import OnStep, TrainConfig
from ttpa.stages.train.weights import gather_model

_LOGGED_METRICS = (
    "rewards/margins", "rewards/accuracies", "rewards/chosen", "rewards/rejected", "logps/chosen", "logps/rejected",
    "mean_token_accuracy", "reward", "reward_spread", "entropy", "kl",
    "completions/mean_length", "completions/clipped_ratio",
)  # fmt: skip


@contextmanager
def without_known_warnings() -> Generator[None]:
    """Hides what peft and TRL are warned of when they ask transformers by an old name: no user can do anything."""
    with warnings.catch_warnings():
        old_names = r"`(is_)?gradient_checkpointing(_\w+)?` is deprecated"
        warnings.filterwarnings("ignore", message=old_names, category=FutureWarning)
        yield


def load_tokenizer(path: str) -> PreTrainedTokenizerBase:
    """The tokenizer of a checkpoint or hub model."""
    tokenizer = AutoTokenizer.from_pretrained(path)
    assert isinstance(tokenizer, PreTrainedTokenizerBase)
    return tokenizer


class OrderedTrainer(Trainer):
    """Mixed into TRL's trainers: rows in an order of ours, and no card for what is only a state of a training."""

    order: Order | None = None

    def _get_train_sampler(self, *rows: Any, **named: Any) -> Any:
        if self.order is None:
            return super()._get_train_sampler(*rows, **named)
        return EpochSampler(self.order, seed=self.args.seed, epoch=lambda: int(self.state.epoch or 0))

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """Writes none."""


def train_once(
    make_trainer: Callable[[], Trainer],
    output: Path,
    *,
    method: TrainMethod,
    base: str,
    data: Sequence[Record],
    config: TrainConfig,
    steps: int | None = None,
    reward: str = "",
    seed: int,
    on_step: OnStep,
) -> Checkpoint:
    """The checkpoint in `output` of this very training: read where it has been done already, else trained.

    It goes on from the last whole state where there is one. The checkpoint is there whole or not at all; the states are
    removed then. Of several processes the first one writes, and all return once it is there. Raises `ModelError` where
    this machine lacks what the config asks for, and as soon as a loss that is told is not finite; `OSError` where the
    disk is full.
    """
    data_sha256 = hash_records(data)
    identity = identify(method, base, data_sha256, config, steps=steps, seed=seed, reward=reward)
    if done := finished(output, identity):
        if os.environ.get("RANK", "0") == "0":  # killed between the checkpoint and the end, it has left them
            shutil.rmtree(states_folder(output), ignore_errors=True)
        return done
    refuse_unable(config)
    trainer = make_trainer()
    assert isinstance(trainer.model, torch.nn.Module)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(_Listener(method, on_step))
    trainer.add_callback(StateKeeper(identity))
    trainable = sum(parameter.numel() for parameter in trainer.model.parameters() if parameter.requires_grad)
    draft = output.with_name(output.name + ".tmp")
    with telling_full_disk(states_folder(output), [draft]):
        trainer.train(resume_from_checkpoint=last_whole_state(states_folder(output), identity))
    history = _read_history(trainer.state.log_history)
    if not all(_is_finite(parameter) for parameter in trainer.model.parameters()):
        raise ModelError(f"{method}: the weights are not finite; a lower learning rate is due")
    model = gather_model(trainer, base)
    if not trainer.is_world_process_zero():
        trainer.accelerator.wait_for_everyone()
        return read_record(output / RECORD, Checkpoint)
    shutil.rmtree(draft, ignore_errors=True)
    assert isinstance(model, PreTrainedModel)
    with telling_full_disk(states_folder(output), [draft]):
        model.save_pretrained(draft)
        load_tokenizer(base).save_pretrained(draft)
    checkpoint = Checkpoint(
        method=method,
        base=base,
        examples=len(data),
        steps=trainer.state.global_step,
        tokens=int(trainer.state.num_input_tokens_seen),
        trainable_parameters=trainable,
        history=tuple(history),
        files=hash_files(draft),
        data_sha256=data_sha256,
        remarks=remark(history),
    )
    write_record(draft / RECORD, checkpoint)
    write_manifest(draft, identity, known=checkpoint.files)
    shutil.rmtree(output, ignore_errors=True)
    draft.rename(output)
    shutil.rmtree(states_folder(output), ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    del trainer, model
    release_memory()  # what comes next in this process, or beside it, wants the GPU for itself
    return checkpoint


def _is_finite(parameter: torch.Tensor) -> bool:
    """Of weights that processes share, this one's part."""
    mine = parameter.to_local() if isinstance(parameter, DTensor) else parameter
    return bool(torch.isfinite(mine).all())


def _read_history(log: Sequence[dict[str, Any]]) -> list[TrainStep]:
    return [
        TrainStep(
            step=int(row["step"]),
            loss=float(row["loss"]),
            metrics={name: float(row[name]) for name in _LOGGED_METRICS if name in row},
        )
        for row in log
        if "loss" in row
    ]


class _Listener(TrainerCallback):
    """Passes each logged step on, with its reward or its loss, and ends a training whose loss is not finite.

    A state is kept after a step was logged, so none is kept that cannot be gone on from.
    """

    def __init__(self, method: TrainMethod, on_step: OnStep) -> None:
        self._method, self._on_step = method, on_step

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: object,
    ) -> None:
        del args, control
        if logs and "loss" in logs:
            if not all(math.isfinite(float(logs.get(name, 0))) for name in ("loss", "grad_norm")):
                raise ModelError(
                    f"{self._method}: the loss or its gradient is not finite at step {state.global_step} of "
                    f"{state.max_steps}; a lower learning rate is due"
                )
            telling = "reward" if "reward" in logs else "loss"
            self._on_step(state.global_step, state.max_steps, f"{telling} {float(logs[telling]):.3f}")
