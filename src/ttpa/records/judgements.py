"""What a model that judges says of a constructed instruction."""

from statistics import fmean

from ttpa.records.record import Record


class Judgement(Record):
    """The marks of one instruction, each from 1 to 5."""

    id: str
    """The instruction's."""
    model: str
    """Who judges, with its settings."""
    is_control: bool = False
    """Whether a value was taken out of the question before, so that the mechanical checks refuse it."""
    natural: tuple[float, ...]
    """One a judgement that could be read: would a person ask so."""
    faithful: tuple[float, ...]
    """One a judgement that could be read: do question, calls and answer belong together."""
    why: str = ""
    """What the strictest of the judgements gives as its reason."""

    @property
    def means(self) -> tuple[float, float]:
        """Mean marks for naturalness and faithfulness; 0 where no judgement could be read."""
        return (fmean(self.natural), fmean(self.faithful)) if self.natural else (0.0, 0.0)
