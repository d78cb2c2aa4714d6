"""Train: instructions and pairs -> checkpoints. What is learned from is built here, on token ids; TRL learns it."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal, Protocol

from pydantic import Field, model_validator

from ttpa.models.base import ChatTokenizer
from ttpa.records.checkpoints import AlignMethod, Checkpoint, TrainMethod
from ttpa.records.instructions import Instruction
from ttpa.records.pairs import PreferencePair
from ttpa.records.record import Record

OnStep = Callable[[int, int, str], None]
"""Told of each logged step: its number, the number of all steps, and how it goes."""
Attention = Literal["sdpa", "flex"]
SftMethod = Literal["sft", "sft_continued", "probability"]
"""The trainings that read instructions: the first, its control, and the alignment by probabilities."""
TurnReward = Callable[..., list[float]]
"""A reward function in TRL's signature: prompts, completions as text, and by name which of them `ended` and the columns
of the prompts."""


class LoraConfig(Record):
    """Low-rank adapters on all linear layers but the head."""

    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)


class SftConfig(Record):
    """Supervised fine-tuning on instructions, loss on assistant turns only."""

    learning_rate: float = Field(default=1e-3, gt=0)
    """The default is for the small embedded policy; a large one wants 1e-5 (full) to 2e-4 (lora)."""
    epochs: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    batch_size: int = Field(default=16, ge=1)
    """Dialogues per optimiser step."""
    warmup_share: float = Field(default=0.05, ge=0, le=1)


class DpoConfig(Record):
    """Direct preference optimisation on pairs."""

    learning_rate: float = Field(default=3e-5, gt=0)
    """The default is for the small embedded policy; a large one wants 5e-7 (full) to 1e-5 (lora)."""
    epochs: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    batch_size: int = Field(default=8, ge=1)
    """Pairs per optimiser step."""
    beta: float = Field(default=0.1, gt=0)
    nll_weight: float = Field(default=1.0, ge=0)
    """Of the negative log-likelihood of what the chosen turn says from the fork on, a mean over the tokens of a
    micro-batch, beside the preference loss; 0 leaves it out."""
    margin_weight: float = Field(default=0.0, ge=0)
    """How much more a pair counts whose scores are further apart: its preference loss is weighted with the score gap to
    this power, over the mean of all pairs. 0 weighs all alike."""
    warmup_share: float = Field(default=0.05, ge=0, le=1)


class GrpoConfig(Record):
    """Group relative policy optimisation: turns that are drawn at each decision point, rewarded by their score."""

    reward: Literal["graded", "binary", "gated"] = "graded"
    """The score itself; 1 for a turn without error, else 0; or the score where the schemas allow every call, else 0."""
    learning_rate: float = Field(default=5e-5, gt=0)
    """The default is for the small embedded policy; a large one wants 1e-6 (full) to 1e-5 (lora)."""
    epochs: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    batch_size: int = Field(default=8, ge=1)
    """Decision points per optimiser step."""
    completions: int = Field(default=8, ge=2)
    """Turns that are drawn at each of them."""
    temperature: float = Field(default=1.0, gt=0)
    scale: Literal["batch", "group", "none"] = "batch"
    """A turn's advantage is divided by the standard deviation of the rewards of its batch, of its group, or of none.
    With `group` a slip that costs 0.02 where all else is right weighs as much as a wrong tool."""
    beta: float = Field(default=0.0, ge=0)
    """Of the divergence from the policy before; 0 leaves it, and the second model, out."""
    max_new_tokens: int = Field(default=160, ge=1)
    warmup_share: float = Field(default=0.05, ge=0, le=1)


class ProbabilityConfig(Record):
    """More fine-tuning on the instructions, by the probability of each due call in place of its logarithm."""

    learning_rate: float = Field(default=1e-4, gt=0)
    """The default is for the small embedded policy; a large one wants 2e-6 (full) to 2e-5 (lora)."""
    epochs: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    batch_size: int = Field(default=8, ge=1)
    """Dialogues per optimiser step."""
    warmup_share: float = Field(default=0.05, ge=0, le=1)


class TrainConfig(Record):
    """How checkpoints are trained."""

    method: AlignMethod = "dpo"
    """How the fine-tuned policy is aligned."""

    parameters: Literal["full", "lora", "qlora"] = "full"
    """Whether all parameters are trained or low-rank adapters, which are merged into the checkpoint; with `qlora` the
    weights below them are held in four bits, which needs a GPU and bitsandbytes."""
    lora: LoraConfig = LoraConfig()
    sft: SftConfig | Literal[False] = SftConfig()
    """`sft = false` takes the policy as it is."""
    dpo: DpoConfig = DpoConfig()
    grpo: GrpoConfig = GrpoConfig()
    probability: ProbabilityConfig = ProbabilityConfig()
    packing: Literal["tree", "pairs"] = "tree"
    """How DPO and GRPO compute a batch: what its sequences share once, as one forest of tokens, or each sequence by
    itself; so, too, the prompt of turns that GRPO draws. The result is the same; models with other than full attention
    take `pairs`."""
    attention: Attention = "sdpa"
    """How the forest is attended: by a causal kernel for trunks and a mask for what comes after them, or by
    FlexAttention, which needs a GPU, compiles a kernel at the first step, and skips what is not seen."""
    max_length: int = Field(default=4096, ge=1)
    """Tokens of a sequence; longer ones are left out and counted, never cut."""
    micro_batch_size: int = Field(default=8, ge=1)
    """Sequences (for DPO: pairs; for GRPO: decision points with all turns that are drawn there) in one forward;
    `batch_size` is reached by accumulating. It may change in the middle of a training, but for DPO, whose loss has
    means over it, and for adapters with dropout."""
    activation_checkpointing: bool = False
    """Less memory, more time. It may change in the middle of a training."""
    launch: str = ""
    """What starts the processes of a training, one per device: `torchrun --nproc-per-node 2`, or `accelerate launch
    --config_file configs/accelerate/ddp.yaml`. Empty, it runs in this process."""
    report_to: tuple[str, ...] = ()
    """Trackers besides the run's own report, as transformers names them: `trackio`, `wandb`, `mlflow`. An empty list
    tells none."""
    precision: Literal["bf16", "float32"] = "bf16"
    """Of products. `bf16` is autocast: over float32 weights where all parameters are trained, and on CPUs (twice as
    fast there, too); on a GPU the weights below adapters are bfloat16 whatever this says."""
    checkpoint_steps: int = Field(default=100, ge=0)
    """Optimiser steps after which a training keeps its state, about; one that is cut off goes on from the last one, to
    the same weights. 0 keeps none."""

    @model_validator(mode="after")
    def _fits_together(self) -> "TrainConfig":
        if self.attention == "flex" and self.packing == "pairs":
            raise ValueError("train.attention = 'flex' is for the forest; with train.packing = 'pairs' leave it 'sdpa'")
        return self

    @property
    def samples(self) -> bool:
        """Whether the alignment learns from what the policy says, and not from the instructions alone."""
        return self.method != "probability"

    @property
    def alignment(self) -> DpoConfig | GrpoConfig | ProbabilityConfig:
        """The section of the method that aligns."""
        return {"dpo": self.dpo, "grpo": self.grpo, "probability": self.probability}[self.method]

    def section(self, method: TrainMethod) -> SftConfig | DpoConfig | GrpoConfig | ProbabilityConfig:
        """The section that a training takes: the control of an alignment has the alignment's steps."""
        if method == "sft":
            return self.sft or SftConfig()
        return {"dpo": self.dpo, "grpo": self.grpo}.get(method, self.alignment)

    def hangs_on_micro_batches(self, method: TrainMethod) -> bool:
        """Whether `micro_batch_size` decides more than how sums are rounded.

        DPO's terms are means over a micro-batch, and adapters that drop out do so micro-batch by micro-batch.
        """
        return method == "dpo" or (self.parameters != "full" and self.lora.dropout > 0)


