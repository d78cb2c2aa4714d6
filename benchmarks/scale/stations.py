"""What a simulation is made of: places where work is done, so many items at a time, and what they were busy with."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import simpy

Process = Generator[simpy.Event, Any, None]
"""What simpy runs."""


class Station:
    """Does `places` things at a time; the others wait in the order in which they came."""

    def __init__(self, clock: simpy.Environment, places: int) -> None:
        self.places = places
        self.busy = 0.0
        """Seconds, of all places together."""
        self._clock = clock
        self._resource = simpy.Resource(clock, places)

    def work(self, seconds: float) -> Process:
        """Waits for a place, and keeps it for so long."""
        place = self._resource.request()
        with place:
            yield place
            yield self._clock.timeout(seconds)
            self.busy += seconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a simulation went."""

    seconds: float
    done: tuple[int, ...]
    """Items in the order in which they were given out."""
    first: float
    """When the first item began."""
    used: dict[str, float]
    """Share of the time from then on that each station was busy, in [0, 1]."""

    @property
    def bottleneck(self) -> str:
        """The station that was busiest."""
        return max(self.used, key=lambda name: self.used[name])


def run_ordered(
    clock: simpy.Environment,
    stations: dict[str, Station],
    items: int,
    workers: int,
    most: int,
    make: Callable[[int, int], Process],
    *,
    start: float = 0.0,
    write: Callable[[], Process] | None = None,
) -> Outcome:
    """Items done by `workers` at a time and given out in their order, as the engines do.

    At most `most` items are begun, or done, ahead of the first that is not given out. `make(item, worker)` does one;
    `write` is what the command's own process does with each result. Workers are there after `start` seconds.
    """
    free = simpy.Store(clock)
    for worker in range(workers):
        free.put(worker)
    room = simpy.Container(clock, init=most, capacity=most)
    ended = [clock.event() for _ in range(items)]
    done: list[int] = []

    def one(item: int, worker: int) -> Process:
        yield clock.process(make(item, worker))
        free.put(worker)
        ended[item].succeed()

    def hand_out() -> Process:
        yield clock.timeout(start)
        for item in range(items):
            yield room.get(1)
            worker = yield free.get()
            clock.process(one(item, worker))

    def collect() -> Process:
        for item in range(items):
            yield ended[item]
            if write is not None:
                yield clock.process(write())
            done.append(item)
            yield room.put(1)

    clock.process(hand_out())
    clock.run(clock.process(collect()))
    spent = clock.now - start
    used = {name: station.busy / (spent * station.places) if spent else 0.0 for name, station in stations.items()}
    return Outcome(clock.now, tuple(done), start, used)
