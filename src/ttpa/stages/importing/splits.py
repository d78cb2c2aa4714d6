"""How imported instructions are split: by dialogue, and by the tools that training offers."""

import hashlib
from collections.abc import Mapping, Sequence

from pydantic import Field

from ttpa.records.instructions import Instruction, Split
from ttpa.records.record import Record
from ttpa.stages.importing.repeats import dialogue_id


class ImportConfig(Record):
    """How imported instructions are split."""

    test_share: float = Field(default=0.2, ge=0, le=1)
    """Share held out, drawn by the hash of the dialogue's id: its instructions stay together."""


def assign_splits(
    instructions: Sequence[Instruction],
    config: ImportConfig,
    *,
    seed: int,
    dialogues: Mapping[str, Sequence[str]] | None = None,
) -> list[Instruction]:
    """The instructions with a share held out: `test_unseen` where they offer tools, and none that `train` does.

    `dialogues` are those that tell an instruction, by its id. One is held out only where all of them are: else its
    gold would stand in what is trained on.
    """

    def is_drawn(dialogue: str) -> bool:
        digest = hashlib.sha256(f"{seed}/{dialogue}".encode()).digest()
        return int.from_bytes(digest[:8]) / 2**64 < config.test_share

    told_in = dialogues or {}
    held_out = [all(map(is_drawn, told_in.get(one.id, [dialogue_id(one)]))) for one in instructions]
    known = {
        tool.name
        for instruction, is_test in zip(instructions, held_out, strict=True)
        if not is_test
        for tool in instruction.tools
    }

    def split(instruction: Instruction, is_test: bool) -> Split:
        if not is_test:
            return "train"
        offered = [tool.name for tool in instruction.tools]
        return "test" if not offered or any(name in known for name in offered) else "test_unseen"

    return [
        instruction.model_copy(update={"split": split(instruction, is_test)})
        for instruction, is_test in zip(instructions, held_out, strict=True)
    ]