class SftExample(Record):
    """One training sequence."""

    token_ids: tuple[int, ...]
    is_learned: tuple[bool, ...]
    """Whether the token is the assistant's own, end tokens included."""
    calls: tuple[bool, ...] = ()
    """Of each of the assistant's turns, whether it calls tools; likelihood does not ask."""


class RewardedPrompt(Record):
    """A decision point at which turns are drawn while training."""

    prompt_ids: tuple[int, ...]
    columns: dict[str, str]
    """What the reward is told of it, by name."""


class Learners(Protocol):
    """What trains: TRL on this machine."""

    def sft(
        self,
        base: str,
        examples: Sequence[SftExample],
        output: Path,
        config: TrainConfig,
        *,
        method: SftMethod,
        steps: int | None,
        seed: int,
        on_step: OnStep,
    ) -> Checkpoint:
        """Fine-tunes `base`, by the config's epochs or for exactly `steps`, and writes a checkpoint to `output`.

        With `probability` by that of each call; else by the likelihood.
        """
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

    def grpo(
        self,
        base: str,
        prompts: Sequence[RewardedPrompt],
        output: Path,
        config: TrainConfig,
        *,
        reward: TurnReward,
        rewarded_by: str,
        seed: int,
        on_step: OnStep,
    ) -> Checkpoint:
        """Aligns `base` on turns that it draws after `prompts`, by their `reward`, and writes a checkpoint.

        `rewarded_by` says what the reward is; a training does not go on from one that was rewarded by something else.
        """
        ...


