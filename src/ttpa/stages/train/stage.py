"""Train: instructions and pairs -> checkpoints. What is learned from is built here, on token ids; TRL learns it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol

from pydantic import Field

from ttpa.models.base import ChatTokenizer
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.instructions import Instruction
from ttpa.records.pairs import PreferencePair
from ttpa.records.record import Record

OnStep = Callable[[int, int, float], None]
"""Told of each logged step: its number, the number of all steps, the loss."""


class LoraConfig(Record):
    """Low-rank adapters on all linear layers but the head."""

    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)


class SftConfig(Record):
    """Supervised fine-tuning on instructions, loss on assistant turns only."""

    learning_rate: float = Field(default=1e-3, gt=0)
    """The default is for the small embedded policy; a large one wants 1e-5 (full) to 2e-4 (lora)."""
    epochs: float = Field(default=1.0, gt=0)
    batch_size: int = Field(default=16, ge=1)
    """Dialogues an optimiser step."""
    warmup_share: float = Field(default=0.05, ge=0, le=1)


class DpoConfig(Record):
    """Direct preference optimisation on pairs."""

    learning_rate: float = Field(default=3e-5, gt=0)
    """The default is for the small embedded policy; a large one wants 5e-7 (full) to 1e-5 (lora)."""
    epochs: float = Field(default=1.0, gt=0)
    batch_size: int = Field(default=8, ge=1)
    """Pairs an optimiser step."""
    beta: float = Field(default=0.1, gt=0)
    nll_weight: float = Field(default=1.0, ge=0)
    """Of the chosen turn's negative log-likelihood beside the preference loss; 0 leaves it out."""
    warmup_share: float = Field(default=0.05, ge=0, le=1)


class TrainConfig(Record):
    """How checkpoints are trained."""

    parameters: Literal["full", "lora"] = "full"
    """Whether all parameters are trained or low-rank adapters, which are merged into the checkpoint."""
    lora: LoraConfig = LoraConfig()
    sft: SftConfig | Literal[False] = SftConfig()
    """`sft = false` takes the policy as it is."""
    dpo: DpoConfig = DpoConfig()
    max_length: int = Field(default=4096, ge=1)
    """Tokens of a sequence; longer ones are left out and counted, never cut."""
    micro_batch_size: int = Field(default=8, ge=1)
    """Sequences (for DPO: pairs) in one forward; `batch_size` is reached by accumulating."""
    activation_checkpointing: bool = False
    """Less memory, more time."""


class SftExample(Record):
    """One training sequence."""

    token_ids: tuple[int, ...]
    is_learned: tuple[bool, ...]
    """Whether the token is the assistant's own, end tokens included."""


class Learners(Protocol):
    """What trains: TRL on this machine."""

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
        """Fine-tunes `base`, by the config's epochs or for exactly `steps`, and writes a checkpoint to `output`."""
        ...

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
        """Aligns `base` on `pairs`, with `base` as the reference model, and writes a checkpoint to `output`."""
        ...


def build_examples(instruction: Instruction, tokenizer: ChatTokenizer) -> list[SftExample]:
    """The training sequences of one instruction: its dialogue as one where each prompt continues the turn before.

    Where a template rewrites the history (one that strips old thinking does) a turn starts a sequence of its own.
    """
    sequences: list[tuple[list[int], list[bool]]] = []
    for point in instruction.decision_points():
        turn_message = point.reference_turn()
        if not turn_message.tool_calls and not turn_message.content:
            continue  # no call was due and the data holds no text: nothing to imitate
        prompt, turn = tokenizer.turn_ids(point.history, point.tools, turn_message)
        known = sequences[-1][0] if sequences else []
        if not sequences or tuple(known) != prompt[: len(known)]:
            sequences.append(([], []))
            known = []
        ids, learned = sequences[-1]
        learned.extend([False] * (len(prompt) - len(known)) + [True] * len(turn))
        ids.extend([*prompt[len(known) :], *turn])
    return [SftExample(token_ids=tuple(ids), is_learned=tuple(learned)) for ids, learned in sequences]
