"""TRL's conversational form for SFT: `messages` with arguments as objects, and `tools` as JSON text."""

from ttpa.records.instructions import Instruction
from ttpa.records.messages import as_openai
from ttpa.records.record import JsonObject
from ttpa.stages.export.base import ExportFormat, dialogue, tools_text


def rows(instruction: Instruction) -> list[JsonObject]:
    """Load it with `Dataset.from_list(rows, on_mixed_types="use_json")`: Arrow merges objects of different tools."""
    return [{"messages": list(as_openai(dialogue(instruction))), "tools": tools_text(instruction)}]


TRL = ExportFormat("trl", "jsonl", rows)
