"""Pretraining: sessions of the stream -> a policy. Seeded, resumable to the bit, on a CPU (hours) or GPU (minutes)."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import math
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from pydantic import Field, model_validator
from transformers import PreTrainedTokenizerFast

from ttpa.errors import ModelError
from ttpa.pretrain.batches import make_batches
from ttpa.pretrain.family import FAMILIES, SmallModel
from ttpa.pretrain.fast_forward import FastForward
from ttpa.pretrain.folder import History, keep_config, resume, round_weights, save_policy, write_checkpoint
from ttpa.pretrain.model import FormConfig, make_model
from ttpa.pretrain.sessions import Session, SessionMaker
from ttpa.pretrain.sessions_ahead import sessions_ahead
from ttpa.progress import Reporter
from ttpa.records.record import Record

_CPU_FORWARD_TOKENS = 2048

Probe = Callable[[SmallModel], dict[str, float]]
"""Measures a model that is being trained; its numbers stand in the history."""


class Phase(Record):
    """What holds from a step on."""

    from_step: int = Field(ge=0)
    muon_rate: float = Field(gt=0)
    """Learning rate of the layers' matrices (Muon, scaled to the size of AdamW's steps)."""
    decision_weight: float = Field(gt=0)
    """Of the tokens in which a turn is decided (a tool's name, call or none, one more or the end), over the others."""


class Cycle(Record):
    """A rise and a fall of the learning rate (WSD-S, Wen et al. 2024, arXiv 2410.05192).

    The next cycle begins with the policy that this one gives, rounded as it is saved, and with new optimisers.
    """

    steps: int = Field(ge=1)
    decay_share: float = Field(ge=0, le=1)
    """The last share of the steps, over which the learning rate falls to zero."""


class PretrainConfig(Record):
    """How a policy is pretrained. The defaults made the embedded one."""

    seed: int = 0
    form: FormConfig = FormConfig()
    cycles: tuple[Cycle, ...] = Field(
        default=(
            Cycle(steps=2800, decay_share=0.428),
            Cycle(steps=2600, decay_share=0.6923),
            Cycle(steps=2000, decay_share=0.7),
            Cycle(steps=1800, decay_share=0.7),
        ),
        min_length=1,
    )
    sessions_per_step: int = Field(default=20, ge=1)
    """Dialogues an optimiser step; they have 450 tokens each on average."""
    forward_tokens: int | None = Field(default=None, ge=1)
    """Tokens of one forward at most, padding included; a longer session is a forward of its own. `None`: 2,048 on a
    CPU, whose caches hold them, and a whole step on a GPU."""
    phases: tuple[Phase, ...] = (
        Phase(from_step=0, muon_rate=2e-3, decision_weight=1.0),
        Phase(from_step=600, muon_rate=2e-3, decision_weight=4.0),
        Phase(from_step=1400, muon_rate=4e-3, decision_weight=4.0),
        Phase(from_step=2800, muon_rate=3e-3, decision_weight=2.0),
        Phase(from_step=5400, muon_rate=3e-3, decision_weight=1.0),
    )
    """First the policy learns to copy, then to choose, then faster; then to read what parameters are called, and then
    what their schemas tell."""
    adam_rate: float = Field(default=2e-3, gt=0)
    """Learning rate of embeddings and norms (AdamW)."""
    weight_decay: float = Field(default=0.05, ge=0)
    """Of the matrices."""
    warmup_steps: int = Field(default=100, ge=0)
    """Of each cycle."""
    context_weight: float = Field(default=0.1, ge=0)
    """Of the loss on a quarter of the tokens that are not the assistant's."""
    clip_norm: float = Field(default=1.0, gt=0)
    checkpoint_steps: int = Field(default=200, ge=1)
    """Steps between checkpoints."""
    probe_steps: int = Field(default=1000, ge=1)
    """Steps between measurements of the model."""

    @model_validator(mode="after")
    def _begins_with_a_phase(self) -> "PretrainConfig":
        if 0 not in {phase.from_step for phase in self.phases}:
            raise ValueError("no phase begins with step 0")
        return self

    @property
    def steps(self) -> int:
        """Of all cycles."""
        return sum(cycle.steps for cycle in self.cycles)


def pretrain(
    config: PretrainConfig,
    tokenizer: PreTrainedTokenizerFast,
    output: Path,
    *,
    reporter: Reporter,
    probe: Probe | None = None,
    stop_at: int | None = None,
) -> None:
    """Trains a policy and writes it to `output/policy`, as plain `transformers` loads it.

    A training that was cut off goes on from its last checkpoint in `output`, to the same bits. Each step's losses are a
    line of `output/history.jsonl`, drawn in `output/curve.svg`. With `stop_at` the training pauses after that step.

    Raises `ConfigError` where `output` holds a training with another config, `ModelError` where a loss or a gradient is
    not finite.
    """
    keep_config(config.model_dump(mode="json"), output)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = make_model(config.form, tokenizer, seed=config.seed)
    torch.nn.Module.to(model, device)
    optimisers = _make_optimisers(model, config)
    done = resume(output, model, optimisers)
    history = History(output, done)
    forward = FastForward(model, compiled=_has_compiler())
    last = config.steps if stop_at is None else min(config.steps, stop_at)
    make_session = SessionMaker(tokenizer, FAMILIES[config.form.family], config.seed)
    reporter.start("pretrain", config.steps)
    reporter.advance(done)
    started, seen = time.monotonic(), 0
    for step, sessions in sessions_ahead(make_session, config.sessions_per_step, done, last):
        if step and cycle_at(step, config)[1] == step:
            round_weights(model)
            optimisers = _make_optimisers(model, config)
        learned, context, tokens = _take_step(forward, model, optimisers, sessions, config, step, device)
        seen += tokens
        row = {"step": step, "learned_loss": learned, "context_loss": context, "tokens": tokens}
        finished = step + 1
        if probe is not None and (finished % config.probe_steps == 0 or finished == config.steps):
            row |= probe(model)
        history.add(row)
        reporter.advance(1, f"loss {learned:.3f}, {seen / (time.monotonic() - started):,.0f} tokens/s")
        if finished % config.checkpoint_steps == 0 or finished in (last, config.steps):
            write_checkpoint(output, finished, model, optimisers)
            history.draw()
    history.draw()
    if last == config.steps:
        save_policy(model, tokenizer, output / "policy")
        reporter.finish(f"pretrain  {config.steps} steps; {output / 'policy'}")


def learning_rate_share(step: int, config: PretrainConfig) -> float:
    """The share of the full learning rate at a step: in each cycle it rises, stays, and falls to zero in a line."""
    cycle, first = cycle_at(step, config)
    decay = max(1, round(cycle.decay_share * cycle.steps))
    done = step - first
    return min(1.0, (done + 1) / max(1, config.warmup_steps), (cycle.steps - done) / decay)


def cycle_at(step: int, config: PretrainConfig) -> tuple[Cycle, int]:
    """The cycle that a step belongs to, and its first step."""
    first = 0
    for cycle in config.cycles:
        if step < first + cycle.steps:
            return cycle, first
        first += cycle.steps
    raise ValueError(f"step {step} is beyond the last of {config.steps}")


def phase_at(step: int, config: PretrainConfig) -> Phase:
    """The phase that a step belongs to."""
    return max((phase for phase in config.phases if phase.from_step <= step), key=lambda phase: phase.from_step)


def _take_step(
    forward: FastForward,
    model: SmallModel,
    optimisers: list[torch.optim.Optimizer],
    sessions: list[Session],
    config: PretrainConfig,
    step: int,
    device: torch.device,
) -> tuple[float, float, int]:
    """One optimiser step; the losses on the assistant's tokens and on the others, and the number of tokens."""
    forward_tokens = config.forward_tokens or (_CPU_FORWARD_TOKENS if device.type == "cpu" else sys.maxsize)
    batches = make_batches(sessions, forward_tokens=forward_tokens, seed=config.seed * 1_000_003 + step)
    phase = phase_at(step, config)
    decision_weight = phase.decision_weight
    learned_count = sum(int(batch.is_learned.sum()) for batch in batches)
    decision_count = sum(int(batch.decides.sum()) for batch in batches)
    whole_weight = learned_count + (decision_weight - 1) * decision_count
    context_count = max(1, sum(len(batch.chosen) for batch in batches) - learned_count)
    losses_told = torch.zeros(2, dtype=torch.float64, device=device)
    for batch in batches:
        losses = forward.losses(batch.input_ids.to(device), batch.chosen.to(device), batch.target_ids.to(device))
        is_learned = batch.is_learned.to(device)
        learned = losses[is_learned].sum()
        context = losses[~is_learned].sum() / context_count
        weighted = learned + (decision_weight - 1) * losses[batch.decides.to(device)].sum()
        (weighted / whole_weight + config.context_weight * context).backward()
        losses_told += torch.stack([learned.detach().double() / learned_count, context.detach().double()])
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)
    for optimiser, rate in zip(optimisers, (phase.muon_rate, config.adam_rate), strict=True):
        for group in optimiser.param_groups:
            group["lr"] = rate * learning_rate_share(step, config)
        optimiser.step()
        optimiser.zero_grad()
    learned_loss, context_loss = losses_told.tolist()  # only now, for here a GPU is waited for
    if not math.isfinite(learned_loss + context_loss + float(norm)):
        raise ModelError(f"loss or gradient at step {step} is not finite; a lower learning rate is due")
    return learned_loss, context_loss, sum(len(session.token_ids) for session in sessions)


def _make_optimisers(model: SmallModel, config: PretrainConfig) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices (Jordan et al. 2024), AdamW for the rest; their rates are set at every step."""
    named = list(model.named_parameters())
    matrices = [parameter for name, parameter in named if parameter.ndim == 2 and "embed" not in name]
    others = [parameter for name, parameter in named if parameter.ndim != 2 or "embed" in name]
    muon = torch.optim.Muon(matrices, weight_decay=config.weight_decay, adjust_lr_fn="match_rms_adamw")
    return [muon, torch.optim.AdamW(others, betas=(0.9, 0.95), weight_decay=0.0)]


def _has_compiler() -> bool:
    """Whether `torch.compile` finds the compiler it needs; without one the same is computed more slowly."""
    return shutil.which(os.environ.get("CXX", "g++")) is not None
