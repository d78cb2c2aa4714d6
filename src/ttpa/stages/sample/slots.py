"""Slots: what each token of a turn spells, from the dialect's own reading of its text, on token ids."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

from ttpa.dialects.base import Dialect, TextSpan
from ttpa.records.candidates import Slot


def label_tokens(pieces: Sequence[str], dialect: Dialect, *, finished: bool) -> tuple[Slot, ...]:
    """The slots of a turn's tokens, in order; neighbours share a token that straddles them.

    `pieces` is the text of each token, the end token's included where the turn is `finished` (its last token).
    """
    spoken = pieces[:-1] if finished else pieces
    starts = list(accumulate((len(piece) for piece in spoken), initial=0))
    slots: list[Slot] = []
    covered = 0
    for span in dialect.read_turn("".join(spoken)).spans:
        slot = _slot(span, starts, spoken)
        if slot.start > covered:
            slots.append(Slot(kind="structure", start=covered, end=slot.start))
        slots.append(slot)
        covered = slot.end
    if covered < len(spoken):
        slots.append(Slot(kind="structure", start=covered, end=len(spoken)))
    if finished:
        slots.append(Slot(kind="end", start=len(spoken), end=len(pieces)))
    return tuple(slots)


def _slot(span: TextSpan, starts: Sequence[int], pieces: Sequence[str]) -> Slot:
    """The tokens that hold characters of `span`; `starts` holds where each begins, and last where all end.

    A token without text holds part of a character, and begins where that character stands.
    """
    # The first token that begins after the span's first character follows the one that holds it; tokens without text
    # that begin there, too, hold its beginning.
    start = bisect_right(starts, span.start, hi=len(pieces)) - 1
    if starts[start] == span.start:
        start = bisect_left(starts, span.start, hi=len(pieces))
    end = bisect_left(starts, span.end, lo=start, hi=len(pieces))
    return Slot(
        kind=span.kind,
        start=start,
        end=end,
        call=span.call,
        path=span.path,
        skip=span.start - starts[start],
        cut=starts[end] - span.end,
    )
