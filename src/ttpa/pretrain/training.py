"""Pretraining: sessions of the stream -> a policy. Seeded, resumable to the bit, on a CPU (hours) or GPU (minutes)."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import json
import math
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from pydantic import Field
from torch import Tensor
from transformers import PreTrainedTokenizerFast, Qwen3ForCausalLM

from ttpa.config import changed_keys
from ttpa.errors import ConfigError, ModelError
from ttpa.pretrain.curve import draw_curve, read_history
from ttpa.pretrain.fast_forward import FastForward
from ttpa.pretrain.model import FormConfig, make_model
from ttpa.pretrain.sessions import Session, SessionMaker
from ttpa.progress import Reporter
from ttpa.records.record import Record

Probe = Callable[[Qwen3ForCausalLM], dict[str, float]]
"""Measures a model that is being trained; its numbers stand in the history."""


class PretrainConfig(Record):
    """How a policy is pretrained. The defaults made the embedded one."""

    seed: int = 0
    form: FormConfig = FormConfig()
    steps: int = Field(default=3000, ge=1)
    sessions_per_step: int = Field(default=20, ge=1)
    """Dialogues an optimiser step; they have 450 tokens each on average."""
    forward_tokens: int = Field(default=2048, ge=1)
    """Tokens of one forward at most, padding included; a longer session is a forward of its own. On a GPU take more."""
    muon_rate: float = Field(default=2e-3, gt=0)
    """Learning rate of the layers' matrices (Muon, scaled to the size of AdamW's steps)."""
    adam_rate: float = Field(default=2e-3, gt=0)
    """Learning rate of embeddings and norms (AdamW)."""
    weight_decay: float = Field(default=0.05, ge=0)
    """Of the matrices."""
    warmup_steps: int = Field(default=100, ge=0)
    decay_share: float = Field(default=0.34, ge=0, le=1)
    """The last share of all steps, over which the learning rate falls to zero."""
    context_weight: float = Field(default=0.1, ge=0)
    """Of the loss on a quarter of the tokens that are not the assistant's."""
    clip_norm: float = Field(default=1.0, gt=0)
    checkpoint_steps: int = Field(default=200, ge=1)
    """Steps between checkpoints."""
    probe_steps: int = Field(default=500, ge=1)
    """Steps between measurements of the model."""


