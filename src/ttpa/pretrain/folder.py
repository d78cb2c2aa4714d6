"""What a pretraining keeps in its folder: config, tokenizer, the last checkpoint, and the losses of each step."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import copy
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast

from ttpa.config import changed_keys
from ttpa.errors import ConfigError, RunError
from ttpa.pretrain.curve import draw_curve, read_history
from ttpa.pretrain.family import SmallModel
from ttpa.runs.record_files import write_text


def keep_config(config: Mapping[str, Any], output: Path) -> None:
    """Writes the config down, once. Raises `ConfigError` where the folder holds a training with another one."""
    path = output / "config.json"
    if not path.exists():
        write_text(path, json.dumps(config, indent=1) + "\n")
        return
    changed = changed_keys(json.loads(path.read_text(encoding="utf-8")), config)
    if changed:
        raise ConfigError(
            f"{str(output)!r} holds a pretraining with another config ({'; '.join(changed)}); give another folder"
        )


def keep_tokenizer(make: Callable[[], PreTrainedTokenizerFast], output: Path) -> PreTrainedTokenizerFast:
    """The folder's tokenizer; where there is none yet, the one that `make` gives."""
    path = output / "tokenizer"
    if not path.exists():
        made = make()
        _save_whole(path, lambda draft: made.save_pretrained(draft))
    loaded = PreTrainedTokenizerFast.from_pretrained(path)
    assert isinstance(loaded, PreTrainedTokenizerFast)
    return loaded


def write_checkpoint(output: Path, step: int, model: SmallModel, optimisers: Sequence[torch.optim.Optimizer]) -> None:
    state = {"step": step, "model": model.state_dict(), "optimisers": [one.state_dict() for one in optimisers]}
    draft = output / "checkpoint.tmp"
    torch.save(state, draft)
    draft.replace(output / "checkpoint.pt")


def resume(output: Path, model: SmallModel, optimisers: Sequence[torch.optim.Optimizer]) -> int:
    """Loads the last checkpoint, where there is one; the steps that are done."""
    path = output / "checkpoint.pt"
    if not path.exists():
        return 0
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    model.load_state_dict(state["model"])
    for optimiser, saved in zip(optimisers, state["optimisers"], strict=True):
        optimiser.load_state_dict(saved)
    return int(state["step"])


class History:
    """The losses of each step, in `history.jsonl` and drawn in `curve.svg`.

    What a training that was cut off wrote after its last checkpoint is dropped. Raises `RunError` where rows from
    before it are missing.
    """

    def __init__(self, output: Path, done: int) -> None:
        self._path = path = output / "history.jsonl"
        self._curve = output / "curve.svg"
        kept = path.read_text(encoding="utf-8").splitlines()[:done] if path.exists() else []
        if len(kept) < done:
            raise RunError(f"{str(path)!r} has {len(kept)} rows, the checkpoint {done} steps; give another folder")
        write_text(path, "".join(line + "\n" for line in kept))

    def add(self, row: dict[str, float]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def draw(self) -> None:
        write_text(self._curve, draw_curve(read_history(self._path)))


def round_weights(model: SmallModel) -> None:
    """Makes the weights what `save_policy` would write."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.bfloat16())


def save_policy(model: SmallModel, tokenizer: PreTrainedTokenizerFast, path: Path) -> None:
    """Writes the policy as plain `transformers` loads it, in bfloat16, whole or not at all."""
    narrow = copy.deepcopy(model).bfloat16()

    def save(draft: Path) -> None:
        narrow.save_pretrained(draft)
        tokenizer.save_pretrained(draft)

    _save_whole(path, save)


def _save_whole(path: Path, save: Callable[[Path], object]) -> None:
    """A folder that is there as a whole or not at all."""
    draft = path.with_name(path.name + ".tmp")
    shutil.rmtree(draft, ignore_errors=True)
    save(draft)
    shutil.rmtree(path, ignore_errors=True)
    draft.rename(path)
