"""Points that take minutes each, as they stand in the documents: what the simulation says of them."""

from dataclasses import replace

from benchmarks.replicas import rounds_of
from benchmarks.scale.construction import RequestLaw, chains, simulate_construction
from benchmarks.scale.fitting import Point, fit
from benchmarks.scale.serving import ServingLaw, by_prefix, in_turn, simulate_serving

DELAY = 0.5
PROCESSOR = 0.0053
"""Processor seconds of a request in `benchmarks/generator_server.py`: 2.9 s of 541 requests, client and server."""


def construction_points() -> list[Point]:
    """`benchmarks/generator_server.py`: fitted to one request in flight, 16 predicted."""
    alone, many = chains(60, 263 / 60), chains(1000, 4872 / 1000)

    def simulated(besides: float, requests: list[int], in_flight: int) -> float:
        law = RequestLaw(DELAY, PROCESSOR, besides)
        return simulate_construction(requests, law, in_flight=in_flight).seconds

    besides = fit(lambda value: simulated(value, alone, 1), 146.0, most=0.5)
    return [
        Point("construct, 1 in flight, 60 instances", "s", 146.0, simulated(besides, alone, 1), is_fitted=True),
        Point("construct, 16 in flight, 1,000 instances", "s", 176.0, simulated(besides, many, 16)),
    ]


def ray_points() -> list[Point]:
    """`benchmarks/ray_engine.py`: fitted to the local engine, two workers predicted."""
    requests = chains(30, 135 / 30)
    law = RequestLaw(DELAY, PROCESSOR)

    def alone_at(besides: float) -> float:
        return 135 / simulate_construction(requests, replace(law, besides=besides)).seconds

    law = replace(law, besides=fit(alone_at, 1.84, most=0.5))
    alone = simulate_construction(requests, law)
    two = simulate_construction(requests, law, processes=2)
    start = 51.3 - 135 / 3.73  # of this very arm: the start of a cluster is not predicted
    return [
        Point("local, while it runs", "requests/s", 1.84, 135 / alone.seconds, is_fitted=True),
        Point("two workers of Ray, while they run", "requests/s", 3.73, 135 / two.seconds),
        Point("two workers over local, while they run", "times", 2.02, alone.seconds / two.seconds),
        Point(
            "two workers over local, with the cluster's start",
            "times",
            1.47,
            75.1 / (start + two.seconds),
            is_fitted=True,
        ),
    ]


def replica_points() -> list[Point]:
    """`benchmarks/replicas.py`: fitted to one replica, two predicted."""
    rounds = rounds_of()
    # What the server sleeps for a token is known; the command's processor time for a token was measured apart.
    law = ServingLaw(read=20e-6, said=2e-3, handled=1.22e-6)

    def one_at(besides: float) -> float:
        return simulate_serving(rounds, replace(law, besides=besides), 1, in_turn(1)).pace

    law = replace(law, besides=fit(one_at, 69.6, most=0.5))
    one, two, best = (
        simulate_serving(rounds, law, count, choose)
        for count, choose in ((1, in_turn(1)), (2, in_turn(2)), (2, by_prefix(2)))
    )
    return [
        Point("one replica", "turns/s", 69.6, one.pace, is_fitted=True),
        Point("two replicas, taken in turn", "turns/s", 79.4, two.pace),
        Point("two replicas, by the prefix that they hold", "turns/s", 116.4, best.pace),
        Point("tokens from the cache: one replica", "%", 74.7, 100 * one.from_cache),
        Point("tokens from the cache: two in turn", "%", 55.0, 100 * two.from_cache),
        Point("tokens from the cache: two by prefix", "%", 74.7, 100 * best.from_cache),
    ]


def recorded_points() -> list[Point]:
    """All of them."""
    return [*construction_points(), *ray_points(), *replica_points()]
