"""Replicas simulated: prompts are read one after another, less what is kept of them; tokens are said side by side."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle

import simpy
from benchmarks.scale.stations import Process, Station

from ttpa.models.replicas import PrefixRouter, hash_prefixes
from ttpa.models.served_tokens import Request

BLOCK = 16
"""Tokens that are kept together."""


@dataclass(frozen=True, slots=True)
class ServingLaw:
    """What a replica takes for a token."""

    read: float
    """Seconds to compute a token of a prompt, one request at a time."""
    said: float
    """Seconds until a sequence has said its next token."""
    held: float = 0.0
    """Of those, seconds of the replica's own that no other request can have."""
    handled: float = 0.0
    """Seconds of the command's process for a token that it sends: one at a time, for all replicas."""
    besides: float = 0.0
    """Further seconds that only this request waits: the way there and back."""
    opening: float = 0.0
    """Seconds of the command's process for each replica before each round: it opens a connection."""
    in_flight: int = 16
    blocks: int = 10_000
    """That a replica keeps, those used last."""


@dataclass(slots=True)
class _Replica:
    compute: Station
    kept: OrderedDict[int, None] = field(default_factory=OrderedDict[int, None])

    def take(self, prefixes: Sequence[int], blocks: int) -> int:
        """How many blocks of a prompt it holds; afterwards it holds them all."""
        held = next((place for place, prefix in enumerate(prefixes) if prefix not in self.kept), len(prefixes))
        for prefix in prefixes:
            self.kept[prefix] = None
            self.kept.move_to_end(prefix)
        while len(self.kept) > blocks:
            self.kept.popitem(last=False)
        return held


@dataclass(frozen=True, slots=True)
class Served:
    """How a simulation of replicas went."""

    seconds: float
    turns: int
    from_cache: float
    """Share of the tokens asked."""
    used: tuple[float, ...]
    """Share of the time that each replica computed."""

    @property
    def pace(self) -> float:
        """Turns a second."""
        return self.turns / self.seconds


Choose = Callable[[Request], int]


def in_turn(replicas: int) -> Choose:
    """What a plain load balancer does."""
    places = cycle(range(replicas))
    return lambda _: next(places)


def by_prefix(replicas: int) -> Choose:
    """What `ttpa` does, by its own router."""
    return PrefixRouter(replicas).choose


def simulate_serving(rounds: Sequence[Sequence[Request]], law: ServingLaw, replicas: int, choose: Choose) -> Served:
    """Rounds of requests; a round is asked when all replies of the one before are there, as turns of dialogues are."""
    clock = simpy.Environment()
    places = [_Replica(Station(clock, 1)) for _ in range(replicas)]
    slots = [simpy.Resource(clock, law.in_flight) for _ in range(replicas)]
    command = Station(clock, 1)
    asked = held = turns = 0

    def answer(request: Request, number: int) -> Process:
        nonlocal asked, held, turns
        slot = slots[number].request()
        with slot:
            yield slot
            yield clock.process(command.work(law.handled * len(request.token_ids)))
            blocks = places[number].take(hash_prefixes(request.token_ids), law.blocks)
            asked += len(request.token_ids)
            held += blocks * BLOCK
            due = law.read * (len(request.token_ids) - blocks * BLOCK) + law.held * request.max_new_tokens
            yield clock.process(places[number].compute.work(due))
            yield clock.timeout((law.said - law.held) * request.max_new_tokens + law.besides)
        turns += 1

    def play() -> Process:
        for requests in rounds:
            chosen = [choose(request) for request in requests]
            yield clock.process(command.work(law.opening * len(set(chosen))))
            yield clock.all_of([clock.process(answer(*asked_of)) for asked_of in zip(requests, chosen, strict=True)])

    clock.run(clock.process(play()))
    return Served(
        clock.now, turns, held / max(1, asked), tuple(place.compute.busy / max(clock.now, 1e-12) for place in places)
    )
