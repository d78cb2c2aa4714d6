"""Lines over one axis as one picture (SVG), for documents and for a training that is watched."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 300, 52, 150, 18, 40
_FINEST = 120
"""Points that a line is drawn with at most."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plot."""

    label: str
    colour: str
    points: Sequence[tuple[float, float]]
    """(x, y), y from 0 on."""
    is_share: bool = False
    """Whether its values are shares of 1: it is dashed, and its axis ends at 1 whatever the others do."""


def draw_lines(title: str, lines: Sequence[Line], *, x_label: str, x_text: Callable[[float], str]) -> str:
    """The plot; a line of more than 120 points is drawn by the means of its parts.

    The axis is labelled with the values of the lines that are no shares, where there are any.
    """
    end = max((x for line in lines for x, _ in line.points), default=1.0)
    smooth = [(line, _smooth(line.points)) for line in lines]
    values = [y for line, points in smooth if not line.is_share for _, y in points]
    highest = max(values, default=1.0)
    parts = [_frame(end, highest, x_label, x_text)]
    for index, (line, points) in enumerate(smooth):
        placed = " ".join(
            "{:.1f},{:.1f}".format(*_place(x / end, y / (1.0 if line.is_share else highest))) for x, y in points
        )
        dash = ' stroke-dasharray="5 3"' if line.is_share else ""
        parts.append(f'<polyline points="{placed}" fill="none" stroke="{line.colour}" stroke-width="1.8"{dash}/>')
        x, y = _WIDTH - _RIGHT + 14, _TOP + 14 + 20 * index
        parts.append(f'<text x="{x}" y="{y}" fill="{line.colour}">{escape(line.label)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n'
    )


def _smooth(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    step = max(1, -(-len(points) // _FINEST))
    groups = [points[start : start + step] for start in range(0, len(points), step)]
    return [(group[-1][0], sum(y for _, y in group) / len(group)) for group in groups]


def _place(x: float, y: float) -> tuple[float, float]:
    """Where a point lies, its coordinates as shares of the axes."""
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    return _LEFT + width * x, _TOP + height * (1 - y)


def _frame(end: float, highest: float, x_label: str, x_text: Callable[[float], str]) -> str:
    parts: list[str] = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        left, y = _place(0, share)
        right, _ = _place(1, share)
        parts.append(f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e6ea"/>')
        label = f"{share * highest:.2f}".removesuffix("0")
        parts.append(f'<text x="{left - 6:.1f}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{label}</text>')
        x, bottom = _place(share, 0)
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 16:.1f}" text-anchor="middle" fill="#555">{x_text(share * end)}</text>'
        )
    middle, _ = _place(0.5, 0)
    parts.append(f'<text x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle" fill="#555">{escape(x_label)}</text>')
    return "".join(parts)
