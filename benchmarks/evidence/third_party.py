"""Instructions that others have written, where their data lie beside the project (`TTPA_SHARED`)."""

import os
from collections import Counter
from pathlib import Path

from benchmarks.evidence.sizes import TEST_SHARE

from ttpa.records.discards import Discard
from ttpa.records.instructions import Instruction
from ttpa.stages.importing import ImportConfig, assign_splits, import_dialogue

DATA = Path(os.environ.get("TTPA_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "converted"


def read_instructions(name: str, seed: int, number: int) -> list[Instruction]:
    """The first `number` instructions of a file, split anew for each seed, by whole dialogues.

    Lines that the import refuses are left out; how many, and why, is printed.
    """
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n")
    read = [import_dialogue(line, source=name, number=place) for place, line in enumerate(lines, 1)]
    kept = [_in_its_dialogue(one) for found in read if not isinstance(found, Discard) for one in found]
    reasons = Counter(found.reason.value for found in read if isinstance(found, Discard))
    told = ", ".join(f"{count} {reason}" for reason, count in reasons.items()) or "none"
    print(f"{name}: of {len(lines)} lines are left out: {told}", flush=True)
    return assign_splits(kept[:number], ImportConfig(test_share=TEST_SHARE), seed=seed)


def _in_its_dialogue(instruction: Instruction) -> Instruction:
    """The data number the turns of a dialogue behind `#`; an import tells them apart by the place of their question."""
    dialogue, mark, _ = instruction.id.rpartition("#")
    return instruction.model_copy(update={"id": f"{dialogue}@{len(instruction.context) - 1}"}) if mark else instruction
