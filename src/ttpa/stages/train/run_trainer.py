"""What all methods share: the arguments of TRL's trainers, one training run, and the checkpoint it leaves."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import hashlib
import math
import shutil
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig as PeftLoraConfig
from peft import PeftModel
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainerCallback
from transformers.trainer_callback import PrinterCallback, TrainerControl, TrainerState
from transformers.training_args import TrainingArguments

from ttpa.errors import ModelError
from ttpa.records.checkpoints import Checkpoint, TrainMethod, TrainStep
from ttpa.stages.train.stage import OnStep, TrainConfig

_LOGGED_METRICS = (
    "rewards/margins", "rewards/accuracies", "logps/chosen", "logps/rejected", "mean_token_accuracy",
    "reward", "reward_spread", "frac_reward_zero_std", "entropy", "kl", "completions/mean_length",
    "completions/clipped_ratio",
)  # fmt: skip
_LOGGED_STEPS = 60
"""Points on a training curve, about."""


@contextmanager
def without_known_warnings() -> Generator[None]:
    """Hides what peft and TRL are warned of when they ask transformers by an old name: no user can do anything."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
        yield


def load_tokenizer(path: str) -> PreTrainedTokenizerBase:
    """The tokenizer of a checkpoint or hub model."""
    tokenizer = AutoTokenizer.from_pretrained(path)
    assert isinstance(tokenizer, PreTrainedTokenizerBase)
    return tokenizer


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
) -> dict[str, Any]:
    """Keyword arguments for the configs of TRL's trainers; `steps`, where given, takes the place of `epochs`."""
    micro = max(size for size in range(1, min(config.micro_batch_size, batch_size) + 1) if batch_size % size == 0)
    total = steps or math.ceil(math.ceil(examples / batch_size) * epochs)
    cuda = torch.cuda.is_available()
    narrow = cuda and config.parameters == "lora"
    return {
        "output_dir": str(output),
        "per_device_train_batch_size": micro,
        "gradient_accumulation_steps": batch_size // micro,
        "num_train_epochs": epochs,
        "max_steps": steps or -1,
        "warmup_steps": max(1, round(warmup_share * total)),
        "lr_scheduler_type": "cosine",
        "logging_steps": max(1, total // _LOGGED_STEPS),
        "activation_checkpointing": config.activation_checkpointing,
        "use_cpu": not cuda,
        "bf16": True,  # autocast over float32 weights; twice as fast as float32 on CPUs too
        "logging_nan_inf_filter": False,  # a loss that is not finite must be seen
        "dataloader_pin_memory": cuda,
        "include_num_input_tokens_seen": "non_padding",
        "model_init_kwargs": {
            "dtype": "bfloat16" if narrow else "float32",
            # On CPUs plain products are faster, above all backwards.
            "attn_implementation": "sdpa" if cuda else "eager",
        },
        "adam_beta2": 0.95,
        "save_strategy": "no",
        "report_to": [],
        "disable_tqdm": True,
        "log_level": "error",
        "seed": seed,
        "max_length": None,  # what is too long was left out before; nothing is cut here
    }


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


def run_trainer(
    trainer: Trainer,
    tokenizer: PreTrainedTokenizerBase,
    output: Path,
    *,
    method: TrainMethod,
    base: str,
    examples: int,
    on_step: OnStep,
) -> Checkpoint:
    """Trains and writes the checkpoint, whole or not at all. Raises `ModelError` where the loss is not finite."""
    assert isinstance(trainer.model, torch.nn.Module)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(_Listener(on_step))
    trainable = sum(parameter.numel() for parameter in trainer.model.parameters() if parameter.requires_grad)
    trainer.train()
    history = _read_history(trainer.state.log_history)
    finite = all(bool(torch.isfinite(parameter).all()) for parameter in trainer.model.parameters())
    if not finite or not all(math.isfinite(step.loss) for step in history):
        raise ModelError(f"{method}: the loss is not finite; a lower learning rate is due")
    model = trainer.accelerator.unwrap_model(trainer.model)
    if isinstance(model, PeftModel):
        model = model.merge_and_unload()
    assert isinstance(model, PreTrainedModel)
    draft = output.with_name(output.name + ".tmp")
    shutil.rmtree(draft, ignore_errors=True)
    model.save_pretrained(draft)
    tokenizer.save_pretrained(draft)
    files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(draft.iterdir())}
    shutil.rmtree(output, ignore_errors=True)
    draft.rename(output)
    return Checkpoint(
        method=method,
        base=base,
        examples=examples,
        steps=trainer.state.global_step,
        tokens=int(trainer.state.num_input_tokens_seen),
        trainable_parameters=trainable,
        history=tuple(history),
        files=files,
    )


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
    """Passes each logged step on, with its reward or its loss."""

    def __init__(self, on_step: OnStep) -> None:
        self._on_step = on_step

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
            telling = "reward" if "reward" in logs else "loss"
            self._on_step(state.global_step, state.max_steps, f"{telling} {float(logs[telling]):.3f}")
