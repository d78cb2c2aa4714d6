"""TRL as what trains."""

import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from ttpa.records.checkpoints import Checkpoint
from ttpa.records.pairs import PreferencePair
from ttpa.stages.train.dpo import train_dpo
from ttpa.stages.train.sft import train_sft
from ttpa.stages.train.stage import OnStep, SftExample, TrainConfig


class TrlLearners:
    """SFT and DPO through TRL in this process."""

    def sft(
        self,
        base: str,
        examples: Sequence[SftExample],
        output: Path,
        config: TrainConfig,
        *,
        method: Literal["sft", "sft_continued"],
        steps: int | None,
        seed: int,
        on_step: OnStep,
    ) -> Checkpoint:
        with _without_known_warnings():
            return train_sft(base, examples, output, config, method=method, steps=steps, seed=seed, on_step=on_step)

    def dpo(
        self,
        base: str,
        pairs: Sequence[PreferencePair],
        output: Path,
        config: TrainConfig,
        *,
        seed: int,
        on_step: OnStep,
    ) -> Checkpoint:
        with _without_known_warnings():
            return train_dpo(base, pairs, output, config, seed=seed, on_step=on_step)


@contextmanager
def _without_known_warnings() -> Generator[None]:
    """Hides what peft and TRL are warned of when they ask transformers by an old name: no user can do anything."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
        yield
