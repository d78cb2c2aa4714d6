"""Checkpoints: a trained policy on disk, and how it came about."""

from typing import Literal

from ttpa.records.record import Record

AlignMethod = Literal["dpo", "grpo", "probability"]
"""`dpo` learns from preference pairs, `grpo` from the rewards of turns that it draws itself, `probability` from the due
calls, each as a whole."""
TrainMethod = Literal["sft", "sft_continued"] | AlignMethod
"""`sft` on instructions; alignment from there; `sft_continued` for as many steps as the alignment, its control."""


class TrainStep(Record):
    """One logged optimiser step."""

    step: int
    loss: float
    metrics: dict[str, float] = {}
    """What the method logs besides: margins and log-probabilities of pairs, or rewards and their spread."""


class Checkpoint(Record):
    """A trained policy: a directory that plain `transformers` loads."""

    method: TrainMethod
    base: str
    """The path or hub name of the policy it started from."""
    examples: int
    steps: int
    tokens: int
    """Tokens in the training sequences, all epochs; prompts included."""
    trainable_parameters: int
    history: tuple[TrainStep, ...]
    files: dict[str, str]
    """SHA-256 of each file by its name."""
    data_sha256: str = ""
    """Of what it was trained on, one record a line."""
    remarks: tuple[str, ...] = ()
    """What went wrong while the loss fell, in words."""
