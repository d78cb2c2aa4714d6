"""A Hugging Face `datasets` folder: Parquet with one column a thing, in which Arrow has nothing to merge."""

from ttpa.records.instructions import Instruction
from ttpa.records.record import JsonObject
from ttpa.stages.export.base import ExportFormat, dialogue, openai_messages, tools_text


def rows(instruction: Instruction) -> list[JsonObject]:
    """`messages` is a list of uniform structs, `tools` is JSON text; ids, kind and source stand beside them."""
    messages = [
        {
            "role": row["role"],
            "content": row["content"],
            "tool_calls": row.get("tool_calls") or [],
            "tool_call_id": row.get("tool_call_id"),
        }
        for row in openai_messages(dialogue(instruction))
    ]
    return [
        {
            "id": instruction.id,
            "source": instruction.source,
            "kind": instruction.kind,
            "messages": list(messages),
            "tools": tools_text(instruction),
        }
    ]


HUGGING_FACE = ExportFormat("hf", "parquet", rows)
