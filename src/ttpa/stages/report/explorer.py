"""The turns that the page lets a person search, filter and open: as data that its script draws."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from ttpa.records.pairs import PreferencePair
from ttpa.stages.report.branching import TreeCard, pairs_by_tree, tree_card
from ttpa.stages.report.inputs import TreeView
from ttpa.stages.report.wording import count, counted

_MEGABYTE = 1_000_000


class Choices(NamedTuple):
    """What a filter offers: its values with the number of turns that have one, the most frequent first."""

    key: str
    label: str
    values: tuple[tuple[str, str], ...]


class Explorer(NamedTuple):
    """The turns of the page."""

    data: Markup
    """A JSON array of cards, safe inside a `script` element that is not run."""
    shown: int
    choices: tuple[Choices, ...]
    left_out: str
    """How many turns are left out, and by which rule; empty where none is."""


def explorer(
    views: Sequence[TreeView], pairs: Iterable[PreferencePair], *, limit: int, megabytes: float, of: int
) -> Explorer:
    """The first of `views` that fit both limits; `of` is the number of turns in the run."""
    by_tree = pairs_by_tree(pairs)
    cards: list[TreeCard] = []
    texts: list[str] = []
    room = megabytes * _MEGABYTE
    for view in views[:limit]:
        card = tree_card(view, by_tree)
        text = _inert(card.model_dump_json())
        room -= len(text.encode()) + 1
        if room < 0:
            break
        cards.append(card)
        texts.append(text)
    return Explorer(
        data=Markup(f"[{','.join(texts)}]"),  # noqa: S704 -- `_inert` leaves nothing that could end the element
        shown=len(cards),
        choices=(
            _choices("kinds", "error", (card.kinds for card in cards)),
            _choices("tools", "tool", (card.tools for card in cards)),
            _choices("slots", "fork at", (card.slots for card in cards)),
        ),
        left_out=_left_out(len(cards), max(of, len(views)), megabytes),
    )


def _choices(key: str, label: str, held: Iterable[Sequence[str]]) -> Choices:
    numbers: dict[str, int] = {}
    for values in held:
        for value in values:
            numbers[value] = numbers.get(value, 0) + 1
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    return Choices(key, label, tuple((value, count(number)) for value, number in ordered))


def _left_out(shown: int, of: int, megabytes: float) -> str:
    if shown == of:
        return ""
    return (
        f"{counted(shown, 'turn')} of {count(of)} are here: those with right and wrong candidates side by side first, "
        f"most forks first, as many as report.trees allows and {megabytes:g} MB hold."
    )


def _inert(json: str) -> str:
    """JSON that holds no character with a meaning in HTML; it reads back the same."""
    return json.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").replace("\u2028", "\\u2028")
