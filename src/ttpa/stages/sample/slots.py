"""Slots: what each token of a turn spells, from the dialect's own reading of its text, on token ids."""

from collections.abc import Sequence

from ttpa.dialects.base import Dialect, TextSpan
from ttpa.records.candidates import Slot, SlotKind

# A token that straddles two slots counts as the one that matters most to a call.
_PRIORITY: dict[SlotKind, int] = {"tool_name": 0, "argument_value": 1, "argument_name": 2, "text": 3}


def label_tokens(pieces: Sequence[str], dialect: Dialect, *, finished: bool) -> tuple[Slot, ...]:
    """The slots of a turn's tokens, in order and without gaps.

    `pieces` is the text of each token, the end token's included where the turn is `finished` (its last token).
    """
    spoken = pieces[:-1] if finished else pieces
    spans = dialect.read_turn("".join(spoken)).spans
    labels: list[tuple[SlotKind, int | None, str | None]] = []
    start = 0
    first = 0
    for piece in spoken:
        # A token without text of its own holds part of a character; it belongs where that character will stand.
        end = start + max(1, len(piece))
        while first < len(spans) and spans[first].end <= start:
            first += 1
        labels.append(_label(spans[first:], end))
        start += len(piece)
    if finished:
        labels.append(("end", None, None))
    return _join(labels)


def slot_at(slots: Sequence[Slot], position: int) -> Slot:
    """The slot of the token at `position`."""
    return next(slot for slot in slots if slot.start <= position < slot.end)


def _label(spans: Sequence[TextSpan], end: int) -> tuple[SlotKind, int | None, str | None]:
    """The label of a token that ends at `end`; `spans` begin with the first that is not over before the token."""
    best: TextSpan | None = None
    for span in spans:
        if span.start >= end:
            break
        if best is None or _PRIORITY[span.kind] < _PRIORITY[best.kind]:
            best = span
    return ("structure", None, None) if best is None else (best.kind, best.call, best.path)


def _join(labels: Sequence[tuple[SlotKind, int | None, str | None]]) -> tuple[Slot, ...]:
    slots: list[Slot] = []
    for index, (kind, call, path) in enumerate(labels):
        last = slots[-1] if slots else None
        if last is not None and (last.kind, last.call, last.path) == (kind, call, path):
            slots[-1] = last.model_copy(update={"end": index + 1})
        else:
            slots.append(Slot(kind=kind, start=index, end=index + 1, call=call, path=path))
    return tuple(slots)
