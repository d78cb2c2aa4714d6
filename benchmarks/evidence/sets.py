"""Over which tools: a line a set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.evidence.third_party import DATA, read_instructions
from benchmarks.evidence.worlds import draw_instructions

from ttpa.records.instructions import Instruction

BFCL_TOOLS = Path(__file__).parents[1] / "bfcl_tools.py"


@dataclass(frozen=True)
class ToolSet:
    """Some tools, and where instructions over them come from: a config that constructs them, or a function."""

    name: str
    says: str
    sections: Mapping[str, Any] | None = None
    """Of the config that constructs; without any the tools cannot be run."""
    draw: Callable[[int, int], list[Instruction]] | None = None
    """The split instructions of a seed, so many at most."""
    modules: tuple[str, ...] = ()
    """That must be there."""
    file: Path | None = None
    """That must be there."""

    @property
    def missing(self) -> str | None:
        """What is not there."""
        modules = [module for module in self.modules if find_spec(module) is None]
        if modules:
            return f"{', '.join(modules)} cannot be imported"
        return f"there is no {self.file}" if self.file is not None and not self.file.exists() else None


def _third_party(name: str, says: str, file: str) -> ToolSet:
    return ToolSet(name, says, draw=partial(read_instructions, file), file=DATA / f"{file}.jsonl")


SETS: dict[str, ToolSet] = {
    one.name: one
    for one in (
        ToolSet("quickstart", "the 37 bundled tools", {"construct": {"max_calls": 3}}),
        ToolSet(
            "generated",
            "48 tools of six made-up worlds, named with words that pretraining never used",
            draw=draw_instructions,
        ),
        ToolSet(
            "bfcl",
            "the executable classes of bfcl-eval",
            {"tools": {"module": str(BFCL_TOOLS)}, "generator": {"kind": "schema"}, "construct": {"max_calls": 3}},
            modules=("bfcl_eval", "mpmath"),
        ),
        _third_party("seal-tools", "Seal-Tools, its dev dialogues", "seal_dev"),
        _third_party("api-bank", "API-Bank, level 1", "apibank_level-1"),
    )
}
