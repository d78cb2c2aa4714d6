"""The history of a pretraining as one picture (SVG): the losses, and what the probes found."""

import json
from collections.abc import Sequence
from pathlib import Path

from ttpa.line_plot import Line, draw_lines

_LOSSES = {"learned_loss": ("loss, assistant's tokens", "#3b6ea8"), "context_loss": ("loss, other tokens", "#9aa7b5")}
_SHARES = {
    "tool_names": ("tool name", "#c2571a"),
    "exact": ("exact turn", "#2f7d4f"),
    "values": ("values", "#8250a8"),
    "no_call": ("no call", "#b58900"),
}


def read_history(path: Path) -> list[dict[str, float]]:
    """The rows of a `history.jsonl`."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def draw_curve(history: Sequence[dict[str, float]]) -> str:
    """Losses (nats a token) and, dashed, probe accuracies (of 1) over the tokens that were trained on."""
    tokens: list[float] = []
    for row in history:
        tokens.append(row["tokens"] + (tokens[-1] if tokens else 0))

    def over_tokens(name: str) -> list[tuple[float, float]]:
        return [(x, row[name]) for x, row in zip(tokens, history, strict=True) if name in row]

    lines = [Line(label, colour, over_tokens(name)) for name, (label, colour) in _LOSSES.items()]
    for name, (label, colour) in _SHARES.items():
        if points := over_tokens(name):
            lines.append(Line(f"{label} {100 * points[-1][1]:.0f} %", colour, points, is_share=True))
    title = "Pretraining: losses and held-out accuracies"
    return draw_lines(title, lines, x_label="tokens", x_text=lambda x: f"{x / 1e6:.1f}M")
