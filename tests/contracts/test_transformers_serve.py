"""`transformers serve` as the generator's endpoint: whatever it answers, every plan is accounted for."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

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

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(find_spec("fastapi") is None, reason="needs transformers[serving]"),
]
MODEL = policy_path(EMBEDDED)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", MODEL, "--port", str(port)]
    server = subprocess.Popen([*command, "--device", "cpu"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(120):
            assert server.poll() is None, "the server ended"
            try:
                with urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                    break
            except (URLError, TimeoutError):
                time.sleep(1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait()


def test_every_plan_becomes_an_instance_or_a_discard_with_its_reason(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    generator = {"kind": "openai", "model": MODEL, "workers": 2, "max_tokens": 64}
    config = make_config(
        {"name": "served", "runs": str(tmp_path), "construct": {"instances": 8}, "generator": generator}
    )
    run = Run(config, assemble(config), SilentReporter())
    take_steps(run, ("construct",))
    summary = read_record(run.directory.summary("construct"), StepSummary)
    made = read_records(run.directory.instructions, Instruction)
    discards = read_records(run.directory.discards("construct"), Discard)
    assert sorted(one.id for one in (*made, *discards)) == [f"c{number:06d}" for number in range(8)]
    assert sum(summary.discards.values()) == len(discards)
    assert all(discard.detail for discard in discards)
    assert summary.facts["generator"].endswith("price unknown")
