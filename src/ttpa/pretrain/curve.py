"""The history of a pretraining as one picture (SVG): the losses, and what the probes found."""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 300, 52, 150, 18, 40
_LOSSES = {"learned_loss": ("loss, assistant's tokens", "#3b6ea8"), "context_loss": ("loss, other tokens", "#9aa7b5")}
_SHARES = {
    "tool_names": ("tool name", "#c2571a"),
    "exact": ("exact turn", "#2f7d4f"),
    "values": ("values", "#8250a8"),
    "no_call": ("no call", "#b58900"),
}
Points = list[tuple[float, float]]


def read_history(path: Path) -> list[dict[str, float]]:
    """The rows of a `history.jsonl`."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def draw_curve(history: Sequence[dict[str, float]]) -> str:
    """Losses (nats a token, left axis) and probe accuracies (right axis) over the tokens that were trained on."""
    tokens: list[float] = []
    for row in history:
        tokens.append(row["tokens"] + (tokens[-1] if tokens else 0))
    losses = {name: _smooth([(x, row[name]) for x, row in zip(tokens, history, strict=True)]) for name in _LOSSES}
    shares = {name: [(x, row[name]) for x, row in zip(tokens, history, strict=True) if name in row] for name in _SHARES}
    highest = max((y for points in losses.values() for _, y in points), default=1.0)
    end = tokens[-1] if tokens else 1.0
    parts = [_frame(end, highest)]
    labels: list[tuple[str, str]] = []
    for name, (label, colour) in _LOSSES.items():
        parts.append(_line(losses[name], end, highest, colour, dashed=False))
        labels.append((label, colour))
    for name, (label, colour) in _SHARES.items():
        if shares[name]:
            parts.append(_line(shares[name], end, 1.0, colour, dashed=True))
            labels.append((f"{label} {100 * shares[name][-1][1]:.0f} %", colour))
    for index, (label, colour) in enumerate(labels):
        x, y = _WIDTH - _RIGHT + 14, _TOP + 14 + 20 * index
        parts.append(f'<text x="{x}" y="{y}" fill="{colour}">{escape(label)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>Pretraining: losses and held-out accuracies</title>'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n'
    )


def _smooth(points: Points, size: int = 120) -> Points:
    """At most `size` points, each the mean of its share."""
    step = max(1, -(-len(points) // size))
    groups = [points[start : start + step] for start in range(0, len(points), step)]
    return [(group[-1][0], sum(y for _, y in group) / len(group)) for group in groups]


def _place(x: float, y: float, end: float, highest: float) -> tuple[float, float]:
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    return _LEFT + width * x / end, _TOP + height * (1 - y / highest)


def _line(points: Points, end: float, highest: float, colour: str, *, dashed: bool) -> str:
    placed = " ".join("{:.1f},{:.1f}".format(*_place(x, y, end, highest)) for x, y in points)
    dash = ' stroke-dasharray="5 3"' if dashed else ""
    return f'<polyline points="{placed}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>'


def _frame(end: float, highest: float) -> str:
    parts: list[str] = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        left, y = _place(0, share, end, 1.0)
        right, _ = _place(end, share, end, 1.0)
        parts.append(f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e3e6ea"/>')
        parts.append(
            f'<text x="{left - 6:.1f}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{share * highest:.1f}</text>'
        )
        x, bottom = _place(share * end, 0, end, 1.0)
        text = f"{share * end / 1e6:.1f}M"
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16:.1f}" text-anchor="middle" fill="#555">{text}</text>')
    middle = _LEFT + (_WIDTH - _LEFT - _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle" fill="#555">tokens</text>')
    return "".join(parts)
