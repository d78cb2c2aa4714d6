"""Promise 9, its first half: twenty keys in the environment, a server and tools that repeat them; none may be found."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from faults.server import FaultyServer, serve
from faults.table import Row

CANARIES = {f"HOSTILE_{number}_{kind}": f"canary-{number:02}-{kind.lower()}-0123456789abcdef" for number, kind in
            enumerate(["API_KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIALS"] * 4)}  # fmt: skip
TOOLS = '''
import os

def tell_key(place: int) -> str:
    """Tell one of the keys."""
    keys = sorted(value for name, value in os.environ.items() if name.startswith("HOSTILE_"))
    return keys[place % len(keys)]

def fail_with_key(place: int) -> str:
    """Fail with a key."""
    raise LookupError(os.environ[sorted(name for name in os.environ if name.startswith("HOSTILE_"))[place]])

def tell_all() -> dict[str, str]:
    """Tell every variable."""
    return dict(os.environ)
'''
CONFIG = """
name = "kept"
[generator]
kind = "openai"
model = "played"
workers = 4
[tools]
module = "{module}"
environment = {names}
[construct]
instances = 12
"""


def try_keys() -> Row:
    """Constructs through a server that repeats what it is sent, calls tools that tell keys; counts what is found."""
    row = Row("9 keys stay out of every artefact")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tools.py").write_text(TOOLS)
        own = CONFIG.format(module="tools.py", names=sorted(CANARIES))
        (folder / "own.toml").write_text(own)
        (folder / "bundled.toml").write_text(CONFIG.format(module="ttpa.quickstart.tools", names=[]))
        with serve(FaultyServer(keys=tuple(CANARIES.values()))):
            environment = {**os.environ, **CANARIES, "OPENAI_API_KEY": CANARIES["HOSTILE_0_API_KEY"]}
            environment["PYTHONPATH"] = os.pathsep.join(sys.path)
            said = _said(["construct", "bundled.toml"], folder, environment)
            calls = [("tell_key", '{"place": 7}'), ("fail_with_key", '{"place": 3}'), ("tell_all", "{}")]
            for tool, arguments in calls:
                said += _said(["tools", "own.toml", "--call", tool, "--arguments", arguments], folder, environment)
        artefacts = [path for path in (folder / "runs").rglob("*") if path.is_file()]
        texts = [said.encode(), *(path.read_bytes() for path in artefacts)]
        row.tried = len(CANARIES)
        row.lost = sum(value.encode() in text for value in CANARIES.values() for text in texts)
        row.crashed = said.count("Traceback")
        if not any(b"[a key]" in text for text in texts[1:]) or "[a key]" not in said:
            row.crashed += 1
            row.remarks.append("no key was ever repeated: nothing was tried")
        row.remarks.append(f"looked for in {len(artefacts)} files and {len(said)} characters of output")
    return row


def _said(words: list[str], folder: Path, environment: dict[str, str]) -> str:
    program = [sys.executable, "-c", "from ttpa.cli import main; main()", *words]
    ended = subprocess.run(program, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr
