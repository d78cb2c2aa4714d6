"""Construction over tools written by others: instances kept, discards by reason, and every gold call made once more.

`python benchmarks/foreign_tools.py bfcl clock [--instances 200] [--plans 600]`, where `bfcl_eval` and `mpmath` can
be imported (`pip install --no-deps bfcl-eval mpmath`) and `--server-python` has `mcp-server-time`. `bfcl` are the 128
functions of `bfcl_tools.py`, `clock` is an MCP server that its own package launches over stdio.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from replaying import reproduced

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.records.instructions import Instruction
from ttpa.records.summaries import StepSummary
from ttpa.runs.record_files import read_record, read_records
from ttpa.steps.run import Run

SOURCES: dict[str, dict[str, dict[str, object]]] = {
    "bfcl": {"tools": {"module": str(Path(__file__).with_name("bfcl_tools.py"))}, "construct": {}},
    "clock": {
        "tools": {"source": "mcp", "mcp": {}},
        "construct": {"min_tools": 1, "min_calls": 1, "max_calls": 2, "unseen_share": 0.0,
                      "nondeterministic": ["get_current_time"]},
    },
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+", choices=SOURCES)
    parser.add_argument("--instances", type=int, default=200)
    parser.add_argument("--plans", type=int, default=600, help="plans that may be made until so many are kept")
    parser.add_argument("--server-python", default=sys.executable, help="the interpreter that launches the clock")
    options = parser.parse_args()
    SOURCES["clock"]["tools"]["mcp"] = {"command": [options.server_python, "-m", "mcp_server_time"]}
    print("| tools | plans | kept | discarded | gold calls that gave the same once more | wall time |")
    print("|---|---|---|---|---|---|")
    for name in options.sources:
        with tempfile.TemporaryDirectory() as folder:
            print(arm(name, folder, options.instances, options.plans), flush=True)


def arm(name: str, folder: str, instances: int, plans: int) -> str:
    """A row of the table."""
    sections = SOURCES[name]
    construct = {"instances": instances, "plans_at_most": plans, **sections["construct"]}
    config = make_config(
        {"name": name, "runs": folder, "generator": {"kind": "schema"}, **sections, "construct": construct}
    )
    run = Run(config, assemble(config), SilentReporter())
    start = time.monotonic()
    take_steps(run, ("construct",))
    seconds = time.monotonic() - start
    summary = read_record(run.directory.summary("construct"), StepSummary)
    lost = ", ".join(f"{count} {reason}" for reason, count in summary.discards.items()) or "none"
    same = reproduced(run, read_records(run.directory.instructions, Instruction))
    return f"| {name} | {summary.items_in} | {summary.records_out} | {lost} | {same} | {seconds:.0f} s |"


if __name__ == "__main__":
    main()
