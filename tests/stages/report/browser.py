"""A headless Chromium, spoken to over the WebDriver protocol: nothing but the two programs is needed."""

import base64
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

CHROMIUM = next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None)
CHROMEDRIVER = shutil.which("chromedriver")


class Browser:
    """One window. `light` and `dark` are what the page is told that its reader prefers."""

    def __init__(self, *, scheme: str = "light", width: int = 1280, height: int = 1000) -> None:
        assert CHROMIUM is not None
        assert CHROMEDRIVER is not None
        self._driver = subprocess.Popen([CHROMEDRIVER, "--port=0"], stdout=subprocess.PIPE, text=True)
        assert self._driver.stdout is not None
        line = next(line for line in self._driver.stdout if "started successfully on port" in line)
        self._root = f"http://127.0.0.1:{line.rstrip().rstrip('.').rsplit(' ', 1)[1]}"
        arguments = [
            "--headless=new",
            "--no-sandbox",
            "--force-prefers-reduced-motion",
            f"--window-size={width},{height}",
        ]
        arguments.append(f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}")
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": CHROMIUM, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        self._session = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._ask("DELETE", f"/session/{self._session}")
        finally:
            self._driver.terminate()
            self._driver.communicate()

    def open(self, page: Path) -> None:
        self._tell("url", {"url": page.resolve().as_uri()})

    def run(self, script: str, *arguments: object) -> Any:
        """What a script's `return` gives."""
        return self._tell("execute/sync", {"script": script, "args": list(arguments)})

    def press(self, *keys: str) -> None:
        """Keys one after the other, wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._tell("actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def click(self, selector: str) -> None:
        found = self._tell("element", {"using": "css selector", "value": selector})
        self._tell(f"element/{next(iter(found.values()))}/click", {})

    def console(self) -> list[str]:
        """What the console holds, errors and warnings too."""
        return [entry["message"] for entry in self._tell("se/log", {"type": "browser"})]

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last look."""
        entries = [json.loads(entry["message"])["message"] for entry in self._tell("se/log", {"type": "performance"})]
        return [e["params"]["request"]["url"] for e in entries if e["method"] == "Network.requestWillBeSent"]

    def cpu_seconds(self) -> float:
        """What the page's main thread has worked since it began: script, style, layout and paint, without waiting."""
        self._tell("goog/cdp/execute", {"cmd": "Performance.enable", "params": {}})
        told = self._tell("goog/cdp/execute", {"cmd": "Performance.getMetrics", "params": {}})
        return next(float(each["value"]) for each in told["metrics"] if each["name"] == "ThreadTime")

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._ask("GET", f"/session/{self._session}/screenshot")))

    def _tell(self, what: str, body: dict[str, object]) -> Any:
        return self._ask("POST", f"/session/{self._session}/{what}", body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._root + path, data, {"Content-Type": "application/json"}, method=method)
        for wait in (0.1, 0.3, 1.0, None):
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.load(answer)["value"]
            except urllib.error.HTTPError as error:
                raise AssertionError(json.load(error)["value"]["message"]) from error
            except urllib.error.URLError:
                if wait is None:
                    raise
                time.sleep(wait)
        return None
