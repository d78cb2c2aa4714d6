"""A config in TRL's words: the arguments of its trainers, and the adapters."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import math
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig as PeftLoraConfig
from transformers import BitsAndBytesConfig

from ttpa.errors import ModelError
from ttpa.stages.train.resume import states_folder
from ttpa.stages.train.stage import TrainConfig
from ttpa.stages.train.trackers import refuse_trackers

_LOGGED_STEPS = 60
"""Points on a training curve, about."""


def trainer_arguments(
    output: Path,
    config: TrainConfig,
    *,
    batch_size: int,
    epochs: float,
    warmup_share: float,
    examples: int,
    steps: int | None,
    seed: int,
    rows_together: int = 1,
) -> dict[str, Any]:
    """Keyword arguments for the configs of TRL's trainers; `steps`, where given, takes the place of `epochs`.

    `micro_batch_size` counts `rows_together` as one. Raises `ModelError` where a batch cannot be divided among the
    processes.
    """
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if batch_size % processes:
        raise ModelError(f"a batch of {batch_size} cannot be divided among {processes} processes: take a multiple")
    mine = batch_size // processes
    micro = max(size for size in range(1, min(config.micro_batch_size * rows_together, mine) + 1) if mine % size == 0)
    total = steps or math.ceil(math.ceil(examples / batch_size) * epochs)
    cuda = torch.cuda.is_available()
    narrow = cuda and config.parameters != "full"
    logged = max(1, total // _LOGGED_STEPS)
    return {
        "output_dir": str(states_folder(output)),
        "per_device_train_batch_size": micro,
        "gradient_accumulation_steps": mine // micro,
        "num_train_epochs": epochs,
        "max_steps": steps or -1,
        "warmup_steps": min(max(1, round(warmup_share * total)), total - 1),  # a warming step learns less or nothing
        "lr_scheduler_type": "cosine",
        "logging_steps": logged,
        "activation_checkpointing": config.activation_checkpointing,
        "use_cpu": not cuda,
        "bf16": config.precision == "bf16",
        "logging_nan_inf_filter": False,  # a loss that is not finite must be seen
        "dataloader_pin_memory": cuda,
        "include_num_input_tokens_seen": "non_padding",
        "model_init_kwargs": {
            "use_safetensors": True,  # other weights could hold code
            "dtype": "bfloat16" if narrow else "float32",
            # On CPUs plain products are faster, above all backwards.
            "attn_implementation": "sdpa" if cuda else "eager",
        },
        "adam_beta2": 0.95,
        "save_strategy": "steps" if config.checkpoint_steps else "no",
        # Where a mean over steps is logged, so that it never spans a state.
        "save_steps": max(1, math.ceil(config.checkpoint_steps / logged)) * logged,
        "save_total_limit": 2,
        "report_to": list(config.report_to),
        "disable_tqdm": True,
        "log_level": "error",
        "seed": seed,
        "max_length": None,  # what is too long was left out before; nothing is cut here
    }


def refuse_unable(config: TrainConfig) -> None:
    """Raises `ModelError` where this machine or environment lacks what the config asks of a training."""
    refuse_trackers(config.report_to)
    if config.parameters == "qlora":
        if find_spec("bitsandbytes") is None:
            raise ModelError("train.parameters = 'qlora' needs it in this environment: pip install bitsandbytes")
        if not torch.cuda.is_available():
            raise ModelError("train.parameters = 'qlora' needs a GPU; on CPUs take 'lora'")
    if config.packing == "tree" and config.attention == "flex" and not torch.cuda.is_available():
        raise ModelError("train.attention = 'flex' needs a GPU: on CPUs it has no gradients; take 'sdpa'")


def quantization(config: TrainConfig) -> BitsAndBytesConfig | None:
    """How the weights below the adapters are held: in four bits for `qlora`, else as they are.

    Reference: Dettmers et al. 2023.
    """
    if config.parameters != "qlora":
        return None
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def peft_config(config: TrainConfig) -> PeftLoraConfig | None:
    """The adapters to train; none for full training."""
    if config.parameters == "full":
        return None
    lora = config.lora
    return PeftLoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
