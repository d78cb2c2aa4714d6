"""What each stage cost in time, and what it says of its tokens and requests."""

from collections.abc import Sequence
from typing import NamedTuple

from ttpa.stages.report.inputs import StageFlow
from ttpa.stages.report.wording import NOTHING, duration, percent, width
from ttpa.visible_text import visible


class CostRow(NamedTuple):
    """One stage."""

    stage: str
    time: str
    share: str
    bar: str
    each: str
    """Time for one record taken."""
    note: str


def cost_rows(flow: Sequence[StageFlow]) -> list[CostRow]:
    """A row for each stage whose time is known."""
    timed = [(stage, stage.seconds) for stage in flow if stage.seconds is not None]
    whole = sum(seconds for _, seconds in timed)
    return [_row(stage, seconds, whole) for stage, seconds in timed]


def _row(stage: StageFlow, seconds: float, whole: float) -> CostRow:
    share = seconds / whole if whole else 0.0
    return CostRow(
        stage=visible(stage.stage),
        time=duration(seconds),
        share=percent(share, 0),
        bar=width(0.75 * share),
        each=_each(seconds / stage.records_in) if stage.records_in else NOTHING,
        note=visible(stage.note),
    )


def _each(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms" if seconds < 1 else duration(seconds)
