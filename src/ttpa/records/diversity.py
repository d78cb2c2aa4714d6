"""What a set of constructed instructions is made of, in numbers."""

from ttpa.records.record import Record


class Diversity(Record):
    """Counts of instructions; those of calls are over the instructions that have some."""

    instructions: int
    without_calls: dict[str, int]
    """By kind: no tool fits, or a value is missing."""
    with_calls: int
    grounded: int
    """All values of the calls come from the question, an earlier result or a default."""
    several_steps: int
    chained: int
    """Some call has a value that only an earlier result gives."""
    parallel: int
    """Some step has several calls."""
    calls: dict[int, int]
    """By their number."""
    distinct_signatures: int
    """Sequences of calls, arguments included."""
    distinct_values: float
    """Of all argument values but booleans: how many different ones, as a share."""
    tools: dict[str, int]
    """Instructions that call a tool, by tool, most used first."""
    evenness: float
    """Entropy over the tools used, over its maximum: 1 where all are used equally often (Pielou 1966)."""
    pairs: int
    """Different pairs of tools that an instruction calls together."""
    simulated: int
    """Some result was played by a model."""
    named_tools: int
    """The question names a tool."""
    near_duplicates: int
    overlaps: int | None
    """Questions that stand in a benchmark file; unknown where none was named."""

    def facts(self) -> dict[str, str]:
        """In words; shares are of those with calls where nothing else is said."""
        calls = ", ".join(f"{number}: {count}" for number, count in self.calls.items())
        no_calls = sum(self.without_calls.values())
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.without_calls.items())
        facts = {
            "without calls, of all": _share(no_calls, self.instructions) + (f" ({kinds})" if kinds else ""),
            "grounded": _share(self.grounded, self.with_calls),
            "several steps": _share(self.several_steps, self.with_calls),
            "a value from an earlier result": _share(self.chained, self.with_calls),
            "several calls in a step": _share(self.parallel, self.with_calls),
            "calls": calls or "none",
            "distinct sequences of calls": _share(self.distinct_signatures, self.with_calls),
            "distinct values, of all values": f"{100 * self.distinct_values:.1f} %",
            "tools used": str(len(self.tools)),
            "evenness over tools": f"{self.evenness:.2f}",
            "pairs of tools": str(self.pairs),
            "questions that name a tool": str(self.named_tools),
            "near-duplicates": str(self.near_duplicates),
            "overlap with benchmark files": "no file named" if self.overlaps is None else str(self.overlaps),
        }
        return facts | ({"with a simulated result": str(self.simulated)} if self.simulated else {})

    def line(self) -> str:
        """The main of it as one line."""
        return (
            f"{len(self.tools)} tools, {self.distinct_signatures} distinct sequences of calls, "
            f"{_share(self.several_steps, self.with_calls)} several steps, "
            f"{_share(self.parallel, self.with_calls)} parallel, {sum(self.without_calls.values())} without calls, "
            f"{self.near_duplicates} near-duplicates, {self.named_tools} name a tool"
        )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"
