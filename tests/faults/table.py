"""The one table that the kit prints: a row a promise."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Row:
    """What trying to break one promise came to; everything but `tried` is 0 where it holds."""

    promise: str
    tried: int = 0
    lost: int = 0
    doubled: int = 0
    crashed: int = 0
    survivors: int = 0
    """Processes and files that stayed behind."""
    remarks: list[str] = field(default_factory=list[str])
    """What went wrong, in words, and what else was measured."""

    @property
    def holds(self) -> bool:
        return self.tried > 0 and not (self.lost or self.doubled or self.crashed or self.survivors)


def render(rows: Iterable[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = [
        "| promise | faults tried | lost | doubled | crashed | survivors | remarks |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = (row.promise, row.tried, row.lost, row.doubled, row.crashed, row.survivors, "; ".join(row.remarks))
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
