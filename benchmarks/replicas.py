"""One vLLM replica, two taken in turn, and two by the prefix that they hold: turns a second, and tokens from the cache.

`python benchmarks/replicas.py [--dialogues 60] [--turns 5]`: the servers are scripted. Each speaks vLLM's protocol,
computes a token in 20 microseconds, one request at a time, and says one in 2 milliseconds; it keeps the blocks of 16
tokens that it computed, the last `--blocks` of them. Dialogues are played side by side, a turn of each at once.
"""

import argparse
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple

from ttpa.models.replicas import Replicas
from ttpa.models.scripted import CharacterTokenizer
from ttpa.models.served_tokens import Reply, Request, TokenEngine
from ttpa.models.vllm_server import VllmServer

COMPUTED, SAID = 20e-6, 2e-3
"""Seconds a token."""
BLOCK = 16


class Server(ThreadingHTTPServer):
    """A replica and what it has computed."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, blocks: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.blocks = blocks
        self.kept: OrderedDict[int, None] = OrderedDict()
        self.computing = threading.Lock()
        self.asked = self.from_cache = 0

    def compute(self, token_ids: Sequence[int]) -> None:
        with self.computing:
            before, held, is_held = 0, 0, True
            for start, end in pairwise(range(0, len(token_ids) + 1, BLOCK)):
                before = hash((before, tuple(token_ids[start:end])))
                is_held = is_held and before in self.kept
                held += BLOCK if is_held else 0
                self.kept[before] = None
                self.kept.move_to_end(before)
            while len(self.kept) > self.blocks:
                self.kept.popitem(last=False)
            self.asked += len(token_ids)
            self.from_cache += held
            time.sleep(COMPUTED * (len(token_ids) - held))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.say({"data": [{"id": "policy", "max_model_len": 100_000}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/tokenize":
            self.say({"tokens": [ord(character) for character in body["prompt"]]})
            return
        self.server.compute(body["prompt"])
        said = [ord("a")] * body["max_tokens"]
        time.sleep(SAID * len(said))
        logprobs = {"token_logprobs": [0.0] * len(said), "top_logprobs": [{"token_id:97": 0.0}] * len(said)}
        choice: dict[str, Any] = {"token_ids": said, "logprobs": logprobs}
        if "prompt_logprobs" in body:
            choice["prompt_logprobs"] = [None, *({str(one): {"logprob": 0.0}} for one in body["prompt"][1:])]
        self.say({"choices": [choice]})

    def say(self, told: dict[str, Any]) -> None:
        text = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the name is the library's
        """Stays silent."""


class InTurn:
    """What a plain load balancer does: the replicas one after another."""

    def __init__(self, engines: Sequence[TokenEngine]) -> None:
        self.max_length = engines[0].max_length
        self._engines = engines
        self._next = 0

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        given: list[list[int]] = [[] for _ in self._engines]
        for place in range(len(requests)):
            given[self._next % len(self._engines)].append(place)
            self._next += 1
        replies: dict[int, Reply] = {}

        def ask(engine: TokenEngine, places: list[int]) -> None:
            replies.update(zip(places, engine.answer([requests[place] for place in places]), strict=True))

        threads = [threading.Thread(target=ask, args=pair) for pair in zip(self._engines, given, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [replies[place] for place in range(len(requests))]


ARMS: dict[str, tuple[int, Callable[[list[VllmServer]], TokenEngine]]] = {
    "one replica": (1, lambda engines: engines[0]),
    "two, in turn": (2, InTurn),
    "two, by prefix": (2, Replicas),
}
"""Replicas, and what chooses among them."""


class Played(NamedTuple):
    """What an arm did."""

    pace: float
    """Turns a second."""
    from_cache: float
    """Share of the tokens asked."""
    shares: tuple[float, ...]
    """Of the tokens asked, of each replica."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dialogues", type=int, default=60)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--prompt", type=int, default=1500, help="tokens before a dialogue's first turn")
    parser.add_argument("--more", type=int, default=250, help="tokens that a turn and its results add")
    parser.add_argument("--say", type=int, default=40, help="tokens of a turn")
    parser.add_argument("--blocks", type=int, default=10_000)
    options = parser.parse_args()
    rounds = rounds_of(options.dialogues, options.turns, options.prompt, options.more, options.say)
    print(f"{'':<16} {'turns/s':>8} {'from cache':>11} {'work of each':>14}")
    for arm in ARMS:
        played = play(arm, rounds, options.blocks)
        shares = " ".join(f"{share:.0%}" for share in played.shares)
        print(f"{arm:<16} {played.pace:>8.1f} {played.from_cache:>11.1%} {shares:>14}", flush=True)


def rounds_of(
    dialogues: int = 60, turns: int = 5, prompt: int = 1500, more: int = 250, say: int = 40
) -> list[list[Request]]:
    """A round for each turn: all dialogues' requests, in an order that is another one each time."""
    rng = Random(0)
    texts = [[rng.randrange(32, 50_000) for _ in range(prompt + more * turns)] for _ in range(dialogues)]
    order = list(range(dialogues))
    rounds: list[list[Request]] = []
    for turn in range(turns):
        Random(turn).shuffle(order)  # dialogues come back as they are done, not always in one order
        rounds.append([Request(tuple(texts[number][: prompt + more * turn]), say) for number in order])
    return rounds


def play(arm: str, rounds: Sequence[Sequence[Request]], blocks: int = 10_000) -> Played:
    """Asks one round after another, of servers that are started for it."""
    count, join = ARMS[arm]
    with ExitStack() as stack:
        servers = [Server(blocks) for _ in range(count)]
        for server in servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
        urls = [f"http://127.0.0.1:{server.server_port}" for server in servers]
        engine = join([VllmServer(url, "policy", CharacterTokenizer(), in_flight=16) for url in urls])
        began = time.monotonic()
        for requests in rounds:
            engine.answer(requests)
        seconds = time.monotonic() - began
    asked, cached = sum(s.asked for s in servers), sum(s.from_cache for s in servers)
    turns = sum(map(len, rounds))
    return Played(turns / seconds, cached / asked, tuple(server.asked / asked for server in servers))


if __name__ == "__main__":
    main()
