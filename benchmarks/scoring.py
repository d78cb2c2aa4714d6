"""Turns scored per second on one thread: ours beside the released formula, on the same single-call cases in one run.

`python benchmarks/scoring.py [--data DIR]`: golds of BFCL (simple, multiple) and labelled mutations of them, from the
converted data beside the repository or in `$TTPA_SHARED`.
"""

import argparse
import gc
import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ttpa.records.scores import ErrorKind
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.score import CompiledTools, TurnScorer, authors_score, mutate, score_turn

ROUNDS = 7
FILES = ("bfcl_simple_python", "bfcl_multiple")


@dataclass(frozen=True)
class Case:
    """A candidate call beside the reference call that was due."""

    candidate: tuple[ToolCall]
    reference: tuple[ToolCall]
    specs: dict[str, ToolSpec]
    tools: CompiledTools
    scorer: TurnScorer


def main() -> None:
    beside = Path(os.environ.get("TTPA_SHARED", Path(__file__).parents[2] / "shared")) / "data" / "converted"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=beside)
    options = parser.parse_args()
    right, wrong = _cases(options.data)
    arms: dict[str, Callable[[Case], object]] = {
        "authors_compat": lambda case: authors_score(case.candidate[0], case.reference[0], case.specs),
        "score_turn, compiled tools": lambda case: score_turn(case.candidate, case.reference, case.tools),
        "TurnScorer, reference prepared": lambda case: case.scorer.score_calls(case.candidate),
    }
    print(f"{platform.machine()}, Python {platform.python_version()}, one thread, median of {ROUNDS} rounds")
    half = [case for pair in zip(right * (len(wrong) // len(right) + 1), wrong, strict=False) for case in pair]
    for name, cases in (("right", right), ("wrong", wrong), ("half right, half wrong", half)):
        speeds = _measure(arms, cases)
        print(f"\n{name}: {len(cases)} single-call turns")
        print(f"{'':32} {'turns/s':>10} {'us/turn':>8} {'x authors_compat':>17}")
        for arm, speed in speeds.items():
            print(f"{arm:32} {speed:10,.0f} {1e6 / speed:8.1f} {speed / speeds['authors_compat']:17.2f}")


def _cases(data: Path) -> tuple[list[Case], list[Case]]:
    right: list[Case] = []
    wrong: list[Case] = []
    for name in FILES:
        with (data / f"{name}.jsonl").open(encoding="utf-8") as lines:
            for seed, line in enumerate(lines):
                record = json.loads(line)
                specs = [_spec(tool["function"]) for tool in record["tools"]]
                tools = CompiledTools(specs)
                reference = (ToolCall(**record["reference_calls"][0]),)
                scorer = TurnScorer(reference, tools)
                by_name = {spec.name: spec for spec in specs}
                right.append(Case(reference, reference, by_name, tools, scorer))
                mutants = [each for each in mutate(reference, tools, seed=seed) if each.calls and len(each.calls) == 1]
                wrong.extend(
                    Case((each.calls[0],), reference, by_name, tools, scorer)
                    for each in mutants
                    if each.calls and each.kind is not ErrorKind.EXTRA_CALL
                )
    return right, wrong


def _spec(function: dict[str, Any]) -> ToolSpec:
    return ToolSpec(name=function["name"], parameters=function.get("parameters", {}))


def _measure(arms: dict[str, Callable[[Case], object]], cases: list[Case]) -> dict[str, float]:
    """Turns per second of each arm; the arms take turns within every round."""
    times: dict[str, list[float]] = {name: [] for name in arms}
    for _ in range(ROUNDS):
        for name, arm in arms.items():
            gc.collect()
            started = time.perf_counter()
            for case in cases:
                arm(case)
            times[name].append(time.perf_counter() - started)
    return {name: len(cases) / sorted(each)[ROUNDS // 2] for name, each in times.items()}


if __name__ == "__main__":
    main()
