"""`transformers serve` as the generator's endpoint: whatever it answers, every plan is accounted for."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(find_spec("fastapi") is None, reason="needs transformers[serving]"),
]
BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "transformers_serve.py"


def test_every_plan_becomes_an_instance_or_a_discard_with_its_reason() -> None:
    command = [sys.executable, str(BENCHMARK), "--plans", "8", "--workers", "2", "--max-tokens", "64"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=500).stdout
    row = [cell.strip() for cell in told.splitlines()[4].strip("|").split("|")]
    plans, kept, discards, accounted, asked, _ = row
    assert int(plans) == int(kept) + sum(int(count) for count in re.findall(r"(\d+) \w+", discards)) == 8
    assert accounted == "8 of 8"
    assert asked.endswith("price unknown")
    assert "c000000: " in told
