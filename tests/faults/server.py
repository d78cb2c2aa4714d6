"""A generator behind the OpenAI protocol that knows the bundled tools, counts what it is asked, and fails by a seed."""

import hashlib
import json
import os
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ttpa.quickstart.generator import OfflineGenerator
from ttpa.records.messages import SystemMessage, UserMessage

Fault = str
"""The name of a way to go wrong."""

PASSING: tuple[Fault, ...] = (
    *("refused", "error", "page", "page_that_is_fine", "drip", "reset", "cut", "cut_connection", "empty"),
    *("null_choices", "wrong_types", "prose"),
)
"""After these the same question is asked again, or the reply is of use all the same."""
SPOILING: tuple[Fault, ...] = ("huge", "no_json", "wrong_tool", "refusal", "bad_fields", "invisible")
"""Replies that are paid for and of no use: the instance is asked for again, or given up with a reason."""


_HUGE = "x" * 10_000_000


class FaultyServer(ThreadingHTTPServer):
    """Plays the generator; `share` of the attempts go wrong, each in one of the ways of `faults`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, seed: int = 0, share: float = 0.0, faults: tuple[Fault, ...] = (), keys: tuple[str, ...] = ()
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.rng = random.Random(seed)
        self.share, self.faults, self.keys = share, faults, keys
        self.is_down = False
        self.generator = OfflineGenerator()
        self.lock = threading.Lock()
        self.requests = 0
        self.answered: Counter[str] = Counter()
        """Whole replies, by the hash of the question."""
        self.made: Counter[str] = Counter()
        """Faults by kind."""

    @property
    def repeats(self) -> int:
        """Replies that were given before."""
        return sum(count - 1 for count in self.answered.values())

    def draw_fault(self) -> Fault | None:
        with self.lock:
            self.requests += 1
            if self.is_down:
                return "error"
            fault = self.rng.choice(self.faults) if self.faults and self.rng.random() < self.share else None
            self.made[fault or "none"] += 1
            return fault

    def reply(self, asked: dict[str, Any]) -> str:
        shapes = {"system": SystemMessage, "user": UserMessage}
        messages = [shapes[one["role"]](content=one["content"]) for one in asked["messages"]]
        with self.lock:
            return self.generator.chat(messages, seed=asked["seed"]).text

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that are killed are what this server is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _player(self) -> FaultyServer:
        assert isinstance(self.server, FaultyServer)
        return self.server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        asked = json.loads(body)
        fault = self._player.draw_fault()
        if self._player.keys:
            echo = " ".join([str(self.headers["authorization"]), *self._player.keys])
            self._give(_completion(_repeat(self._player.reply(asked), echo)))
        elif fault in (None, *SPOILING, "prose"):
            text = _spoil(fault, self._player.reply(asked))
            with self._player.lock:
                self._player.answered[hashlib.sha256(body).hexdigest()] += 1
            self._give(_completion(text))
        else:
            self._fail(fault)

    def _fail(self, fault: Fault | None) -> None:
        whole = _completion('{"a": 1}')
        if fault == "refused":
            self._give(b'{"error": {"message": "slow down"}}', 429, {"retry-after": "0.01"})
        elif fault in ("error", "page"):
            self._give(b"<html>Bad gateway</html>", 502, {"content-type": "text/html"})
        elif fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif fault in ("cut_connection", "drip"):
            self._start(200, len(whole), {})
            for start in range(0, len(whole) // 2, 20):
                self.wfile.write(whole[start : start + 20])
                time.sleep(0.001 if fault == "drip" else 0)
            self.close_connection = True
        else:
            bodies = {
                "page_that_is_fine": b"<html>Please log in</html>",
                "cut": whole[:60],
                "null_choices": b'{"choices": null}',
                "wrong_types": b'{"choices": [{"message": {"content": 5}}]}',
            }
            self._give(bodies.get(fault or "", b""))

    def _give(self, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._start(status, len(body), headers or {})
        self.wfile.write(body)

    def _start(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the name is the library's
        """Stays silent."""


@lru_cache(maxsize=8)
def _completion(text: str) -> bytes:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 100, "completion_tokens": len(text) // 4}
    return json.dumps({"id": "c", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()


def _repeat(text: str, echo: str) -> str:
    """A good reply with something more in each of its texts."""
    reply = {key: f"{value} {echo}" if isinstance(value, str) else value for key, value in json.loads(text).items()}
    return json.dumps(reply)


def _spoil(fault: Fault | None, text: str) -> str:
    """The reply that a fault makes of a good one."""
    spoilt = {
        "huge": _HUGE,
        "prose": f"Sure! Here you are:\n```json\n{text}\n```\nAnything else?",
        "no_json": text[: len(text) // 2],
        "wrong_tool": '{"situation": "Help.", "constraints": [], "tools": ["no_such_tool"], "calls": [{"name": "x"}]}',
        "refusal": "I am sorry, but I cannot help with that.",
        "bad_fields": '{"situation": 5, "calls": {"name": []}, "question": null, "answer": ["x"]}',
        "invisible": '{"situation": "\\ud800", "question": "\\u202e\\u0000", "answer": "\\u0000", "calls": []}',
    }
    return spoilt.get(fault or "", text)


@contextmanager
def serve(server: FaultyServer) -> Generator[FaultyServer]:
    """Runs the server, and points the environment to it, as long as the block runs."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    names = ("OPENAI_API_KEY", "OPENAI_BASE_URL")
    before = {name: os.environ.get(name) for name in names}
    os.environ |= {"OPENAI_API_KEY": "sk-of-the-fault-kit-0123456789"}
    os.environ |= {"OPENAI_BASE_URL": f"http://127.0.0.1:{server.server_port}/v1"}
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
