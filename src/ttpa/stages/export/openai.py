"""OpenAI's fine-tuning form: `messages` and `tools`, one dialogue a line; `ttpa import` reads it."""

from ttpa.records.instructions import Instruction
from ttpa.records.record import JsonObject
from ttpa.stages.export.base import ExportFormat, dialogue, openai_messages


def rows(instruction: Instruction) -> list[JsonObject]:
    """Arguments are JSON text, call ids tie results to calls."""
    return [
        {
            "id": instruction.id,
            "messages": list(openai_messages(dialogue(instruction))),
            "tools": [tool.as_openai() for tool in instruction.tools],
        }
    ]


OPENAI = ExportFormat("openai", "jsonl", rows)