@dataclass(frozen=True)
class Batch:
    """One forward: padded rows, and where a loss is taken."""

    input_ids: Tensor
    """(rows, columns)"""
    chosen: Tensor
    """(chosen,), positions in the flattened rows; the loss is on the token after each."""
    target_ids: Tensor
    """(chosen,)"""
    is_learned: Tensor
    """(chosen,), whether the target is the assistant's own."""


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

    Raises `ConfigError` where `output` holds a training with another config, `ModelError` where a loss is not finite.
    """
    output.mkdir(parents=True, exist_ok=True)
    _keep_config(config, output)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = make_model(config.form, tokenizer, seed=config.seed)
    torch.nn.Module.to(model, device)
    optimisers = _make_optimisers(model, config)
    done = _resume(output, model, optimisers)
    history = _History(output / "history.jsonl", done)
    forward = FastForward(model, compiled=device.type == "cuda" or _has_compiler())
    last = min(config.steps, stop_at or config.steps)
    reporter.start("pretrain", config.steps)
    reporter.advance(done)
    started, seen = time.monotonic(), 0
    for step, sessions in _sessions_ahead(SessionMaker(tokenizer, config.seed), config, done, last):
        learned, context, tokens = _take_step(forward, model, optimisers, sessions, config, step, device)
        if not math.isfinite(learned):
            raise ModelError(f"the loss at step {step} is not finite; a lower learning rate is due")
        seen += tokens
        row = {"step": step, "learned_loss": learned, "context_loss": context, "tokens": tokens}
        finished = step + 1
        if probe is not None and (finished % config.probe_steps == 0 or finished == config.steps):
            row |= probe(model)
        history.add(row)
        reporter.advance(1, f"loss {learned:.3f}, {seen / (time.monotonic() - started):,.0f} tokens/s")
        if finished % config.checkpoint_steps == 0 or finished in (last, config.steps):
            _write_checkpoint(output, finished, model, optimisers)
            (output / "curve.svg").write_text(draw_curve(read_history(output / "history.jsonl")), encoding="utf-8")
    if last == config.steps:
        _save_policy(model, tokenizer, output / "policy")
        reporter.finish(f"pretrain  {config.steps} steps; {output / 'policy'}")


def learning_rate_share(step: int, config: PretrainConfig) -> float:
    """The share of the full learning rate at a step, from 0: it rises, stays, and falls to zero in a line."""
    decay = max(1, round(config.decay_share * config.steps))
    return min(1.0, (step + 1) / max(1, config.warmup_steps), (config.steps - step) / decay)


def make_batches(sessions: list[Session], config: PretrainConfig, step: int) -> list[Batch]:
    """The forwards of a step: sessions of like length share one, padded to a multiple of 32 tokens."""
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    batches: list[Batch] = []
    rows: list[Session] = []
    for session in sorted(sessions, key=lambda session: len(session.token_ids)):
        if rows and (len(rows) + 1) * _padded(session) > config.forward_tokens:
            batches.append(_make_batch(rows, generator))
            rows = []
        rows.append(session)
    return [*batches, _make_batch(rows, generator)]


def _padded(session: Session) -> int:
    return -(-len(session.token_ids) // 32) * 32


def _make_batch(rows: list[Session], generator: torch.Generator) -> Batch:
    columns = _padded(rows[-1])
    input_ids = torch.zeros(len(rows), columns, dtype=torch.long)
    learned = torch.zeros(len(rows), columns, dtype=torch.bool)
    real = torch.zeros(len(rows), columns, dtype=torch.bool)
    for index, row in enumerate(rows):
        length = len(row.token_ids)
        input_ids[index, :length] = torch.tensor(row.token_ids)
        learned[index, : length - 1] = torch.tensor(row.is_learned[1:])
        real[index, : length - 1] = True
    sampled = torch.rand(learned.shape, generator=generator) < 0.25
    chosen = torch.nonzero((learned | (real & sampled)).flatten()).flatten()
    targets = input_ids.roll(-1, dims=1).flatten()
    return Batch(input_ids, chosen, targets[chosen], learned.flatten()[chosen])


def _take_step(
    forward: FastForward,
    model: Qwen3ForCausalLM,
    optimisers: list[torch.optim.Optimizer],
    sessions: list[Session],
    config: PretrainConfig,
    step: int,
    device: torch.device,
) -> tuple[float, float, int]:
    """One optimiser step; the losses on the assistant's tokens and on the others, and the number of tokens."""
    batches = make_batches(sessions, config, step)
    learned_count = sum(int(batch.is_learned.sum()) for batch in batches)
    context_count = max(1, sum(len(batch.chosen) for batch in batches) - learned_count)
    learned_loss = context_loss = 0.0
    for batch in batches:
        losses = forward.losses(batch.input_ids.to(device), batch.chosen.to(device), batch.target_ids.to(device))
        is_learned = batch.is_learned.to(device)
        learned = losses[is_learned].sum() / learned_count
        context = losses[~is_learned].sum() / context_count
        (learned + config.context_weight * context).backward()
        learned_loss, context_loss = learned_loss + float(learned.detach()), context_loss + float(context.detach())
    torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = group["full_rate"] * learning_rate_share(step, config)
        optimiser.step()
        optimiser.zero_grad()
    return learned_loss, context_loss, sum(len(session.token_ids) for session in sessions)


