"""Two runs on the same cases: what they have right, category by category, and which cases flipped."""

from ttpa.records.evaluations import Measure
from ttpa.records.record import Record

_LONGEST_EXPLANATION = 160


class CategoryComparison(Record):
    """One category of cases; `all` where it is all of them."""

    category: str
    cases: int
    right_a: int
    right_b: int
    difference: Measure
    """Share right of B less A's: paired bootstrap, 95 %."""
    gained: int
    """Cases that only B has right."""
    lost: int
    """Cases that only A has right."""

    def row(self) -> str:
        """The category as a row of the table, its difference in points."""
        measure = self.difference
        value, low, high = (f"{100 * number:+.1f}" for number in (measure.value, measure.low, measure.high))
        return (
            f"| {self.category} | {self.cases} | {self.right_a} | {self.right_b} | {value} ({low} to {high}) "
            f"| {self.gained} | {self.lost} |"
        )


class Flip(Record):
    """A case that one side has right and the other has not."""

    id: str
    wrong: str
    """What is wrong on the side that is wrong, in words; empty where the benchmark refuses it and our rules do not."""

    def line(self) -> str:
        """The case as a line, cut to what a terminal shows."""
        return f"  {self.id}: {self.wrong[:_LONGEST_EXPLANATION] or 'no error of ours'}"


class RunComparison(Record):
    """B held against A."""

    a: str
    """Run and policy."""
    b: str
    same_prompts: bool
    """Whether both were asked the same questions, asked the same way."""
    only_a: int
    """Cases that A alone has; they are left out."""
    only_b: int
    differing: int
    """Cases of one id that ask something else in each; they are left out too."""
    categories: tuple[CategoryComparison, ...]
    """Where there are several, `all` is the last one."""
    gained: tuple[Flip, ...]
    """What only B has right, with what was wrong in A."""
    lost: tuple[Flip, ...]
    """What only A has right, with what is wrong in B."""

    def lines(self) -> list[str]:
        """The comparison for a terminal: a table, and every case that flipped."""
        lines = [f"A = {self.a}, B = {self.b}"]
        if not self.same_prompts:
            lines.append("the prompts are not the same: the data, the template, or which items have an answer differ")
        if self.only_a or self.only_b or self.differing:
            left = f"{self.only_a} cases that A alone has, {self.only_b} that B alone has"
            lines.append(f"left out: {left}, {self.differing} of one id that ask something else in each")
        lines.extend(["", "| category | cases | A right | B right | B less A, points (95 %) | gained | lost |"])
        lines.append("|---|---|---|---|---|---|---|")
        lines.extend(category.row() for category in self.categories)
        lines.extend(["", f"right in B alone ({len(self.gained)}), with what was wrong in A:"])
        lines.extend(flip.line() for flip in self.gained)
        lines.extend(["", f"right in A alone ({len(self.lost)}), with what is wrong in B:"])
        lines.extend(flip.line() for flip in self.lost)
        return lines
