"""What the tests of OpenAPI call: a server that tells what it was asked, and documents for it."""

import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

GITHUB = str(Path(__file__).parent / "fixtures" / "github_excerpt.openapi.json")

KEY = "s3cr3t-key"


class StandIn:
    """A server that answers every request with what it was asked, or as it is told."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.status = 200
        self.headers: dict[str, str] = {"content-type": "application/json"}
        self.body: bytes | None = None
        self.pause = 0.0
        """Seconds before each byte of the body."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length).decode()
                asked = {
                    "method": self.command,
                    "path": self.path,
                    "headers": {name.lower(): value for name, value in self.headers.items()},
                    "body": body,
                }
                outer.asked.append(asked)
                content = outer.body if outer.body is not None else json.dumps(asked).encode()
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                parts = [bytes([byte]) for byte in content] if outer.pause else [content]
                with suppress(OSError):  # the client may have gone
                    for part in parts:
                        time.sleep(outer.pause)
                        self.wfile.write(part)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

            def log_message(self, format: str, *_: object) -> None:  # noqa: A002
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def write(path: Path, **parts: Any) -> str:
    """A document of one operation, `do`, with these parts in the place of others."""
    operation = {"operationId": "do", "summary": "Does it.", **parts.pop("operation", {})}
    document = {
        "openapi": "3.1.0",
        "servers": [{"url": "https://e.org"}],
        "paths": {"/do": {"get": operation}},
        **parts,
    }
    path.write_text(json.dumps(document))
    return str(path)
