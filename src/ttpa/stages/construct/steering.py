"""Steering towards what is rare: of every choice that a plan makes, what was chosen least before comes first."""

import random
from collections import Counter
from collections.abc import Hashable, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TypeVar

from ttpa.records.tools import ToolSpec

T = TypeVar("T", bound=Hashable)
Option = TypeVar("Option")
_LISTS = Path(__file__).with_name("prompts")


class Ledger:
    """What the plans so far have chosen."""

    def __init__(self) -> None:
        self._chosen: Counter[Hashable] = Counter()
        self._pairs: Counter[frozenset[str]] = Counter()
        self._rounds: dict[Hashable, list[int]] = {}

    def rarest(self, question: Hashable, options: Sequence[T], rng: random.Random) -> T:
        """The option chosen least before for this question, drawn where several were. It counts from now on."""
        chosen = min(options, key=lambda option: (self._chosen[question, option], rng.random()))
        self._chosen[question, chosen] += 1
        return chosen

    def in_turn(self, question: Hashable, options: Sequence[Option], rng: random.Random) -> Option:
        """Each option once a round, every round in an order of its own: of very many, none is looked at twice."""
        places = self._rounds.setdefault(question, [])
        if not places:
            places.extend(rng.sample(range(len(options)), len(options)))
        return options[places.pop()]

    def rarest_tools(
        self,
        question: Hashable,
        pool: Sequence[ToolSpec],
        count: int,
        rng: random.Random,
        *,
        first: ToolSpec | None = None,
    ) -> tuple[ToolSpec, ...]:
        """`count` tools of the pool, in random order: those chosen least before, and of these such as seldom met.

        `first` is among them in any case.
        """
        waiting = sorted(pool, key=lambda tool: (self._chosen[question, tool.name], rng.random()))
        chosen: list[ToolSpec] = []
        if first is not None:
            chosen.append(first)
            waiting.remove(first)
        while waiting and len(chosen) < count:
            least = self._chosen[question, waiting[0].name]
            alike = [tool for tool in waiting if self._chosen[question, tool.name] == least]
            tool = min(alike, key=lambda tool: sum(self._pairs[frozenset((tool.name, one.name))] for one in chosen))
            chosen.append(tool)
            waiting.remove(tool)
        self._chosen.update((question, tool.name) for tool in chosen)
        self._pairs.update(frozenset((one.name, other.name)) for one, other in combinations(chosen, 2))
        rng.shuffle(chosen)
        return tuple(chosen)


@cache
def read_list(name: str) -> tuple[str, ...]:
    """The lines of a file beside the prompts: what a plan may choose from."""
    text = (_LISTS / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip())
