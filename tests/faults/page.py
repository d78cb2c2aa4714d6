"""Promise 9, its second half: payloads in every text of a report, opened in Chromium; none may run or ask."""

import html
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pydantic import JsonValue

from faults.played_run import STEPS, make_run
from faults.table import Row
from ttpa.pipeline import take_steps
from ttpa.stages.report import ReportConfig, ReportInputs, report
from ttpa.steps.report import gather

CLOSED = frozenset(("role", "kind", "split", "slot", "method", "chosen_from", "origin", "reason", "stage", "source"))
"""Fields that hold words of a closed set, which no text from outside reaches."""
_CODE = "top.postMessage('hit','*')"
_FRAMES = ("", "</script>", "</style>", "</title>", "-->", "]]>", "\"'>", "</textarea>", "</noscript>", "</template>")
_ACTS = (
    "<script>{code}</script>",
    "<img src=x onerror={code}>",
    "<img src=/asked>",
    "<svg onload={code}>",
    "<svg><script>{code}</script></svg>",
    "<iframe src=/asked></iframe>",
    "<iframe srcdoc='<script>{code}</script>'></iframe>",
    "<object data=/asked></object>",
    "<link rel=stylesheet href=/asked>",
    "<style>@import '/asked'; * {{ background: url(/asked) }}</style>",
    "<meta http-equiv=refresh content='0;url=/asked'>",
    "<base href=/asked/>",
    "<details open ontoggle={code}>",
    "<video autoplay onloadstart={code}><source src=/asked></video>",
    "<input autofocus onfocus={code}>",
    "<body onload={code}>",
    "<a href=javascript:{code} id=x>x</a>",
    "' onmouseover={code} style='position:fixed;inset:0",
    "<math><mtext><img src=x onerror={code}></mtext></math>",
    "{{{{ 7*7 }}}}${{7*7}}\u202e\x00<script src=/asked></script>",
)
PAYLOADS = tuple(frame + act.format(code=_CODE) for frame in _FRAMES for act in _ACTS)


def find_browser() -> str | None:
    """Chromium, by any of its names."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def try_page(browser: str, payloads: Sequence[str] = PAYLOADS) -> Row:
    """Opens a report a payload, all of them in one page of frames, beside one bare payload that has to be noticed."""
    row = Row("9 model and tool text is inert in reports")
    with tempfile.TemporaryDirectory() as folder:
        run = make_run(Path(folder) / "run", 12, offline=True)
        take_steps(run, STEPS)
        inputs = gather(run).model_dump(mode="json")
    pages = [report(ReportInputs.model_validate(poison(inputs, payload)), ReportConfig()) for payload in payloads]
    row.tried = len(payloads)
    ran, asked = _open(browser, pages)
    control_ran, control_asked = _open(browser, [f"<p>{PAYLOADS[0]}{PAYLOADS[2]}</p>"])
    row.crashed, row.lost = ran, asked
    row.remarks.append(f"{ran} executed, {asked} requests")
    if not (control_ran and control_asked):
        row.crashed += 1
        row.remarks.append("a bare payload was not noticed either: nothing was tried")
    return row


def poison(value: JsonValue, payload: str) -> JsonValue:
    """The value with the payload behind every text that is not of a closed set."""
    if isinstance(value, str):
        return value + payload
    if isinstance(value, list):
        return [poison(item, payload) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: item if key in CLOSED else poison(item, payload) for key, item in value.items()}


def _open(browser: str, pages: Sequence[str]) -> tuple[int, int]:
    """How many scripts ran in the pages, and how many requests they made."""
    asked: list[str] = []
    opened: set[int] = set()
    frames = "".join(f'<iframe src="/page/{number}" width=900 height=900></iframe>' for number in range(len(pages)))
    count = "<script>let n = 0; addEventListener('message', () => document.title = `hits ${++n}`)</script>"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = self.path.removeprefix("/page/")
            if self.path == "/":
                body = f"<!doctype html><title>hits 0</title>{count}{frames}"
            elif page.isdigit():
                body = pages[int(page)]
                opened.add(int(page))
            else:
                asked.append(self.path)
                body = ""
            encoded = body.encode(errors="replace")
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002 - the library's name
            """Stays silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        words = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--dump-dom"]
        address = f"http://127.0.0.1:{server.server_port}/"
        ended = subprocess.run(
            [*words, "--virtual-time-budget=10000", address], capture_output=True, text=True, check=False, timeout=300
        )
    server.shutdown()
    thread.join()
    server.server_close()
    found = re.search(r"<title>hits (\d+)</title>", html.unescape(ended.stdout))
    assert found is not None, ended.stderr[-500:]
    assert len(opened) == len(pages), f"{len(opened)} of {len(pages)} pages were opened"
    return int(found[1]), len([path for path in asked if path != "/favicon.ico"])
