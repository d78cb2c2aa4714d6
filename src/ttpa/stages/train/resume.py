"""Trainings that go on where they were cut off: states that are whole or do not count, and what each was made of."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import hashlib
import json
import warnings
from collections.abc import Iterable
from pathlib import Path

import torch
from transformers import TrainerCallback
from transformers.trainer_callback import TrainerControl, TrainerState
from transformers.training_args import TrainingArguments

from ttpa.records.checkpoints import Checkpoint, TrainMethod
from ttpa.records.record import Record
from ttpa.runs.manifest import MANIFEST, find_damage, sha256, write_manifest
from ttpa.runs.record_files import read_record
from ttpa.stages.train.stage import SftConfig, TrainConfig

RECORD = "checkpoint.json"
"""The record of a training, beside the weights that it gave."""
_READ_OF_A_BASE = {".json", ".safetensors", ".jinja", ".model", ".txt"}
"""Config, weights, and what a tokenizer is made of."""


def states_folder(output: Path) -> Path:
    """Where a training that will end in `output` keeps its states until then."""
    return output.with_name(output.name + ".states")


def identify(
    method: TrainMethod,
    base: str,
    data_sha256: str,
    config: TrainConfig,
    *,
    steps: int | None,
    seed: int,
    reward: str = "",
) -> str:
    """What decides a training's outcome, as one digest; what only rounds otherwise is not in it.

    A base in a folder is what its files are, wherever it lies; one on a hub is its name.
    """
    told = [
        method,
        _identify_base(base),
        data_sha256,
        _find_deciding(method, config),
        steps,
        seed,
        reward,
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _find_deciding(method: TrainMethod, config: TrainConfig) -> dict[str, object]:
    """What of the config decides a training of this method, besides which data are in it."""
    section = config.section(method).model_dump(mode="json")
    keys = ["parameters", "precision"]
    if config.parameters != "full":
        keys.append("lora")
    if method in ("dpo", "grpo"):
        keys += ["packing", "attention"]
    else:
        section = {key: section[key] for key in SftConfig.model_fields}  # a control has no loss of its alignment
    if config.hangs_on_micro_batches(method):
        keys.append("micro_batch_size")
    return {"steps": section, **config.model_dump(mode="json", include=set(keys))}


def _identify_base(base: str) -> object:
    folder = Path(base)
    if not folder.is_dir():
        return base
    if (folder / MANIFEST).is_file():
        return sha256(folder / MANIFEST)
    return {path.name: sha256(path) for path in folder.iterdir() if path.suffix in _READ_OF_A_BASE}


def hash_records(records: Iterable[Record]) -> str:
    """The SHA-256 of records as JSON lines."""
    digest = hashlib.sha256()
    for record in records:
        digest.update(record.model_dump_json().encode() + b"\n")
    return digest.hexdigest()


def finished(output: Path, identity: str) -> Checkpoint | None:
    """The record of this very training where it has been done already, whole."""
    if not output.exists() or find_damage(output, identity):
        return None
    return read_record(output / RECORD, Checkpoint)


def last_whole_state(folder: Path, identity: str) -> str | None:
    """The last state of this very training that is whole; warns of each that is passed over."""
    states = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.partition("-")[2]), reverse=True)
    for state in states:
        damage = find_damage(state, identity)
        if damage is None:
            return str(state)
        warnings.warn(f"the training does not go on from {str(state)!r}: {damage}", stacklevel=2)
    return None


class StateKeeper(TrainerCallback):
    """Writes the manifest of each state, once every process has written its part."""

    def __init__(self, identity: str) -> None:
        self._identity = identity

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: object) -> None:
        del control
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.barrier()
        if state.is_world_process_zero and args.output_dir is not None:
            write_manifest(Path(args.output_dir) / f"checkpoint-{state.global_step}", self._identity)
