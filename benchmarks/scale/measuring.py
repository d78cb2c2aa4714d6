"""Points that are measured on the spot, some two minutes of idle cores, beside what the simulation says of them.

Every number of the simulation comes from one request at a time; many in flight, several workers and several replicas
are predicted. What is asked - requests of each instance, tokens of each prompt - is taken as it was.
"""

import os
import tempfile
import threading
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.generator_server import Asked, Server, construct
from benchmarks.replicas import COMPUTED, SAID, play, rounds_of
from benchmarks.replicas import Server as ReplicaServer
from benchmarks.scale.construction import RequestLaw, simulate_construction
from benchmarks.scale.fitting import Point
from benchmarks.scale.serving import ServingLaw, by_prefix, in_turn, simulate_serving

from ttpa.models.scripted import CharacterTokenizer
from ttpa.models.vllm_server import VllmServer

DELAY = 0.5
ALONE = 20
"""Requests that are asked one after another of one replica."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A construction that was measured."""

    seconds: float
    """From the first request to the last reply."""
    processor: float
    """Of this process for a request, the endpoint included."""
    chains: tuple[int, ...]
    """Requests of each instance, in the order in which they began."""

    @property
    def pace(self) -> float:
        """Requests a second."""
        return sum(self.chains) / self.seconds


def construction_points() -> Iterator[Point]:
    """1, 4 and 16 instances in flight, and two workers of Ray; all but the first are predicted."""
    with _endpoint() as server:
        alone = _construct(server, instances=10, in_flight=1)
        law = _law_of(alone)
        told = simulate_construction(alone.chains, law)
        yield Point(
            "construct, 1 in flight", "requests/s", alone.pace, sum(alone.chains) / told.seconds, is_fitted=True
        )
        for in_flight, instances in ((4, 40), (16, 160)):
            arm = _construct(server, instances, in_flight)
            told = simulate_construction(arm.chains, law, in_flight=in_flight)
            yield Point(f"construct, {in_flight} in flight", "requests/s", arm.pace, sum(arm.chains) / told.seconds)
        arm = _construct(server, instances=20, in_flight=1, engine="ray")
        told = simulate_construction(arm.chains, law, processes=2)
        yield Point("construct, two workers of Ray", "requests/s", arm.pace, sum(arm.chains) / told.seconds)


def replica_points() -> Iterator[Point]:
    """One replica, two in turn, two by prefix: all predicted from requests that were asked one after another."""
    rounds = rounds_of()
    law = _measure_replica()
    for arm, count, choose in (
        ("one replica", 1, in_turn(1)),
        ("two, in turn", 2, in_turn(2)),
        ("two, by prefix", 2, by_prefix(2)),
    ):
        played = play(arm, rounds)
        yield Point(arm, "turns/s", played.pace, simulate_serving(rounds, law, count, choose).pace)


def _law_of(arm: Arm) -> RequestLaw:
    """What a request takes where there is never a second one."""
    besides = arm.seconds / sum(arm.chains) - DELAY - arm.processor
    return RequestLaw(DELAY, arm.processor, max(0.0, besides))


@contextmanager
def _endpoint() -> Generator[Server]:
    """An endpoint that waits before each reply."""
    server = Server(DELAY)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ |= {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": f"http://127.0.0.1:{server.server_port}/v1"}
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def _construct(server: Server, instances: int, in_flight: int, engine: str = "local") -> Arm:
    server.asked.clear()
    worked = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        construct(folder, instances, in_flight, engine)
    worked = time.process_time() - worked
    asked = sorted(server.asked)
    return Arm(asked[-1].at + DELAY - asked[0].at, worked / len(asked), chains_of(asked))


def chains_of(asked: Sequence[Asked]) -> tuple[int, ...]:
    """Requests of each instance, in the order in which the instances began.

    The seeds of an instance's requests are its first one's and a little more.
    """
    begun = [one.seed for one in asked if one.task in ("scenario", "no_call")]
    ordered = sorted(begun)
    requests = Counter(ordered[bisect_right(ordered, one.seed) - 1] for one in asked)
    return tuple(requests[seed] for seed in begun)


def _measure_replica() -> ServingLaw:
    """What a request takes where there is never a second one, beyond what the server sleeps for each token."""
    requests = rounds_of()[0][:ALONE]
    tokens = sum(len(request.token_ids) for request in requests)
    said = sum(request.max_new_tokens for request in requests)
    server = ReplicaServer(blocks=10_000)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        engine = VllmServer(url, "policy", CharacterTokenizer(), in_flight=1)
        began = time.monotonic()
        engine.answer([])
        opening = time.monotonic() - began
        began, worked = time.monotonic(), time.process_time()
        engine.answer(requests)
        seconds, worked = time.monotonic() - began - opening, time.process_time() - worked - opening
    finally:
        server.shutdown()
        server.server_close()
    handled = max(0.0, worked)
    besides = max(0.0, seconds - handled - COMPUTED * tokens - SAID * said) / len(requests)
    return ServingLaw(COMPUTED, SAID, handled=handled / tokens, besides=besides, opening=opening)
