"""Whether the config's dialect is the one that the policy's chat template writes."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from ttpa.dialects import DIALECTS
from ttpa.errors import DialogueRefused, RunError
from ttpa.records.instructions import DecisionPoint
from ttpa.steps.run import Run

_LOOKED_AT = 20
"""Turns: a template writes its calls in one form."""


class Fit(NamedTuple):
    """How well dialects read reference turns."""

    read: int
    """How many turns the chosen one reads as they were meant."""
    best: str
    """The one that reads most, the chosen one where none reads more."""
    best_read: int


def fit_dialect(points: Sequence[DecisionPoint], texts: Sequence[str], chosen: str) -> Fit:
    """How well `chosen` reads the reference turns of `points`, which the template has written as `texts`."""
    read = {
        name: sum(dialect.read_turn(text).calls == point.reference for text, point in zip(texts, points, strict=True))
        for name, dialect in DIALECTS.items()
    }
    best = max(read, key=lambda name: (read[name], name == chosen))
    return Fit(read[chosen], best, read[best])


def refuse_other_dialect(run: Run, points: Iterable[DecisionPoint]) -> None:
    """Raises `RunError` where the first turns with calls are read better by another dialect, or by none at all."""
    tokenizer = run.parts.load_tokenizer(run.parts.base)
    asked: list[DecisionPoint] = []
    texts: list[str] = []
    for point in islice((point for point in points if point.reference), _LOOKED_AT):
        try:
            _, turn = tokenizer.turn_ids(point.history, point.tools, point.reference_turn())
        except DialogueRefused:
            continue
        asked.append(point)
        texts.append(tokenizer.text(turn[:-1]))
    if not asked:
        return
    chosen = run.config.policy.dialect
    fit = fit_dialect(asked, texts, chosen)
    if fit.best != chosen:
        raise RunError(
            f"policy.dialect = {chosen!r} reads {fit.read} of {len(asked)} turns that the policy's template writes, "
            f"{fit.best!r} reads {fit.best_read}: set policy.dialect = {fit.best!r}"
        )
    if not fit.read:
        raise RunError(
            f"no dialect reads the calls that the policy's template writes, such as {texts[0][:200]!r}: `ttpa doctor` "
            "shows them"
        )