def build_examples(instruction: Instruction, tokenizer: ChatTokenizer) -> list[SftExample]:
    """The training sequences of one instruction: its dialogue as one where each prompt continues the turn before.

    Where a template rewrites the history (one that strips old thinking does) a turn starts a sequence of its own.
    """
    sequences: list[tuple[list[int], list[bool], list[bool]]] = []
    for point in instruction.decision_points():
        turn_message = point.reference_turn()
        if not turn_message.tool_calls and not turn_message.content:
            continue  # no call was due and the data holds no text: nothing to imitate
        prompt, turn = tokenizer.turn_ids(point.history, point.tools, turn_message)
        known = sequences[-1][0] if sequences else []
        if not sequences or tuple(known) != prompt[: len(known)]:
            sequences.append(([], [], []))
            known = []
        ids, learned, calls = sequences[-1]
        learned.extend([False] * (len(prompt) - len(known)) + [True] * len(turn))
        ids.extend([*prompt[len(known) :], *turn])
        calls.append(bool(turn_message.tool_calls))
    return [SftExample(token_ids=tuple(a), is_learned=tuple(b), calls=tuple(c)) for a, b, c in sequences]


def count_shared(pairs: Sequence[PreferencePair], batch_size: int) -> tuple[int, int]:
    """Tokens of all sequences of some pairs, and how many of them are distinct within a batch: nodes of its forest.

    Pairs of one instruction stand together, as they do while training.
    """
    members: dict[str, list[PreferencePair]] = {}
    for pair in pairs:
        members.setdefault(pair.instruction_id, []).append(pair)
    ordered = [pair for group in members.values() for pair in group]
    tokens = nodes = 0
    for start in range(0, len(ordered), batch_size):
        sequences = sorted(
            (*pair.prompt_ids, *pair.shared_ids, *rest)
            for pair in ordered[start : start + batch_size]
            for rest in (pair.chosen_ids, pair.rejected_ids)
        )
        tokens += sum(map(len, sequences))
        nodes += len(sequences[0])
        for before, sequence in pairwise(sequences):
            shared = next((i for i, (a, b) in enumerate(zip(before, sequence, strict=False)) if a != b), None)
            nodes += len(sequence) - (min(len(before), len(sequence)) if shared is None else shared)
    return tokens, nodes
