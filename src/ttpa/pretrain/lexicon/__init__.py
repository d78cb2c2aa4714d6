"""The words that generated tools are named with: common English words of WordNet 3.1 with their synonyms.

`WORDNET_LICENSE` is the licence of the word lists, `extract.py` made them. Words are divided: what names a tool, a
parameter or an enum value in training never does so in the test, nor is it a synonym there.
"""

import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal

from ttpa.pretrain.lexicon.made_up import made_up
from ttpa.records.record import JsonObject

Share = Literal["train", "test"]
"""Which words are used: the test's are never used in training."""
Part = Literal["known", "mixed", "read", "told"]
"""How the training becomes harder: at first nearly all words are known ones; then far more are made up, so that any
word may name a tool; then names whose meaning is fixed give way, too, so that what a parameter is called can only be
read; and at last the schemas of such parameters most often tell what they take."""
_TEST_SHARE = 15
"""Per cent of the words that are kept for the test."""
_MADE_UP_SHARES: dict[Part, float] = {"known": 0.15, "mixed": 0.45, "read": 0.45, "told": 0.45}
_BLEND_SHARE = 0.6
"""How many of the later parts' made-up words are two halves of real ones."""
_RENAMED_SHARE = 0.6
"""How many of the names with a fixed meaning are any word in the last parts."""
_TOLD_SHARE = 0.75
"""How many of the strings with a fixed meaning have a format in the last part. In the test, whose names for them occur
nowhere else, all have."""
_LEFT_OUT = frozenset(
    """hotel hostel booking train flight weather forecast event product order book audiobook recipe ingredient nutrition
    contact message bill loan currency expense seat traveller branch library air slot food payment address hour money
    person people""".split()  # noqa: SIM905 - one word a line would fill a screen
)
"""What the bundled tools of the quickstart are about: no generated tool is named with these."""
# Names of parameters whose meaning is fixed; the last quarter of each tuple is the test's.
PLACES = ("city", "location", "place", "country", "region", "venue", "area", "town")
PERSONS = ("name", "customer", "guest", "patient", "user", "student", "client", "employee", "visitor", "member")
DAYS = ("date", "day", "start_date", "due_date", "birthday", "deadline", "arrival", "departure_day")
CLOCKS = ("time", "start_time", "hour", "opening", "end_time", "slot")
TEXTS = ("title", "text", "query", "message", "subject", "comment", "description", "note", "headline", "topic")
COUNTS = ("count", "limit", "quantity", "number", "level", "size", "page", "year", "age", "rank", "duration")
AMOUNTS = (
    "amount",
    "price",
    "weight",
    "rate",
    "length",
    "distance",
    "radius",
    "width",
    "height",
    "mass",
    "speed",
    "cost",
)
CHOICES = ("mode", "type", "format", "unit", "category", "status", "color", "priority", "genre", "method", "style")
MAILS = ("email", "recipient_email", "email_address", "contact_email")
PHONES = ("phone", "phone_number", "mobile", "telephone")
LINKS = ("url", "link", "website", "homepage")
ROUTES = (
    ("origin", "destination"),
    ("from_city", "to_city"),
    ("start", "end"),
    ("source", "target"),
    ("pickup", "dropoff"),
    ("departure_place", "arrival_place"),
)
_FIXED = frozenset(
    word
    for names in (PLACES, PERSONS, DAYS, CLOCKS, TEXTS, COUNTS, AMOUNTS, CHOICES, MAILS, PHONES, LINKS)
    for name in names
    for word in name.split("_")
) | {word for route in ROUTES for name in route for word in name.split("_")}


@dataclass(frozen=True, slots=True)
class Word:
    """A word and words that mean the same."""

    text: str
    synonyms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one share."""

    share: Share
    things: tuple[Word, ...]
    """What tools are about."""
    qualities: tuple[Word, ...]
    """What parameters are about."""
    adjectives: tuple[Word, ...]
    part: Part = "known"
    """Of the training."""

    def fixed(self, rng: Random, names: tuple[str, ...]) -> str:
        """One of the share's part of names whose meaning is fixed; in the last parts of the training often any word."""
        if self._renames(rng):
            return self.noun(rng)
        cut = len(names) * 3 // 4
        return rng.choice(names[:cut] if self.share == "train" else names[cut:])

    def route(self, rng: Random) -> tuple[str, str]:
        """A pair of names for where something starts and ends; in the last parts of the training often any words."""
        if self._renames(rng):
            start, end = self.noun(rng), self.noun(rng)
            if start != end:
                return start, end
        return rng.choice(ROUTES[:4] if self.share == "train" else ROUTES[4:])

    def string(self, rng: Random, kind: str) -> JsonObject:
        """The schema of a string with a fixed meaning; `kind` is its format, where the schema tells."""
        is_told = self.share == "test" or (self.part == "told" and rng.random() < _TOLD_SHARE)
        return {"type": "string", "format": kind} if is_told else {"type": "string"}

    def noun(self, rng: Random) -> str:
        """What a parameter can be called."""
        return (self.quality(rng) if rng.random() < 0.55 else self.thing(rng)).text

    def thing(self, rng: Random) -> Word:
        return self._draw(rng, self.things)

    def quality(self, rng: Random) -> Word:
        return self._draw(rng, self.qualities)

    def adjective(self, rng: Random) -> str:
        return self._draw(rng, self.adjectives).text

    def _renames(self, rng: Random) -> bool:
        return self.share == "train" and self.part in ("read", "told") and rng.random() < _RENAMED_SHARE

    def _draw(self, rng: Random, words: tuple[Word, ...]) -> Word:
        """In training, now and then a made-up word: what it names can only be read, not known."""
        is_later = self.part != "known"
        if self.share == "train" and rng.random() < _MADE_UP_SHARES[self.part]:
            if is_later and rng.random() < _BLEND_SHARE:
                first, second = rng.choice(words).text, rng.choice(words).text
                word = first[: (len(first) + 1) // 2] + second[len(second) // 2 :]
            else:
                word = made_up(rng)
            # A real word by chance must not give a word of the test away.
            if not is_kept_for_test(word) and not (is_later and word in _LEFT_OUT):
                return Word(word, ())
        return rng.choice(words)


@cache
def load_lexicon(share: Share, part: Part = "known") -> Lexicon:
    """The words of a share, as a part of the training draws them."""
    things, qualities, adjectives = (_read(name, share) for name in ("things", "qualities", "adjectives"))
    known = {word.text for word in things}
    return Lexicon(share, things, tuple(word for word in qualities if word.text not in known), adjectives, part)


def is_kept_for_test(word: str) -> bool:
    """Whether a word belongs to the test; a plural in `s` goes with its word."""
    return zlib.crc32(word.rstrip("s").encode()) % 100 < _TEST_SHARE


def _read(name: str, share: Share) -> tuple[Word, ...]:
    words: list[Word] = []
    for line in (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        text, *synonyms = line.split()
        if text in _FIXED or text in _LEFT_OUT or is_kept_for_test(text) != (share == "test"):
            continue
        usable = [other for other in synonyms if other not in _FIXED | _LEFT_OUT]
        words.append(Word(text, tuple(other for other in usable if is_kept_for_test(other) == (share == "test"))))
    return tuple(words)
