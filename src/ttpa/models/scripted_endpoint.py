"""An OpenAI-compatible endpoint on this machine that answers by a function: for tests, benchmarks and dry tries."""

import json
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

from ttpa.records.record import JsonObject, JsonValue

Answer = Callable[[str, list[str], int], str]
"""The text of a reply, given the model's name, the texts of the messages and the seed."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # callers that come at once wait, where the 5 of the library would turn some away


@contextmanager
def serve_script(answer: Answer) -> Generator[str]:
    """Serves chat completions as long as the block runs; gives the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = cast("JsonObject", json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            texts = [str(message["content"]) for message in cast("list[JsonObject]", asked["messages"])]
            seed = asked.get("seed")
            said = answer(str(asked["model"]), texts, seed if isinstance(seed, int) else 0)
            message: JsonValue = {"role": "assistant", "content": said}
            usage: JsonValue = {"prompt_tokens": sum(map(len, texts)), "completion_tokens": len(said)}
            choice: JsonValue = {"index": 0, "finish_reason": "stop", "message": message}
            body = json.dumps({"id": "c", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Stays silent."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
