"""Library tools: books are K1000 to K8999, audiobooks A1000 to A4999."""

from typing import Literal

from ttpa.quickstart.tools.days import TODAY, days_from
from ttpa.quickstart.tools.facts import Row, check_id, clock, draw, find_ids, pick

Branch = Literal["central", "north", "harbour", "university", "old_town"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

_FIRST = ("A Short", "The Hidden", "A New", "The Lost", "My First", "The Great")
_SECOND = ("Guide", "History", "Atlas", "Companion", "Story", "Handbook")


def find_books(topic: str, language: Literal["english", "french", "german", "spanish"] = "english") -> list[Row]:
    """Finds printed books on a topic.

    Args:
        topic: What they are about.
        language: Language of the books.
    """
    ids = find_ids("K", 1000, 8999, lambda _: True, "books", topic, language)
    return [{"book_id": book_id, "title": _title(book_id), "year": draw(1950, 2025, book_id)} for book_id in ids]


def find_audiobooks(topic: str, max_hours: int = 12) -> list[Row]:
    """Finds audiobooks on a topic.

    Args:
        topic: What they are about.
        max_hours: Longest playing time in hours.
    """
    ids = find_ids("A", 1000, 4999, lambda audio_id: _hours(audio_id) <= max_hours, "audiobooks", topic)
    return [{"audio_id": audio_id, "title": _title(audio_id), "hours": _hours(audio_id)} for audio_id in ids]


def reserve_book(book_id: str, branch: Branch, weeks: int = 3) -> Row:
    """Reserves a printed book at a branch.

    Args:
        book_id: Id of the book.
        branch: Where to pick it up.
        weeks: Length of the loan, in weeks.
    """
    check_id(book_id, "K", 1000, 8999, "book")
    ready = draw(1, 6, "ready", book_id, branch)
    return {"ready_on": days_from(TODAY, ready), "due_on": days_from(TODAY, ready + 7 * weeks)}


def get_opening_hours(branch: Branch, weekday: Weekday) -> Row:
    """Tells when a library branch is open.

    Args:
        branch: Which branch.
        weekday: Day of the week.
    """
    return {"opens": clock(8, 10, branch, weekday), "closes": clock(16, 20, "closes", branch, weekday)}


def _title(item_id: str) -> str:
    return f"{pick(_FIRST, 'first', item_id)} {pick(_SECOND, 'second', item_id)}"


def _hours(audio_id: str) -> int:
    return draw(2, 20, "hours", audio_id)
