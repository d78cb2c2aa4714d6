"""What a step of a run has done, in numbers."""

from pydantic import model_validator

from ttpa.records.counted import counted
from ttpa.records.record import Record


class StepSummary(Record):
    """The account of one step: every item that came in was used or discarded."""

    step: str
    takes: str
    """What comes in, in the plural."""
    gives: str
    """What goes out, in the plural."""
    items_in: int
    items_used: int
    records_out: int
    """Records that the used items gave; `pair` gives several for one."""
    discards: dict[str, int] = {}
    """Items given up, by reason."""
    facts: dict[str, str] = {}
    """What else a person wants to know, in reading order."""
    seconds: float

    @model_validator(mode="after")
    def _adds_up(self) -> "StepSummary":
        discarded = sum(self.discards.values())
        if self.items_in != self.items_used + discarded:
            raise ValueError(
                f"{self.step}: {self.items_in} {self.takes} in, but {self.items_used} used and {discarded} discarded"
            )
        return self

    def line(self) -> str:
        """The summary as one line."""
        reasons = ", ".join(f"{count} {reason}" for reason, count in self.discards.items())
        discarded = f", {sum(self.discards.values())} discarded ({reasons})" if self.discards else ""
        facts = "".join(f"; {name} {value}" for name, value in self.facts.items())
        flow = f"{counted(self.items_in, self.takes)} -> {counted(self.records_out, self.gives)}"
        return f"{self.step:<9} {flow}{discarded}{facts}  [{self.seconds:.1f} s]"
