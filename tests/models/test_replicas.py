"""Several replicas: replies in order, a dialogue stays where its prefix is, and the work is shared."""

from collections.abc import Sequence

import pytest

from ttpa.errors import ModelError
from ttpa.models.replicas import Replicas
from ttpa.models.served_tokens import Reply, Request


class Echo:
    """Says a request's last token, and remembers what it was asked."""

    def __init__(self, max_length: int = 10_000) -> None:
        self.max_length = max_length
        self.asked: list[tuple[int, ...]] = []

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        self.asked.extend(request.token_ids for request in requests)
        return [Reply((request.token_ids[-1],), ((0.0, ()),)) for request in requests]


def dialogue(number: int, turns: int, first: int = 320, more: int = 48) -> list[Request]:
    """The requests of a dialogue's turns: each goes on from the one before."""
    tokens = [(number * 7919 + place) % 50_000 for place in range(first + more * turns)]
    return [Request(tuple(tokens[: first + more * turn]), 8) for turn in range(turns)]


def test_replies_come_in_the_order_of_the_requests() -> None:
    requests = [Request((number,) * 40, 4) for number in range(30)]
    replies = Replicas([Echo(), Echo(), Echo()]).answer(requests)
    assert [reply.token_ids for reply in replies] == [(number,) for number in range(30)]


def test_all_turns_of_a_dialogue_go_to_the_replica_that_holds_its_prefix() -> None:
    engines = [Echo(), Echo()]
    replicas = Replicas(engines)
    dialogues = [dialogue(number, turns=5) for number in range(20)]
    for turn in range(5):
        replicas.answer([requests[turn] for requests in dialogues])
    for requests in dialogues:
        assert sum(requests[0].token_ids in engine.asked for engine in engines) == 1
        holder = next(engine for engine in engines if requests[0].token_ids in engine.asked)
        assert all(request.token_ids in holder.asked for request in requests)
    lengths = [len(request.token_ids) for requests in dialogues for request in requests]
    before = [len(requests[turn].token_ids) for requests in dialogues for turn in range(4)]
    assert replicas.router.held == sum(before)
    assert replicas.router.tokens == sum(lengths)


def test_the_work_is_shared_also_where_all_requests_begin_alike() -> None:
    shared = tuple(range(400))
    requests = [Request((*shared, *(number * 31 + place for place in range(160))), 50) for number in range(200)]
    replicas = Replicas([Echo(), Echo(), Echo(), Echo()])
    replicas.answer(requests)
    assert max(replicas.router.shares) < 0.45
    assert replicas.router.held > 0.6 * replicas.router.tokens


def test_new_dialogues_go_where_there_is_least_to_do() -> None:
    replicas = Replicas([Echo(), Echo()])
    replicas.answer([dialogue(number, turns=1)[0] for number in range(40)])
    assert replicas.router.shares == pytest.approx((0.5, 0.5))


def test_the_shortest_context_counts() -> None:
    assert Replicas([Echo(4096), Echo(1024)]).max_length == 1024


def test_a_replica_that_cannot_be_used_stops_the_answer() -> None:
    class Broken(Echo):
        def answer(self, requests: Sequence[Request]) -> list[Reply]:
            raise ModelError("http://there cannot be reached")

    with pytest.raises(ModelError, match="cannot be reached"):
        Replicas([Echo(), Broken()]).answer([dialogue(number, turns=1)[0] for number in range(4)])
