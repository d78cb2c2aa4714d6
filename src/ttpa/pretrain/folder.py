"""What a pretraining keeps in its folder: its config, the last checkpoint, and the losses of each step."""

# pyright: reportUnknownMemberType=false

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast, Qwen3ForCausalLM

from ttpa.config import changed_keys
from ttpa.errors import ConfigError
from ttpa.pretrain.curve import draw_curve, read_history


def keep_config(config: Mapping[str, Any], output: Path) -> None:
    path = output / "config.json"
    if path.exists():
        before = json.loads(path.read_text(encoding="utf-8"))
        changed = changed_keys(before, config)
        if changed:
            raise ConfigError(
                f"{str(output)!r} holds a pretraining with another config ({'; '.join(changed)}); give another folder"
            )
    path.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def write_checkpoint(
    output: Path, step: int, model: Qwen3ForCausalLM, optimisers: Sequence[torch.optim.Optimizer]
) -> None:
    state = {"step": step, "model": model.state_dict(), "optimisers": [one.state_dict() for one in optimisers]}
    draft = output / "checkpoint.tmp"
    torch.save(state, draft)
    draft.replace(output / "checkpoint.pt")


def resume(output: Path, model: Qwen3ForCausalLM, optimisers: Sequence[torch.optim.Optimizer]) -> int:
    """Loads the last checkpoint, where there is one; the steps that are done."""
    path = output / "checkpoint.pt"
    if not path.exists():
        return 0
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location=model.device)
    model.load_state_dict(state["model"])
    for optimiser, saved in zip(optimisers, state["optimisers"], strict=True):
        optimiser.load_state_dict(saved)
    return int(state["step"])


class History:
    """The losses of each step, in `history.jsonl` and drawn in `curve.svg`.

    What a training that was cut off wrote after its last checkpoint is dropped.
    """

    def __init__(self, output: Path, done: int) -> None:
        self._path = path = output / "history.jsonl"
        self._curve = output / "curve.svg"
        kept = path.read_text(encoding="utf-8").splitlines()[:done] if path.exists() else []
        path.write_text("".join(line + "\n" for line in kept), encoding="utf-8")

    def add(self, row: dict[str, float]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def draw(self) -> None:
        self._curve.write_text(draw_curve(read_history(self._path)), encoding="utf-8")


def save_policy(model: Qwen3ForCausalLM, tokenizer: PreTrainedTokenizerFast, path: Path) -> None:
    """As plain `transformers` loads it, in bfloat16."""
    narrow = Qwen3ForCausalLM(model.config)
    narrow.load_state_dict(model.state_dict())
    narrow.bfloat16().save_pretrained(path)
    tokenizer.save_pretrained(path)
