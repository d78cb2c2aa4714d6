"""verl's form for reinforcement learning: a prompt a decision point, with what `ttpa.rewards.verl_score` judges by."""

import json
from collections.abc import Mapping
from importlib.resources import files as package_files

from ttpa.records.instructions import DecisionPoint, Instruction
from ttpa.records.record import JsonObject
from ttpa.stages.export.base import MESSAGES, ExportFormat, tools_text, uniform_messages


def rows(instruction: Instruction) -> list[JsonObject]:
    """Parquet rows with `data_source`, `prompt`, `ability`, `reward_model` and `extra_info`."""
    return [_row(point, instruction) for point in instruction.decision_points()]


def beside(files: Mapping[str, str]) -> dict[str, str]:
    """The lines of a config that name the data and the reward."""
    held_out = [file for split, file in files.items() if split != "train"]
    lines = [
        *(f"data.train_files: {file}" for split, file in files.items() if split == "train"),
        *([f"data.val_files: [{', '.join(held_out)}]"] if held_out else []),
        f"custom_reward_function.path: {package_files('ttpa') / 'rewards.py'}",
        "custom_reward_function.name: verl_score",
    ]
    return {"verl.txt": "\n".join(lines) + "\n"}


def _row(point: DecisionPoint, instruction: Instruction) -> JsonObject:
    reference = [call.model_dump(mode="json") for call in point.reference]
    acceptable = None if point.acceptable is None else json.dumps(point.acceptable, ensure_ascii=False)
    return {
        "data_source": f"ttpa/{instruction.source}",
        "prompt": uniform_messages(point.history),
        "ability": "tool_use",
        "reward_model": {"style": "rule", "ground_truth": json.dumps(reference, ensure_ascii=False)},
        "extra_info": {"id": point.id, "tools": tools_text(instruction), "acceptable": acceptable},
    }


_COLUMNS: JsonObject = {
    "data_source": "string",
    "prompt": MESSAGES,
    "ability": "string",
    "reward_model": {"style": "string", "ground_truth": "string"},
    "extra_info": {"id": "string", "tools": "string", "acceptable": "string"},
}

VERL = ExportFormat(
    "verl", "parquet", rows, beside, columns=_COLUMNS, takes=lambda _: True, loses=lambda _: []
)  # silence is judged as well, and acceptable values are told
