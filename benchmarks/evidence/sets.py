"""Over which tools: a line a set."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

BFCL_TOOLS = Path(__file__).parents[1] / "bfcl_tools.py"


@dataclass(frozen=True)
class ToolSet:
    """Some tools, and where instructions over them come from."""

    name: str
    says: str
    sections: Mapping[str, Any] | None
    """Of the config that constructs; without any the instructions are those of generated worlds."""
    needs: tuple[str, ...] = ()
    """Modules that must be there."""

    @property
    def missing(self) -> list[str]:
        """The modules that are not there."""
        return [module for module in self.needs if find_spec(module) is None]


SETS: dict[str, ToolSet] = {
    one.name: one
    for one in (
        ToolSet("quickstart", "the 37 bundled tools", {"construct": {"max_calls": 3}}),
        ToolSet("generated", "48 tools of six made-up worlds, named with words that pretraining never used", None),
        ToolSet(
            "bfcl",
            "the executable classes of bfcl-eval",
            {"tools": {"module": str(BFCL_TOOLS)}, "generator": {"kind": "schema"}, "construct": {"max_calls": 3}},
            needs=("bfcl_eval", "mpmath"),
        ),
    )
}
