"""Requests in flight: fewer after a refusal, more again after successes, none where the endpoint is down."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ttpa.errors import ModelError
from ttpa.models.throttle import Throttle


def test_a_refusal_halves_what_may_be_in_flight_and_successes_bring_it_back() -> None:
    throttle = Throttle(16)
    throttle.refused()
    throttle.refused()
    assert throttle.limit == 4
    for _ in range(4):
        throttle.succeeded()
    assert throttle.limit == 4 or throttle.limit == 5
    for _ in range(500):
        throttle.succeeded()
    assert throttle.limit == 16
    for _ in range(10):
        throttle.refused()
    assert throttle.limit == 1


def test_no_more_are_in_flight_than_may_be() -> None:
    throttle = Throttle(3)
    together = most = 0
    lock = threading.Lock()
    gate = threading.Barrier(3)

    def work(number: int) -> None:
        nonlocal together, most
        with throttle.slot():
            with lock:
                together += 1
                most = max(most, together)
            if number < 3:
                gate.wait(10)
            with lock:
                together -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(40)))
    assert most == 3


def test_an_endpoint_that_always_fails_is_left_alone() -> None:
    throttle = Throttle(8, "the endpoint at http://localhost:9/v1")
    for _ in range(15):
        throttle.failed("status 500")
    with throttle.slot():
        throttle.failed("status 503")
    told = "the endpoint at http://localhost:9/v1 failed 16 times in a row, last: status 503; check OPENAI_BASE_URL, or"
    with pytest.raises(ModelError, match=told), throttle.slot():
        raise AssertionError("there is no room")


@pytest.mark.parametrize("answered", [False, True])
def test_where_nobody_has_ever_listened_three_connections_are_enough(*, answered: bool) -> None:
    throttle = Throttle(1)
    if answered:
        throttle.succeeded()
    for _ in range(3):
        with throttle.slot():
            throttle.failed("connection refused", nobody_listens=True)
    if answered:
        with throttle.slot():
            return
    with pytest.raises(ModelError, match="failed 3 times in a row, last: connection refused"), throttle.slot():
        raise AssertionError("there is no room")


def test_one_success_forgives_all_failures() -> None:
    throttle = Throttle(1)
    for _ in range(4):
        throttle.failed("status 500")
    throttle.succeeded()
    throttle.failed("status 500")
    with throttle.slot():
        pass
