"""The benchmark's package in an environment of its own: made once, then reused; its programs run as processes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from select import select
from typing import cast

from pydantic import JsonValue

from ttpa.errors import RunError
from ttpa.runs.lock import hold

VERSION = "2026.3.23"
"""Of bfcl-eval: another one has other items and another overall figure."""
MODEL = "Qwen/Qwen3-8B-FC"
"""The name that our answers go under: the program reads answers by the model's name, and this one's form is Hermes."""
_UNUSED = ("sentence-transformers", "faiss-cpu")
"""Needed by the memory categories alone, and gigabytes with torch."""
_UNDECLARED = ("soundfile",)
_ENDING = "ttpa.json"
_SECONDS = 60.0
"""The longest that the calls of a step may take; those of the benchmark's gold take none to speak of."""


class BfclEnvironment:
    """A folder with a Python environment that has bfcl-eval."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._python = folder / "bin" / "python"

    @property
    def is_ready(self) -> bool:
        """Whether it was made whole, with the version that is due."""
        try:
            made: object = json.loads((self.folder / _ENDING).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return made == {"bfcl-eval": VERSION} and self._python.exists()

    def prepare(self, tell: Callable[[str], None]) -> None:
        """Makes the environment where it is not there yet (minutes, 570 MB). Raises `RunError` where pip fails."""
        with hold(self.folder, f"the environment {str(self.folder)!r}"):
            if self.is_ready:
                return
            tell(f"making an environment with bfcl-eval {VERSION} in {self.folder}: once, some minutes")
            self._run([sys.executable, "-m", "venv", str(self.folder)])
            pip = [str(self._python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            self._run([*pip, "--no-deps", f"bfcl-eval=={VERSION}"])
            told = self._run([str(self._python), "-c", _TELL_REQUIREMENTS]).splitlines()
            needed = [line for line in told if "extra ==" not in line and not line.startswith(_UNUSED)]
            self._run([*pip, *needed, *_UNDECLARED])
            (self.folder / _ENDING).write_text(json.dumps({"bfcl-eval": VERSION}), encoding="utf-8")

    def evaluate(self, root: Path, categories: Sequence[str], *, partial: bool) -> None:
        """Lets `bfcl evaluate` score the result files below `root`. Raises `RunError` with its last words."""
        words = [str(self.folder / "bin" / "bfcl"), "evaluate", "--model", MODEL]
        words.extend(["--test-category", ",".join(categories), *(["--partial-eval"] if partial else [])])
        said = self._run(words, root=root)
        (root / "bfcl-evaluate.log").write_text(said, encoding="utf-8")

    def start_worker(self) -> "BfclWorker":
        """Starts the process that tells the items and executes calls."""
        return BfclWorker(str(self._python), self.folder / "worker.log", _surroundings(self.folder / "root"))

    def _run(self, words: Sequence[str], *, root: Path | None = None) -> str:
        done = subprocess.run(  # noqa: S603 - pip, and the programs of the environment that it made
            words,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env=_surroundings(root) if root else None,
        )
        if done.returncode:
            last = "\n".join((done.stderr or done.stdout).strip().splitlines()[-3:])
            raise RunError(f"{' '.join(words[:6])} ... failed: {last}")
        return done.stdout


class BfclWorker:
    """The process that tells the items and executes calls with the package's own classes."""

    def __init__(self, python: str, log: Path, surroundings: dict[str, str], *, seconds: float = _SECONDS) -> None:
        """`log` gets what the package prints; calls that take longer than `seconds` are given up."""
        self.starts = 0
        """How many processes it was so far: each knows nothing of the sessions of those before."""
        self._command = [python, str(Path(__file__).with_name("worker.py"))]
        self._surroundings = surroundings
        self._seconds = seconds
        self._log = log.open("w", encoding="utf-8")
        self._categories: list[JsonValue] = []
        self._start()

    def ask(self, **request: JsonValue) -> JsonValue:
        """Its answer. Raises `RunError` where it has ended.

        Raises `TimeoutError` where calls do not end in time: another process has taken its place then.
        """
        is_answered = True
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            if request.get("op") == "execute":
                is_answered = bool(select([self._answers], [], [], self._seconds)[0])
            line = self._answers.readline() if is_answered else ""
        except BrokenPipeError:
            line = ""
        if not is_answered:
            self._start_anew()
            raise TimeoutError(f"no answer in {self._seconds:g} s")
        if not line:
            raise RunError(
                f"the process of bfcl-eval ended at a request for {request.get('op')!r}; {self._log.name} says why"
            )
        if request.get("op") == "items":
            self._categories.append(request.get("category"))
        return cast("JsonValue", json.loads(line))

    def close(self) -> None:
        self._stop()
        self._log.close()

    def _start(self) -> None:
        read, write = os.pipe()
        self._process = subprocess.Popen(  # noqa: S603 - our own script, run by the environment's interpreter
            [*self._command, str(write)],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=self._log,
            pass_fds=(write,),
            env=self._surroundings,
            text=True,
        )
        os.close(write)
        self._answers = os.fdopen(read, encoding="utf-8")
        self.starts += 1

    def _start_anew(self) -> None:
        self._stop()
        self._start()
        told, self._categories = self._categories, []
        for category in told:  # it executes calls of the items that it has told
            self.ask(op="items", category=category)

    def _stop(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._answers.close()

    def __enter__(self) -> "BfclWorker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_TELL_REQUIREMENTS = "import importlib.metadata as m; print('\\n'.join(m.requires('bfcl-eval') or ()))"


def _surroundings(root: Path) -> dict[str, str]:
    """The variables of its processes: where it may write, no key, no network."""
    root.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "BFCL_PROJECT_ROOT": str(root.resolve()), "HF_HUB_OFFLINE": "1", "OPENAI_API_KEY": "unused"}
