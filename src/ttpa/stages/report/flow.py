"""The flow through the stages: what went in, came out and was given up, as boxes."""

from collections.abc import Sequence
from typing import NamedTuple

from ttpa.stages.report.inputs import StageFlow
from ttpa.stages.report.wording import count, counted, duration, width, words
from ttpa.visible_text import visible


class Loss(NamedTuple):
    """Records given up for one reason."""

    reason: str
    number: str
    bar: str
    """Its share of the records taken, as a CSS width."""


class FlowBox(NamedTuple):
    """One stage as it is drawn."""

    number: int
    stage: str
    taken: str
    takes: str
    given: str
    gives: str
    kept_bar: str
    balance: str
    """`60 = 48 + 12`: taken = kept + discarded."""
    imbalance: str
    """What is wrong with the books; empty where they balance."""
    discarded: str
    losses: tuple[Loss, ...]
    time: str


def flow_boxes(flow: Sequence[StageFlow]) -> list[FlowBox]:
    """A box for each stage, its discards by reason, the most frequent first."""
    return [_box(number, stage) for number, stage in enumerate(flow, 1)]


def _box(number: int, stage: StageFlow) -> FlowBox:
    whole = max(stage.records_in, 1)
    ordered = sorted(stage.discards.items(), key=lambda item: (-item[1], item[0]))
    return FlowBox(
        number=number,
        stage=visible(stage.stage),
        taken=count(stage.records_in),
        takes=visible(stage.takes),
        given=count(stage.records_out),
        gives=visible(stage.gives),
        kept_bar=width(stage.kept / whole),
        balance=f"{count(stage.records_in)} = {count(stage.kept)} + {count(stage.discarded)}",
        imbalance=_imbalance(stage.unaccounted),
        discarded=count(stage.discarded),
        losses=tuple(Loss(words(reason), count(lost), width(lost / whole)) for reason, lost in ordered if lost),
        time=duration(stage.seconds),
    )


def _imbalance(unaccounted: int) -> str:
    if unaccounted > 0:
        return f"{counted(unaccounted, 'record')} unaccounted for"
    return f"{counted(-unaccounted, 'record')} more than came in" if unaccounted else ""
