"""Several engines that serve one policy: each request goes to the one that holds most of its prefix.

A dialogue's next turn, and a branch of a turn, begin with tokens that one replica has computed before. As in SGLang's
cache-aware routing, a replica that holds enough of them is taken unless it has too much to do already.
"""

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise

from ttpa.models.served_tokens import Reply, Request, TokenEngine

_BLOCK = 16
"""Tokens that vLLM keeps together."""
_ENOUGH = 0.5
"""Share of a request that a replica must hold to be worth it."""
_TOO_MUCH = 1.5
"""A replica's work over the mean of all, from which another one is taken."""
_REMEMBERED = 500_000
"""Blocks that are remembered of each replica; which of them it has dropped since, nobody tells."""


@dataclass(slots=True)
class _Given:
    """What one replica was given so far."""

    blocks: OrderedDict[int, None] = field(default_factory=OrderedDict[int, None])
    """Hashes of the prefixes that it was given, those used last at the end."""
    work: int = 0
    """Tokens to be computed for the requests that it was given."""

    def count_held(self, prefixes: Sequence[int]) -> int:
        """How many of a request's blocks it holds, from the start on."""
        return next((place for place, prefix in enumerate(prefixes) if prefix not in self.blocks), len(prefixes))

    def remember(self, prefixes: Sequence[int]) -> None:
        for prefix in prefixes:
            self.blocks[prefix] = None
            self.blocks.move_to_end(prefix)
        while len(self.blocks) > _REMEMBERED:
            self.blocks.popitem(last=False)


class PrefixRouter:
    """Chooses a replica for each request by what they were given before."""

    def __init__(self, replicas: int) -> None:
        self._replicas = [_Given() for _ in range(replicas)]
        self.tokens = 0
        """Tokens of all requests so far."""
        self.held = 0
        """Those of them that the chosen replica was given before."""

    @property
    def shares(self) -> tuple[float, ...]:
        """Each replica's share of the work so far."""
        total = sum(replica.work for replica in self._replicas)
        return tuple(replica.work / total if total else 0.0 for replica in self._replicas)

    def choose(self, request: Request) -> int:
        """The number of the replica that is given the request, counted from 0."""
        prefixes = hash_prefixes(request.token_ids)
        idle = min(self._replicas, key=lambda replica: replica.work)
        holder = max(self._replicas, key=lambda replica: (replica.count_held(prefixes), -replica.work))
        mean = sum(replica.work for replica in self._replicas) / len(self._replicas)
        length = len(request.token_ids)
        is_worth_it = holder.count_held(prefixes) * _BLOCK >= _ENOUGH * length
        chosen = holder if is_worth_it and holder.work <= _TOO_MUCH * mean + length else idle
        held = chosen.count_held(prefixes) * _BLOCK
        chosen.work += length - held + request.max_new_tokens
        chosen.remember(prefixes)
        self.tokens += length
        self.held += held
        return next(place for place, replica in enumerate(self._replicas) if replica is chosen)


class Replicas:
    """A `TokenEngine` over others; what is said does not depend on which of them says it."""

    def __init__(self, engines: Sequence[TokenEngine]) -> None:
        self.max_length = min(engine.max_length for engine in engines)
        self.router = PrefixRouter(len(engines))
        self._engines = engines

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """A reply to each request, in order; all replicas answer side by side."""
        chosen = [self.router.choose(request) for request in requests]
        given = [[place for place, one in enumerate(chosen) if one == number] for number in range(len(self._engines))]
        replies: dict[int, Reply] = {}
        with ThreadPoolExecutor(len(self._engines)) as pool:
            answering = [
                pool.submit(engine.answer, [requests[place] for place in places]) if places else None
                for engine, places in zip(self._engines, given, strict=True)
            ]
            for places, answered in zip(given, answering, strict=True):
                if answered is not None:
                    replies.update(zip(places, answered.result(), strict=True))
        return [replies[place] for place in range(len(requests))]


def hash_prefixes(token_ids: Sequence[int]) -> list[int]:
    """A hash of each prefix that ends with a whole block."""
    prefixes: list[int] = []
    before = 0
    for start, end in pairwise(range(0, len(token_ids) + 1, _BLOCK)):
        before = hash((before, tuple(token_ids[start:end])))
        prefixes.append(before)
    return prefixes
