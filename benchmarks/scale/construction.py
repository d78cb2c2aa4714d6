"""Construction simulated: chains of requests, one after another to an endpoint that takes its time."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import simpy
from benchmarks.scale.stations import Outcome, Process, Station, run_ordered

_AHEAD = 4
"""Rounds of items that Ray's engine does ahead (`ttpa.engines.ray_engine`); the local one takes twice its workers."""


@dataclass(frozen=True, slots=True)
class RequestLaw:
    """What a request takes, and the work that comes with it: tools, checks, the journal."""

    delay: float
    """Seconds until the endpoint replies."""
    processor: float
    """Seconds of the worker's process, one request at a time: Python's threads share one processor."""
    besides: float = 0.0
    """Further seconds that only this request waits: the way there and back."""


def chains(instances: int, requests: float) -> list[int]:
    """Requests of each instance, `requests` on average: whole numbers, spread evenly."""
    ends = [round(requests * number) for number in range(instances + 1)]
    return [end - begin for begin, end in pairwise(ends)]


def simulate_construction(
    requests: Sequence[int],
    law: RequestLaw,
    *,
    processes: int = 1,
    in_flight: int = 1,
    endpoint: int | None = None,
    start: float = 0.0,
) -> Outcome:
    """Instances that make so many `requests` each, on `processes` with `in_flight` instances each.

    `endpoint` is how many requests it answers at a time (as many as come, where not given).
    """
    clock = simpy.Environment()
    workers = processes * in_flight
    answers = Station(clock, endpoint or max(1, workers))
    stations = {"endpoint": answers}
    stations |= {f"process {number}": Station(clock, 1) for number in range(processes)}

    def make(item: int, worker: int) -> Process:
        process = stations[f"process {worker % processes}"]
        for _ in range(requests[item]):
            yield clock.process(answers.work(law.delay))
            yield clock.timeout(law.besides)
            yield clock.process(process.work(law.processor))

    most = 2 * workers if processes == 1 else _AHEAD * (in_flight + 1) * processes
    return run_ordered(clock, stations, len(requests), workers, most, make, start=start)
