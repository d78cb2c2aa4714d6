"""Training curves of a checkpoint, as the points of small line charts."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from ttpa.records.checkpoints import Checkpoint, TrainStep
from ttpa.stages.report.wording import clipped, count, counted, decimal, words
from ttpa.visible_text import visible

WIDTH, HEIGHT = 360, 202
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 42
"""Margins of the plot inside its picture; all in SVG units."""


class Tick(NamedTuple):
    at: str
    label: str


class Line(NamedTuple):
    series: int
    name: str
    points: str
    """As SVG's `points` has them."""
    last: str
    end: tuple[str, str]
    """Where the last point lies."""


_REWARDS = ("reward", "reward_spread")


class Chart(NamedTuple):
    title: str
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    skipped: str
    """How many values are no number and so are not drawn; empty where all are drawn."""


class Training(NamedTuple):
    """One checkpoint."""

    title: str
    base: str
    facts: str
    charts: tuple[Chart, ...]
    others: tuple[tuple[str, str], ...]
    """Metrics that are not drawn, with their last values."""


def training(policy: str, checkpoint: Checkpoint) -> Training:
    """A policy's loss, then rewards, margins, accuracies and chosen against rejected, where they were logged."""
    names = list(dict.fromkeys(name for step in checkpoint.history for name in step.metrics))
    plots = _plots(names)
    drawn = {name for plot in plots for name in plot}
    charts = [_chart("loss", [("loss", [(step.step, step.loss) for step in checkpoint.history])])]
    charts += [_chart(_title(plot), [(name, _values(checkpoint.history, name)) for name in plot]) for plot in plots]
    facts = [
        counted(checkpoint.steps, "step"),
        counted(checkpoint.examples, "example"),
        counted(checkpoint.tokens, "token"),
        f"{count(checkpoint.trainable_parameters)} trainable parameters",
    ]
    others = [(visible(name), decimal(_values(checkpoint.history, name)[-1][1])) for name in names if name not in drawn]
    return Training(
        title=words(policy),
        base=clipped(checkpoint.base, 200),
        facts=" · ".join(facts),
        charts=tuple(chart for chart in charts if chart.lines or chart.skipped),
        others=tuple(others),
    )


def _plots(names: Sequence[str]) -> list[list[str]]:
    """Which metrics are drawn, and which of them together."""
    plots = [[name] for name in names if name in _REWARDS or "margin" in name or "accurac" in name]
    for name in names:
        partner = name.replace("chosen", "rejected")
        if "chosen" in name and partner in names:
            plots.append([name, partner])
    return plots


def _title(plot: Sequence[str]) -> str:
    return visible(plot[0]) if len(plot) == 1 else visible(plot[0].replace("chosen", "chosen and rejected"))


def _line(name: str) -> str:
    """A line's name beside its chart's title: `logps/chosen` is `chosen` there."""
    return visible(next((word for word in ("chosen", "rejected") if word in name), name))


def _values(history: Sequence[TrainStep], name: str) -> list[tuple[int, float]]:
    return [(step.step, step.metrics[name]) for step in history if name in step.metrics]


def _chart(title: str, series: Sequence[tuple[str, Sequence[tuple[int, float]]]]) -> Chart:
    finite = [(name, [(x, y) for x, y in values if math.isfinite(y)]) for name, values in series]
    skipped = sum(len(values) for _, values in series) - sum(len(values) for _, values in finite)
    drawn = [(name, values) for name, values in finite if values]
    everything = [point for _, values in drawn for point in values]
    if not everything:
        return Chart(title, (), (), (), _skipped(skipped))
    x_low, x_high = min(x for x, _ in everything), max(x for x, _ in everything)
    y_marks = _marks(min(y for _, y in everything), max(y for _, y in everything))
    y_low, y_high = y_marks[0], y_marks[-1]

    def place_x(x: float) -> str:
        share = (x - x_low) / (x_high - x_low) if x_high > x_low else 0.5
        return f"{LEFT + share * (WIDTH - LEFT - RIGHT):.1f}"

    def place_y(y: float) -> str:
        return f"{HEIGHT - BOTTOM - (y - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM):.1f}"

    lines = [
        Line(
            series=index,
            name=_line(name),
            points=" ".join(f"{place_x(x)},{place_y(y)}" for x, y in values),
            last=decimal(values[-1][1]),
            end=(place_x(values[-1][0]), place_y(values[-1][1])),
        )
        for index, (name, values) in enumerate(drawn)
    ]
    x_marks = sorted({x_low, (x_low + x_high) // 2, x_high})
    return Chart(
        title,
        tuple(lines),
        tuple(Tick(place_x(x), count(x)) for x in x_marks),
        tuple(Tick(place_y(y), _label(y, y_marks)) for y in y_marks),
        _skipped(skipped),
    )


def _marks(low: float, high: float) -> list[float]:
    """Three to seven round numbers that span `low` to `high`."""
    if high - low < 1e-9 * max(abs(high), abs(low), 1e-6):
        pad = max(abs(high), 1e-6) / 2
        low, high = low - pad, high + pad
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [index * step for index in range(first, last + 1)]


def _label(value: float, marks: Sequence[float]) -> str:
    step = marks[1] - marks[0]
    largest = max(abs(mark) for mark in marks)
    if step < 1e-3 or largest >= 1e6:
        return f"{value:.1e}".replace("-", "\N{MINUS SIGN}")
    digits = max(0, -math.floor(math.log10(step)) + (0 if step >= 1 else 1))
    text = f"{value:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "\N{MINUS SIGN}")


def _skipped(number: int) -> str:
    return f"{counted(number, 'value')} not drawn: not a finite number" if number else ""
