"""Supervised fine-tuning through TRL, on token ids with their own labels: by likelihood, or by calls' probabilities."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import Trainer
from trl import SFTConfig as TrlSftConfig
from trl import SFTTrainer

from ttpa.records.checkpoints import Checkpoint
from ttpa.stages.train.arguments import peft_config, quantization, trainer_arguments
from ttpa.stages.train.call_probability import NO_LOSS, CallProbabilityTrainer
from ttpa.stages.train.order import by_length
from ttpa.stages.train.run_trainer import OrderedTrainer, load_tokenizer, train_once, without_known_warnings
from ttpa.stages.train.stage import OnStep, SftExample, SftMethod, TrainConfig


@without_known_warnings()
def train_sft(
    base: str,
    examples: Sequence[SftExample],
    output: Path,
    config: TrainConfig,
    *,
    method: SftMethod = "sft",
    steps: int | None = None,
    seed: int,
    on_step: OnStep,
) -> Checkpoint:
    """Fine-tunes `base` on the assistant's tokens of `examples` and writes a checkpoint to `output`.

    By the config's epochs, or for exactly `steps` optimiser steps; the first training takes `config.sft`, the others
    the section of the alignment, of which `sft_continued` is the control.
    """
    return train_once(
        lambda: _make_trainer(base, examples, output, config, method=method, steps=steps, seed=seed),
        output,
        method=method,
        base=base,
        data=examples,
        config=config,
        steps=steps,
        seed=seed,
        on_step=on_step,
    )


def _make_trainer(
    base: str,
    examples: Sequence[SftExample],
    output: Path,
    config: TrainConfig,
    *,
    method: SftMethod,
    steps: int | None,
    seed: int,
) -> "_TokenSftTrainer | CallProbabilityTrainer":
    """TRL's trainer over the examples' token ids and labels."""
    section = config.section(method)
    arguments = trainer_arguments(
        output,
        config,
        batch_size=section.batch_size,
        epochs=section.epochs,
        warmup_share=section.warmup_share,
        examples=len(examples),
        steps=steps,
        seed=seed,
    )
    trainer = _trainer_class(method)(
        model=base,
        args=TrlSftConfig(
            learning_rate=section.learning_rate,
            dataset_kwargs={"skip_prepare_dataset": True},
            **arguments,
        ),
        train_dataset=Dataset.from_list([_row(example) for example in examples]),
        processing_class=load_tokenizer(base),
        peft_config=peft_config(config),
        quantization_config=quantization(config),
    )
    trainer.order = by_length([len(example.token_ids) for example in examples], section.batch_size)
    if isinstance(trainer, CallProbabilityTrainer):
        trainer.tell_calls()
    return trainer


def _trainer_class(method: SftMethod) -> "type[_TokenSftTrainer | CallProbabilityTrainer]":
    if method == "probability":
        return CallProbabilityTrainer
    return _TokenSftTrainer if torch.cuda.is_available() else _PlainLossTrainer


class _TokenSftTrainer(OrderedTrainer, SFTTrainer):
    """TRL's trainer over token ids, in an order that goes on where it stopped."""


class _PlainLossTrainer(_TokenSftTrainer):
    """Takes transformers' own loss: without Triton TRL's fused one costs as much as all layers of a small model."""

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        return Trainer.compute_loss(self, model, inputs, return_outputs, num_items_in_batch)


def _row(example: SftExample) -> dict[str, list[int] | list[bool]]:
    labels = [
        token_id if is_learned else NO_LOSS
        for token_id, is_learned in zip(example.token_ids, example.is_learned, strict=True)
    ]
    return {"input_ids": list(example.token_ids), "labels": labels, "calls": list(example.calls)}
