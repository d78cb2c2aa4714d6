"""Supervised fine-tuning through TRL, on token ids with their own labels."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from datasets import Dataset
from transformers import Trainer
from trl import SFTConfig as TrlSftConfig
from trl import SFTTrainer

from ttpa.records.checkpoints import Checkpoint
from ttpa.stages.train.run_trainer import (
    load_tokenizer,
    peft_config,
    run_trainer,
    trainer_arguments,
    without_known_warnings,
)
from ttpa.stages.train.stage import OnStep, SftConfig, SftExample, TrainConfig

_NO_LOSS = -100


@without_known_warnings()
def train_sft(
    base: str,
    examples: Sequence[SftExample],
    output: Path,
    config: TrainConfig,
    *,
    method: Literal["sft", "sft_continued"] = "sft",
    steps: int | None = None,
    seed: int,
    on_step: OnStep,
) -> Checkpoint:
    """Fine-tunes `base` on the assistant's tokens of `examples` and writes a checkpoint to `output`.

    By the config's epochs, or for exactly `steps` optimiser steps; continued training takes the learning rate and the
    batch size of the alignment, whose control it is.
    """
    sft = config.sft or SftConfig()
    arguments = trainer_arguments(
        output,
        config,
        batch_size=sft.batch_size if method == "sft" else config.alignment.batch_size,
        epochs=sft.epochs,
        warmup_share=sft.warmup_share,
        examples=len(examples),
        steps=steps,
        seed=seed,
    )
    rate = sft.learning_rate if method == "sft" else config.alignment.learning_rate
    tokenizer = load_tokenizer(base)
    trainer_class = SFTTrainer if torch.cuda.is_available() else _PlainLossTrainer
    trainer = trainer_class(
        model=base,
        args=TrlSftConfig(
            learning_rate=rate,
            dataset_kwargs={"skip_prepare_dataset": True},
            train_sampling_strategy="group_by_length",
            **arguments,
        ),
        train_dataset=Dataset.from_list([_row(example) for example in examples]),
        processing_class=tokenizer,
        peft_config=peft_config(config),
    )
    return run_trainer(trainer, tokenizer, output, method=method, base=base, examples=len(examples), on_step=on_step)


class _PlainLossTrainer(SFTTrainer):
    """Takes transformers' own loss: without Triton TRL's fused one costs as much as all layers of a small model."""

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        return Trainer.compute_loss(self, model, inputs, return_outputs, num_items_in_batch)


def _row(example: SftExample) -> dict[str, list[int]]:
    labels = [
        token_id if is_learned else _NO_LOSS
        for token_id, is_learned in zip(example.token_ids, example.is_learned, strict=True)
    ]
    return {"input_ids": list(example.token_ids), "labels": labels}
