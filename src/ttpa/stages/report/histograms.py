"""How scores are spread: ten equal bins from 0 to 1, and one for exactly 1."""

from collections.abc import Iterable
from typing import NamedTuple

from ttpa.stages.report.inputs import ScoreSpread
from ttpa.stages.report.wording import count, counted, percent, width
from ttpa.visible_text import visible

BINS = 11


class SpreadBar(NamedTuple):
    """One bin."""

    label: str
    share: str
    height: str


class SpreadChart(NamedTuple):
    """The scores of one set of turns."""

    name: str
    turns: str
    bars: tuple[SpreadBar, ...]


def spread_scores(name: str, scores: Iterable[float]) -> ScoreSpread:
    """The number of scores in each bin; scores lie in [0, 1]."""
    bins = [0] * BINS
    for score in scores:
        bins[BINS - 1 if score >= 1 else int(score * (BINS - 1))] += 1
    return ScoreSpread(name=name, bins=tuple(bins))


def spread_charts(spreads: Iterable[ScoreSpread]) -> list[SpreadChart]:
    """A chart for each set that has a turn; bars are shares of its turns, 100 % is full height."""
    return [_chart(spread) for spread in spreads if sum(spread.bins)]


def _chart(spread: ScoreSpread) -> SpreadChart:
    turns = sum(spread.bins)
    labels = [f"{tenth / 10:.1f} to {(tenth + 1) / 10:.1f}" for tenth in range(BINS - 1)] + ["exactly 1"]
    bars = tuple(
        SpreadBar(f"{label}: {count(number)}", percent(number / turns, 0), width(number / turns))
        for label, number in zip(labels, spread.bins, strict=True)
    )
    return SpreadChart(visible(spread.name), counted(turns, "turn"), bars)
