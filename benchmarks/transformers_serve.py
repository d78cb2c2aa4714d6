"""The whole construction over HTTP against `transformers serve`: every plan ends as an instance or a discard.

`python benchmarks/transformers_serve.py [--model MODEL] [--plans 40] [--server-python PYTHON]`, where that interpreter
has `transformers[serving]`. The embedded policy is served where no other model is named: it knows how to call tools
and nothing of writing instructions, so nearly everything it says is given up, and all of it has a reason.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.quickstart.embedded import EMBEDDED, policy_path
from ttpa.records.discards import Discard
from ttpa.records.instructions import Instruction
from ttpa.records.summaries import StepSummary
from ttpa.runs.record_files import read_record, read_records
from ttpa.steps.run import Run

_START_SECONDS = 120
_TEXT_ONLY = {
    "defaults": {"role": "assistant"},
    "start_anchor": "<|im_start|>assistant\n",
    "fields": {"content": {"close_pattern": r"\s*<\|im_end\|>", "content": "text"}},
}
"""Tells the server to hand on what the policy writes: it would read calls out of it, and answer 500 where one is
malformed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=EMBEDDED)
    parser.add_argument("--plans", type=int, default=40)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--max-tokens", type=int, default=256)
    parser.add_argument("--server-python", default=sys.executable, help="the interpreter that serves")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = _text_only_policy(Path(folder)) if options.model == EMBEDDED else options.model
        with serving(options.server_python, model) as address:
            _construct(options, model, address, folder)


def _text_only_policy(folder: Path) -> str:
    """A copy of the embedded policy whose turns the server leaves as they are."""
    path = folder / "policy"
    shutil.copytree(policy_path(EMBEDDED), path)
    settings = path / "tokenizer_config.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"response_template": _TEXT_ONLY}))
    return str(path)


def _construct(options: argparse.Namespace, model: str, address: str, folder: str) -> None:
    """Constructs against the server and prints what became of every plan."""
    os.environ |= {"OPENAI_API_KEY": "none", "OPENAI_BASE_URL": f"{address}/v1"}
    generator = {"kind": "openai", "model": model, "workers": options.workers, "max_tokens": options.max_tokens}
    construct = {"instances": options.plans, "max_calls": 3}
    config = make_config({"name": "served", "runs": folder, "construct": construct, "generator": generator})
    run = Run(config, assemble(config), SilentReporter())
    take_steps(run, ("construct",))
    summary = read_record(run.directory.summary("construct"), StepSummary)
    made = read_records(run.directory.instructions, Instruction)
    discards = read_records(run.directory.discards("construct"), Discard)
    ids = {one.id for one in (*made, *discards)}
    print(f"{options.model} behind transformers serve, {options.workers} requests in flight\n")
    print("| plans | kept | discards | accounted for | asked | wall time |\n|---|---|---|---|---|---|")
    lost = ", ".join(f"{count} {reason}" for reason, count in summary.discards.items()) or "none"
    cells = (options.plans, len(made), lost, f"{len(ids)} of {options.plans}", summary.facts["generator"])
    print("| " + " | ".join(str(cell) for cell in cells) + f" | {summary.seconds:.0f} s |")
    for discard in discards[:3]:
        print(f"\n{discard.id}: {discard.reason}: {discard.detail}")


@contextmanager
def serving(python: str, model: str) -> Iterator[str]:
    """The address of a server of the model, which ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python, "-m", "transformers.cli.transformers", "serve", model, "--port", str(port), "--device", "cpu"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/health", server)
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(_START_SECONDS):
        if server.poll() is not None:
            raise SystemExit("the server ended; pip install 'transformers[serving]' for its interpreter")
        try:
            with urlopen(address, timeout=1):
                return
        except (URLError, TimeoutError):
            time.sleep(1)
    raise SystemExit(f"no answer from {address} within {_START_SECONDS} s")


if __name__ == "__main__":
    main()
