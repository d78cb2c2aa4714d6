"""A Hugging Face `datasets` folder: Parquet with one column a thing, in which Arrow has nothing to merge."""

from ttpa.records.instructions import Instruction
from ttpa.records.record import JsonObject
from ttpa.stages.export.base import MESSAGES, ExportFormat, dialogue, tools_text, uniform_messages


def rows(instruction: Instruction) -> list[JsonObject]:
    """`messages` is a list of uniform structs, `tools` is JSON text; ids, kind and source stand beside them."""
    return [
        {
            "id": instruction.id,
            "source": instruction.source,
            "kind": instruction.kind,
            "messages": uniform_messages(dialogue(instruction)),
            "tools": tools_text(instruction),
        }
    ]


_COLUMNS: JsonObject = {"id": "string", "source": "string", "kind": "string", "messages": MESSAGES, "tools": "string"}

HUGGING_FACE = ExportFormat("hf", "parquet", rows, columns=_COLUMNS, takes_many_files=True)