def _make_optimisers(model: Qwen3ForCausalLM, config: PretrainConfig) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices (Jordan et al. 2024), AdamW for the rest."""
    named = list(model.named_parameters())
    matrices = [parameter for name, parameter in named if parameter.ndim == 2 and "embed" not in name]
    others = [parameter for name, parameter in named if parameter.ndim != 2 or "embed" in name]
    muon = torch.optim.Muon(
        matrices, lr=config.muon_rate, weight_decay=config.weight_decay, adjust_lr_fn="match_rms_adamw"
    )
    adam = torch.optim.AdamW(others, lr=config.adam_rate, betas=(0.9, 0.95), weight_decay=0.0)
    for optimiser in (muon, adam):
        for group in optimiser.param_groups:
            group["full_rate"] = group["lr"]
    return [muon, adam]


def _sessions_ahead(
    make_session: SessionMaker, config: PretrainConfig, first: int, last: int
) -> Iterator[tuple[int, list[Session]]]:
    """The sessions of each step, made by another process while the model trains."""
    with ProcessPoolExecutor(1, get_context("spawn"), _work_alone, (make_session,)) as pool:
        ahead = 4
        waiting = {
            step: pool.submit(_make_sessions, step, config.sessions_per_step)
            for step in range(first, min(first + ahead, last))
        }
        for step in range(first, last):
            sessions = waiting.pop(step).result()
            if step + ahead < last:
                waiting[step + ahead] = pool.submit(_make_sessions, step + ahead, config.sessions_per_step)
            yield step, sessions


_worker: dict[str, SessionMaker] = {}


def _work_alone(make_session: SessionMaker) -> None:
    """Prepares the process that makes sessions; it ends with its parent, also where that one is killed."""
    _worker["make_session"] = make_session
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _make_sessions(step: int, count: int) -> list[Session]:
    return [_worker["make_session"](index) for index in range(step * count, (step + 1) * count)]


def _has_compiler() -> bool:
    """Whether `torch.compile` finds a C++ compiler on this machine; without one the same is computed more slowly."""
    return any(shutil.which(name) for name in (os.environ.get("CXX", "g++"), "g++", "clang++"))


def _keep_config(config: PretrainConfig, output: Path) -> None:
    path = output / "config.json"
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        changed = changed_keys(before, config.model_dump(mode="json"))
        if changed:
            raise ConfigError(
                f"{str(output)!r} holds a pretraining with another config ({'; '.join(changed)}); give another folder"
            )
    path.write_text(config.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _write_checkpoint(
    output: Path, step: int, model: Qwen3ForCausalLM, optimisers: list[torch.optim.Optimizer]
) -> None:
    state = {"step": step, "model": model.state_dict(), "optimisers": [one.state_dict() for one in optimisers]}
    draft = output / "checkpoint.tmp"
    torch.save(state, draft)
    draft.replace(output / "checkpoint.pt")


def _resume(output: Path, model: Qwen3ForCausalLM, optimisers: list[torch.optim.Optimizer]) -> int:
    """Loads the last checkpoint, where there is one; the steps that are done."""
    path = output / "checkpoint.pt"
    if not path.exists():
        return 0
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location=model.device)
    model.load_state_dict(state["model"])
    for optimiser, saved in zip(optimisers, state["optimisers"], strict=True):
        optimiser.load_state_dict(saved)
    return int(state["step"])


class _History:
    """The losses of each step, in a file; what a cut-off training wrote after its last checkpoint is dropped."""

    def __init__(self, path: Path, done: int) -> None:
        self._path = path
        kept = path.read_text(encoding="utf-8").splitlines()[:done] if path.exists() else []
        path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")

    def add(self, row: dict[str, float]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def _save_policy(model: Qwen3ForCausalLM, tokenizer: PreTrainedTokenizerFast, path: Path) -> None:
    """As plain `transformers` loads it, in bfloat16."""
    narrow = Qwen3ForCausalLM(model.config)
    narrow.load_state_dict(model.state_dict())
    narrow.bfloat16().save_pretrained(path)
    tokenizer.save_pretrained(path)
