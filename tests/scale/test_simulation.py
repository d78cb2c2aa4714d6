"""The simulation keeps the laws of queues, and tells what was measured."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import simpy
from benchmarks.generator_server import Asked
from benchmarks.scale.construction import RequestLaw, chains, simulate_construction
from benchmarks.scale.fitting import Point, fit
from benchmarks.scale.measuring import chains_of
from benchmarks.scale.recorded import construction_points, ray_points, replica_points
from benchmarks.scale.serving import ServingLaw, by_prefix, in_turn, simulate_serving
from benchmarks.scale.stations import Process, Station, run_ordered

from ttpa.models.served_tokens import Request

LAW = RequestLaw(delay=0.5, processor=0.01, besides=0.05)
REQUESTS = chains(50, 4.6)


def dialogues(count: int = 12, turns: int = 4) -> list[list[Request]]:
    texts = [tuple(range(10_000 * number, 10_000 * number + 320 + 48 * turns)) for number in range(count)]
    return [[Request(text[: 320 + 48 * turn], 20) for text in texts] for turn in range(turns)]


def test_one_at_a_time_takes_the_sum_of_all() -> None:
    assert simulate_construction([3, 1, 2], LAW).seconds == pytest.approx(6 * 0.56)


def test_many_at_a_time_take_a_share_of_it_until_something_is_full() -> None:
    alone = simulate_construction(REQUESTS, LAW).seconds
    eight = simulate_construction(REQUESTS, LAW, in_flight=8)
    assert alone / 8 <= eight.seconds < alone / 6
    full = simulate_construction(REQUESTS * 4, LAW, in_flight=500)
    assert full.seconds >= 4 * sum(REQUESTS) * LAW.processor  # one process has one processor
    assert full.bottleneck == "process 0"
    assert full.used["process 0"] > 0.7


@pytest.mark.parametrize("processes", [1, 2, 5])
@pytest.mark.parametrize("in_flight", [1, 3, 16])
@pytest.mark.parametrize("endpoint", [None, 1, 4])
def test_nothing_is_lost_or_doubled_and_nothing_is_used_more_than_it_can_be(
    processes: int, in_flight: int, endpoint: int | None
) -> None:
    outcome = simulate_construction(REQUESTS, LAW, processes=processes, in_flight=in_flight, endpoint=endpoint)
    assert outcome.done == tuple(range(len(REQUESTS)))
    assert all(0 < used <= 1 + 1e-9 for used in outcome.used.values())
    places = {"endpoint": endpoint or processes * in_flight}
    busy = sum(used * outcome.seconds * places.get(name, 1) for name, used in outcome.used.items())
    assert busy == pytest.approx(sum(REQUESTS) * (LAW.delay + LAW.processor))


def test_more_is_never_slower() -> None:
    for vary in ("processes", "in_flight", "endpoint"):
        base = {"processes": 2, "in_flight": 4, "endpoint": 8}
        seconds = [simulate_construction(REQUESTS, LAW, **{**base, vary: size}).seconds for size in (1, 2, 4, 8, 16)]
        assert seconds == sorted(seconds, reverse=True), vary


def test_the_start_of_the_workers_comes_on_top() -> None:
    base = simulate_construction(REQUESTS, LAW, processes=2)
    later = simulate_construction(REQUESTS, LAW, processes=2, start=7.0)
    assert later.seconds == pytest.approx(base.seconds + 7.0)
    assert later.used == pytest.approx(base.used)


def test_a_first_item_that_takes_long_holds_up_those_too_far_ahead() -> None:
    clock = simpy.Environment()
    begun: list[tuple[int, float]] = []
    station = Station(clock, 10)

    def make(item: int, _: int) -> Process:
        begun.append((item, clock.now))
        return station.work(1.0 if item else 10.0)

    outcome = run_ordered(clock, {"s": station}, items=30, workers=10, most=12, make=make)
    assert outcome.done == tuple(range(30))
    assert sum(at < 10 for _, at in begun) == 12


def test_what_the_command_does_with_each_result_bounds_all_workers() -> None:
    def seconds(workers: int) -> float:
        clock = simpy.Environment()
        stations = {"workers": Station(clock, workers), "command": Station(clock, 1)}
        return run_ordered(
            clock, stations, 200, workers, 4 * workers,
            lambda _, __: stations["workers"].work(0.01), write=lambda: stations["command"].work(0.002),
        ).seconds  # fmt: skip

    assert [round(seconds(workers), 2) for workers in (1, 64)] == [2.0, 0.41]


def test_a_prompt_is_computed_once_by_a_replica_that_keeps_it() -> None:
    law = ServingLaw(read=1e-3, said=0.0)
    again = [Request(tuple(range(160)), 0)]
    assert simulate_serving([again], law, 1, in_turn(1)).seconds == pytest.approx(0.16)
    twice = simulate_serving([again, again], law, 1, in_turn(1))
    assert (twice.seconds, twice.from_cache) == (pytest.approx(0.16), 0.5)
    assert simulate_serving([again, again], replace(law, blocks=4), 1, in_turn(1)).from_cache < 0.5


def test_replicas_are_used_up_to_their_time_and_all_turns_are_answered() -> None:
    law = ServingLaw(read=1e-4, said=1e-3, held=1e-4, handled=1e-6, besides=1e-3, opening=0.01, in_flight=4)
    for replicas in (1, 2, 3):
        for choose in (in_turn(replicas), by_prefix(replicas)):
            served = simulate_serving(dialogues(), law, replicas, choose)
            assert served.turns == 48
            assert len(served.used) == replicas
            assert all(0 < used <= 1 for used in served.used)


def test_more_replicas_are_never_slower_and_the_prefix_pays() -> None:
    law = ServingLaw(read=1e-3, said=1e-3)
    by_number = [simulate_serving(dialogues(), law, number, by_prefix(number)).pace for number in (1, 2, 4)]
    assert by_number == sorted(by_number)
    turns = dialogues(count=13)  # an odd number, so that those taken in turn do not come back to the same one
    assert simulate_serving(turns, law, 2, by_prefix(2)).pace > simulate_serving(turns, law, 2, in_turn(2)).pace


def test_chains_are_whole_and_as_many_as_they_should_be() -> None:
    for mean in (1.0, 4.71, 0.3):
        made = chains(1000, mean)
        assert sum(made) == round(1000 * mean)
        assert max(made) - min(made) <= 1


def test_requests_are_told_apart_by_the_seeds_of_their_instances() -> None:
    asked = [
        Asked(0.0, "scenario", 5_000_000), Asked(0.1, "no_call", 90), Asked(0.5, "calls", 5_001_000),
        Asked(0.9, "answer", 5_000_000), Asked(1.0, "scenario", 900_000), Asked(1.5, "calls", 901_001),
    ]  # fmt: skip
    assert chains_of(asked) == (3, 1, 2)


def test_a_number_is_fitted_where_the_simulation_rises_and_where_it_falls() -> None:
    assert fit(lambda value: 3 * value, 6.0, most=10.0) == pytest.approx(2.0, abs=1e-5)
    assert fit(lambda value: 10 - value, 6.0, most=10.0) == pytest.approx(4.0, abs=1e-5)


def test_a_point_is_within_fifteen_percent_or_not() -> None:
    assert Point("p", "s", 100.0, 114.9).is_within
    assert not Point("p", "s", 100.0, 116.0).is_within
    assert not Point("p", "s", 100.0, 84.0).is_within


@pytest.mark.parametrize("points", [construction_points, ray_points])
def test_the_points_that_were_measured_are_told_within_fifteen_percent(points: Callable[[], list[Point]]) -> None:
    told = points()
    assert [point.name for point in told if not point.is_within] == []
    assert any(not point.is_fitted for point in told)


@pytest.mark.heavy
def test_the_points_of_replicas_are_told_too() -> None:
    assert [point.name for point in replica_points() if not point.is_within] == []
