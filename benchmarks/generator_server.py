"""Construction through a real OpenAI-compatible server: many requests in flight against one at a time.

`python benchmarks/generator_server.py [--instances 1000] [--alone 60] [--workers 16] [--delay 0.5]`. The server speaks
the protocol, waits before each reply as a large model would, and plays a good generator. Both arms run in one process.
"""

import argparse
import json
import os
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.quickstart.generator import OfflineGenerator
from ttpa.records.messages import SystemMessage, UserMessage
from ttpa.records.summaries import StepSummary
from ttpa.runs.record_files import read_record
from ttpa.steps.run import Run


class Asked(NamedTuple):
    """A request."""

    at: float
    """By a clock that only goes on."""
    task: str
    seed: int


class Server(ThreadingHTTPServer):
    """Plays the generator for the bundled tools, and remembers what it was asked."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, delay: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.delay = delay
        self.generator = OfflineGenerator()
        self.asked: list[Asked] = []
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    """One chat completion."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        at = time.monotonic()
        time.sleep(self.server.delay)
        shapes = {"system": SystemMessage, "user": UserMessage}
        messages = [shapes[one["role"]](content=one["content"]) for one in asked["messages"]]
        with self.server.lock:
            task = json.loads(messages[-1].content)["task"]
            self.server.asked.append(Asked(at, task, asked["seed"]))
            reply = self.server.generator.chat(messages, seed=asked["seed"])
        usage = {"prompt_tokens": sum(len(m.content) for m in messages) // 4, "completion_tokens": len(reply.text) // 4}
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": reply.text}}
        body = json.dumps({"id": "c", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the name is the library's
        """Stays silent."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=1000)
    parser.add_argument("--alone", type=int, default=60, help="instances of the arm with one request at a time")
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--delay", type=float, default=0.5)
    options = parser.parse_args()
    server = Server(options.delay)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ |= {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": f"http://127.0.0.1:{server.server_port}/v1"}
    print(f"a reply takes {options.delay:g} s\n")
    print("| requests in flight | instances made | discards | requests | wall time | seconds an instance |")
    print("|---|---|---|---|---|---|")
    pace: list[float] = []
    for workers, instances in ((1, options.alone), (options.workers, options.instances)):
        server.asked.clear()
        with tempfile.TemporaryDirectory() as folder:
            start = time.monotonic()
            summary = construct(folder, instances, workers)
            seconds = time.monotonic() - start
        pace.append(seconds / instances)
        lost = ", ".join(f"{count} {reason}" for reason, count in summary.discards.items()) or "none"
        cells = (workers, summary.records_out, lost, len(server.asked), f"{seconds:.0f} s", f"{pace[-1]:.3f}")
        print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)
    print(f"\n{options.workers} in flight are {pace[0] / pace[1]:.1f} times as fast as one")


def construct(folder: str, instances: int, workers: int, engine: str = "local") -> StepSummary:
    config = make_config(
        {
            "name": "made",
            "runs": folder,
            "construct": {"instances": instances, "max_calls": 3},
            "generator": {"kind": "openai", "model": "played", "workers": workers},
            "engine": {"kind": engine, "workers": 2},
        }
    )
    run = Run(config, assemble(config), SilentReporter())
    take_steps(run, ("construct",))
    return read_record(Path(run.directory.summary("construct")), StepSummary)


if __name__ == "__main__":
    main()
