"""Measures with their intervals as one picture (SVG): a row a name, a dot and a whisker for each colour."""

from collections.abc import Mapping, Sequence
from html import escape

from ttpa.records.evaluations import Measure

COLOURS = ("#3b6ea8", "#c2571a", "#2f7d4f")
_WIDTH, _LEFT, _RIGHT, _TOP, _ROW, _BOTTOM = 860, 420, 24, 40, 26, 34


def draw_dots(title: str, rows: Sequence[str], series: Mapping[str, Mapping[str, Measure]]) -> str:
    """The picture; `series` holds the measures (shares of 1) of each colour by row, where it has one."""
    every = [measure for measures in series.values() for measure in measures.values()]
    low = min((measure.low for measure in every), default=0.0)
    high = max((measure.high for measure in every), default=1.0)
    low, high = (low - 0.02, high + 0.02) if high > low else (low - 0.5, high + 0.5)
    height = _TOP + _ROW * len(rows) + _BOTTOM
    parts = [_axis(low, high, height), _legend(list(series))]
    for index, row in enumerate(rows):
        y = _TOP + _ROW * (index + 0.5)
        parts.append(f'<text x="{_LEFT - 12}" y="{y + 4:.1f}" text-anchor="end" fill="#222">{escape(row)}</text>')
        for place, measures in enumerate(series.values()):
            if row in measures:
                offset = 6 * (place - (len(series) - 1) / 2)
                parts.append(_dot(measures[row], y + offset, COLOURS[place % len(COLOURS)], low, high))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n'
    )


def _x(value: float, low: float, high: float) -> float:
    return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)


def _dot(measure: Measure, y: float, colour: str, low: float, high: float) -> str:
    left, middle, right = (_x(value, low, high) for value in (measure.low, measure.value, measure.high))
    return (
        f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" stroke-width="1.6"/>'
        f'<circle cx="{middle:.1f}" cy="{y:.1f}" r="3.4" fill="{colour}"/>'
    )


def _axis(low: float, high: float, height: int) -> str:
    parts: list[str] = []
    for part in range(5):
        value = low + part / 4 * (high - low)
        x = _x(value, low, high)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{height - _BOTTOM}" stroke="#e3e6ea"/>'
            f'<text x="{x:.1f}" y="{height - 12}" text-anchor="middle" fill="#555">{100 * value:.1f} %</text>'
        )
    return "".join(parts)


def _legend(names: Sequence[str]) -> str:
    return "".join(
        f'<text x="{_LEFT + 190 * place}" y="22" fill="{COLOURS[place % len(COLOURS)]}">{escape(name)}</text>'
        for place, name in enumerate(names)
    )
