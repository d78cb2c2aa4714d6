"""Errors by kind as bars."""

from collections.abc import Mapping
from typing import NamedTuple

from ttpa.stages.report.wording import count, width, words


class KindBar(NamedTuple):
    """The errors of one kind."""

    kind: str
    number: str
    bar: str


def kind_bars(errors: Mapping[str, int]) -> list[KindBar]:
    """One bar for each kind that occurs, the most frequent first."""
    most = max(errors.values(), default=0)
    ordered = sorted(errors.items(), key=lambda item: (-item[1], item[0]))
    return [KindBar(words(kind), count(number), width(number / most)) for kind, number in ordered if number]
