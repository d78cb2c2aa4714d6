"""Many records through score, pair and export: records a second, processor time, memory, and how cost grows with size.

`python benchmarks/storage.py [--sizes 10000 30000 100000] [--run runs/quickstart] [--plot docs/images/storage.svg]`:
the instructions and candidate trees of a run that has sampled, repeated under new ids until there are so many, one tree
an instance. Each size is a process of its own, so that its peak memory is its own. `/s` goes by the clock; `ms` are
those of the processor for a record, which other programs change less; the last line compares them between sizes.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any, NamedTuple

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.line_plot import Line, draw_lines
from ttpa.progress import SilentReporter
from ttpa.records.summaries import StepSummary
from ttpa.runs.layout import Step
from ttpa.runs.record_files import write_lines, write_record, write_text
from ttpa.steps.export import export
from ttpa.steps.pairing import pair_candidates
from ttpa.steps.run import Run
from ttpa.steps.scoring import score_candidates

STAGES = {"score": "#0072b2", "pair": "#d55e00", "export": "#009e73"}
MOST_MEMORY = 1024


class Cost(NamedTuple):
    """What a stage takes for all records."""

    seconds: float
    """By the clock."""
    processor: float
    """Seconds of it."""
    memory: float
    """The process's peak so far, MiB."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 30_000, 100_000])
    parser.add_argument("--run", type=Path, default=Path("runs/quickstart"))
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(open_run(options.measure))))
        return
    measured: dict[int, dict[str, Cost]] = {}
    print(
        f"{'instances':>9}  " + "  ".join(f"{stage + ' /s':>10} {'ms':>5} {'MiB':>5}" for stage in STAGES), flush=True
    )
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            write_run(open_run(Path(folder) / "many"), options.run, size)
            command = [sys.executable, __file__, "--measure", str(Path(folder) / "many")]
            told = subprocess.run(command, check=True, capture_output=True, text=True)
            costs = json.loads(told.stdout.splitlines()[-1])
            measured[size] = {stage: Cost(*cost) for stage, cost in costs.items()}
        row = "  ".join(
            f"{size / one.seconds:>10.0f} {1000 * one.processor / size:>5.2f} {one.memory:>5.0f}"
            for one in measured[size].values()
        )
        print(f"{size:>9}  {row}", flush=True)
    least, most = min(measured), max(measured)
    growth = {s: measured[most][s].processor / most / (measured[least][s].processor / least) for s in STAGES}
    told = ", ".join(f"{stage} {value:.2f}" for stage, value in growth.items())
    print(f"processor time of a record, largest size over smallest: {told}")
    peak = max(one.memory for stages in measured.values() for one in stages.values())
    print(f"peak memory {peak:.0f} MiB (limit {MOST_MEMORY})")
    if options.plot:
        lines = [
            Line(stage, colour, [(0, 0), *((size, measured[size][stage].processor) for size in sorted(measured))])
            for stage, colour in STAGES.items()
        ]
        title = "Processor seconds of each stage"
        plot = draw_lines(title, lines, x_label="instances (y: processor seconds)", x_text=lambda x: f"{x:,.0f}")
        write_text(options.plot, plot)


def open_run(path: Path) -> Run:
    config = make_config({"name": path.name, "runs": str(path.parent), "train": {"sft": False}})
    return Run(config, assemble(config), SilentReporter())


def write_run(run: Run, source: Path, size: int) -> None:
    """A run that has `size` instructions, with a candidate tree for a turn of each."""
    instructions = {row["id"]: row for row in read(source / "1-construct" / "instructions.jsonl")}
    trees = {row["instruction_id"]: row for row in read(source / "2-sample" / "trees.jsonl")}

    def repeated() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        for turn in count():
            for name, tree in trees.items():
                yield f"{name}r{turn}", instructions[name], tree

    write_lines(
        run.directory.instructions,
        (json.dumps({**row, "id": name}) for name, row, _ in islice(repeated(), size)),
    )
    write_lines(
        run.directory.trees,
        (
            json.dumps({**tree, "id": f"{name}#{tree['turn']}", "instruction_id": name})
            for name, _, tree in islice(repeated(), size)
        ),
    )
    for step in ("construct", "sample"):
        close(run, step, size)


def read(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def close(run: Run, step: Step, size: int) -> None:
    summary = StepSummary(
        step=step, takes="items", gives="records", items_in=size, items_used=size, records_out=size, seconds=0.0
    )
    write_record(run.directory.summary(step), summary)


def measure(run: Run) -> dict[str, Cost]:
    """What each stage takes."""
    told: dict[str, Cost] = {}
    for stage in STAGES:
        began, worked = time.perf_counter(), time.process_time()
        if stage == "score":
            score_candidates(run)
        elif stage == "pair":
            pair_candidates(run)
        else:
            export(run, "hf", run.directory.path / "export", rows_a_file=25_000)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        told[stage] = Cost(time.perf_counter() - began, time.process_time() - worked, peak)
    return told


if __name__ == "__main__":
    main()
