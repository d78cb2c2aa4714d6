"""The one table that the kit prints: a row a promise."""

from collections import Counter
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
    counted: Counter[str] = field(default_factory=Counter[str])
    """What else was counted, by its name."""
    remarks: list[str] = field(default_factory=list[str])
    """What went wrong, in words, and what else was measured."""

    @property
    def holds(self) -> bool:
        return self.tried > 0 and not (self.lost or self.doubled or self.crashed or self.survivors)

    def add(self, other: "Row") -> None:
        """Takes in what another part of the same trial came to."""
        self.tried += other.tried
        self.lost += other.lost
        self.doubled += other.doubled
        self.crashed += other.crashed
        self.survivors += other.survivors
        self.counted.update(other.counted)
        self.remarks += [remark for remark in other.remarks if remark not in self.remarks]

    def verdict(self) -> str:
        """Whether the promise holds, in a few words."""
        return f"{self.promise}: {'holds' if self.holds else 'NOT SHOWN TO HOLD'}, {self.tried:,} tried"

    def told(self) -> str:
        """Counts and remarks as one line."""
        return "; ".join([*(f"{number:,} {name}" for name, number in self.counted.items()), *self.remarks])


def merge(rows: Iterable[Row]) -> list[Row]:
    """One row a promise, in the order in which they come first."""
    merged: dict[str, Row] = {}
    for row in rows:
        if row.promise in merged:
            merged[row.promise].add(row)
        else:
            merged[row.promise] = row
    return list(merged.values())


def render(rows: Iterable[Row]) -> str:
    """The rows as a table in Markdown."""
    lines = [
        "| promise | faults tried | lost | doubled | crashed | survivors | remarks |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        numbers = (row.tried, row.lost, row.doubled, row.crashed, row.survivors)
        cells = (row.promise, *(f"{number:,}" for number in numbers), row.told())
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines)
