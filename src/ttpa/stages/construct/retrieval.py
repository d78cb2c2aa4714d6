"""Which tools of a large registry belong together, by the words in which they are told (BM25)."""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import bm25s
import numpy as np
from numpy.typing import NDArray

from ttpa.records.tools import ToolSpec

_DRAWN = 0.25
"""Share of the candidates that is drawn from all tools, so that not every distractor is a look-alike."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Candidates:
    """What one scenario is drawn from."""

    near: tuple[ToolSpec, ...]
    """The tool that was asked for, then those most like it."""
    drawn: tuple[ToolSpec, ...]
    """Tools that may have nothing to do with it."""

    @property
    def all(self) -> tuple[ToolSpec, ...]:
        return self.near + self.drawn


class ToolIndex:
    """Tools by the words of their names, descriptions and parameters."""

    def __init__(self, tools: Sequence[ToolSpec]) -> None:
        self._tools = tuple(tools)
        self._texts = [_words_of(tool) for tool in tools]
        self._places = {tool.name: place for place, tool in enumerate(tools)}
        self._told = [frozenset(_words(tool.description)) for tool in tools]
        self._index = bm25s.BM25()
        # One word more that no tool has: an index over nothing at all cannot be made.
        texts = [[*text, ""] for text in self._texts]
        self._index.index(texts, show_progress=False)  # pyright: ignore[reportUnknownMemberType]

    def candidates(self, tool: ToolSpec, count: int, rng: random.Random) -> Candidates:
        """`count` tools in all: `tool` itself, those most like it, and a quarter drawn from the others.

        No two of them are told in the same words: they would do the same, and only one could be right. So there may be
        fewer than `count`.
        """
        place = self._places[tool.name]
        scores = self._index.get_scores(self._texts[place])  # pyright: ignore[reportUnknownMemberType]
        told: set[frozenset[str]] = set()
        drawn_count = round(count * _DRAWN)
        ranked = (other for other in _by_score(scores, 2 * count) if other != place)
        near = self._first(chain((place,), ranked), count - drawn_count, told)
        others = rng.sample(range(len(self._tools)), min(len(self._tools), 2 * count))
        taken = set(near)
        drawn = self._first((other for other in others if other not in taken), drawn_count, told)
        return Candidates(tuple(self._tools[i] for i in near), tuple(self._tools[i] for i in drawn))

    def _first(self, places: Iterable[int], count: int, told: set[frozenset[str]]) -> list[int]:
        """The first `count` tools that are told in words of their own."""
        found: list[int] = []
        for place in places:
            if len(found) == count:
                break
            words = self._told[place]
            if not words or words not in told:
                told.add(words)
                found.append(place)
        return found


def _by_score(scores: NDArray[np.float32], most: int) -> Iterator[int]:
    """Places from the highest score down, of equal ones the first; the `most` highest are sorted, others if needed."""
    least = np.partition(scores, -most)[-most] if most < len(scores) else scores.min()
    for part in (np.flatnonzero(scores >= least), np.flatnonzero(scores < least)):
        yield from part[np.argsort(-scores[part], kind="stable")].tolist()


def _words_of(tool: ToolSpec) -> list[str]:
    properties = tool.parameters.get("properties")
    parameters = properties if isinstance(properties, dict) else {}
    about = [str(schema.get("description", "")) for schema in parameters.values() if isinstance(schema, dict)]
    return _words(" ".join([tool.name, tool.description, *parameters, *about]))


def _words(text: str) -> list[str]:
    """The words in lower case; `getForecast` and `get_forecast` have the same two."""
    return [word.lower() for word in _WORD.findall(_HUMP.sub(" ", text))]
