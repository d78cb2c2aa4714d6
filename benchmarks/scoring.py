"""Turns scored per second on one thread: ours, the released formula, BFCL's checker, on the same cases in one run.

`python benchmarks/scoring.py [--data DIR] [--venv DIR]`: golds of BFCL (simple, multiple) and labelled mutations of
them, from the converted data beside the repository or in `$TTPA_SHARED`; DIR/bin/python has bfcl-eval.
"""

import argparse
import gc
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
    bfcl_scorer: TurnScorer
    """As `scorer`, by the rules of BFCL: acceptable values, folded strings."""
    acceptable: list[dict[str, Any]]
    functions: list[dict[str, Any]]


Arm = Callable[[Sequence[Case]], float]
"""Judges all cases; the seconds it took."""


def main() -> None:
    beside = Path(os.environ.get("TTPA_SHARED", Path(__file__).parents[2] / "shared")) / "data" / "converted"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=beside)
    parser.add_argument("--venv", type=Path, help="environment that has bfcl-eval")
    options = parser.parse_args()
    right, wrong = _cases(options.data)
    arms: dict[str, Arm] = {
        "authors_compat": _each(lambda case: authors_score(case.candidate[0], case.reference[0], case.specs)),
        "score_turn, compiled tools": _each(lambda case: score_turn(case.candidate, case.reference, case.tools)),
        "TurnScorer, reference prepared": _each(lambda case: case.scorer.score_calls(case.candidate)),
        "TurnScorer, rules of BFCL": _each(lambda case: case.bfcl_scorer.score_calls(case.candidate)),
    }
    print(f"{platform.machine()}, Python {platform.python_version()}, one thread, median of {ROUNDS} rounds")
    half = [case for pair in zip(right * (len(wrong) // len(right) + 1), wrong, strict=False) for case in pair]
    for name, cases in (("right", right), ("wrong", wrong), ("half right, half wrong", half)):
        if options.venv:
            with _checker(options.venv, cases) as checker:
                speeds = _measure({**arms, "BFCL's checker": checker}, cases)
        else:
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
                functions = [tool["function"] for tool in record["tools"]]
                specs = [_spec(function) for function in functions]
                tools = CompiledTools(specs)
                gold = (ToolCall(**record["reference_calls"][0]),)
                acceptable = record["extra"]["acceptable"]
                scorer = TurnScorer(gold, tools)
                bfcl_scorer = TurnScorer(gold, tools, acceptable=acceptable, strings="folded")
                about = (gold, {spec.name: spec for spec in specs}, tools, scorer, bfcl_scorer, acceptable, functions)
                right.append(Case(gold, *about))
                mutants = [each for each in mutate(gold, tools, seed=seed) if each.calls and len(each.calls) == 1]
                wrong.extend(
                    Case((each.calls[0],), *about)
                    for each in mutants
                    if each.calls and each.kind is not ErrorKind.EXTRA_CALL
                )
    return right, wrong


def _spec(function: dict[str, Any]) -> ToolSpec:
    return ToolSpec(name=function["name"], parameters=function.get("parameters", {}))


def _each(judge: Callable[[Case], object]) -> Arm:
    def seconds(cases: Sequence[Case]) -> float:
        gc.collect()
        started = time.perf_counter()
        for case in cases:
            judge(case)
        return time.perf_counter() - started

    return seconds


@contextmanager
def _checker(venv: Path, cases: Sequence[Case]) -> Iterator[Arm]:
    """BFCL's checker over the cases, in a process of its own that reads them once."""
    worker = [venv / "bin" / "python", Path(__file__).with_name("bfcl_checker.py"), "--timed"]
    with subprocess.Popen(worker, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        for case in cases:
            task = {
                "functions": [_bfcl_form(function) for function in case.functions],
                "output": [{call.name: call.arguments} for call in case.candidate],
                "answer": case.acceptable,
                "category": "simple",
            }
            process.stdin.write(json.dumps(task) + "\n")
        process.stdin.write("\n")
        asked, told = process.stdin, process.stdout

        def seconds(_: Sequence[Case]) -> float:
            asked.write("again\n")
            asked.flush()
            taken, failed = told.readline().split()
            assert failed == "0", "the checker has to read all cases for its time to say anything"
            return float(taken)

        yield seconds
        process.stdin.close()


def _bfcl_form(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with the names of types that BFCL uses."""
    form = dict(schema)
    names = {"object": "dict", "number": "float"}
    if isinstance(kind := form.get("type"), str):
        form["type"] = names.get(kind, kind)
    for key in ("parameters", "items"):
        if isinstance(inner := form.get(key), dict):
            form[key] = _bfcl_form(inner)
    if isinstance(properties := form.get("properties"), dict):
        form["properties"] = {name: {"type": "any", **_bfcl_form(each)} for name, each in properties.items()}
    return form


def _measure(arms: dict[str, Arm], cases: list[Case]) -> dict[str, float]:
    """Turns per second of each arm; the arms take turns within every round."""
    times: dict[str, list[float]] = {name: [] for name in arms}
    for _ in range(ROUNDS):
        for name, arm in arms.items():
            times[name].append(arm(cases))
    return {name: len(cases) / sorted(each)[ROUNDS // 2] for name, each in times.items()}


if __name__ == "__main__":
    main()
