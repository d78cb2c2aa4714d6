"""Axolotl's chat_template form: `messages` and `tools`, with the lines of its config that load them."""

from collections.abc import Mapping

from ttpa.records.instructions import Instruction
from ttpa.records.record import JsonObject
from ttpa.stages.export.base import ExportFormat, dialogue, openai_messages, tools_text


def rows(instruction: Instruction) -> list[JsonObject]:
    """Arguments and tools are JSON text, so that a table of many tools mixes nothing up."""
    return [{"messages": list(openai_messages(dialogue(instruction))), "tools": tools_text(instruction)}]


def beside(files: Mapping[str, str]) -> dict[str, str]:
    """The `datasets` section of a config."""
    lines = ["datasets:"]
    for split, file in files.items():
        if split == "train":
            lines += [f"  - path: {file}", "    ds_type: json", "    type: chat_template"]
            lines += ["    field_messages: messages", "    field_tools: tools", '    roles_to_train: ["assistant"]']
    return {"axolotl.yaml": "\n".join(lines) + "\n"}


AXOLOTL = ExportFormat("axolotl", "jsonl", rows, beside)
