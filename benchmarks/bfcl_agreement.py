"""Our verdicts beside those of BFCL's own checker, on its golds, right variants of them and labelled mutations.

`python benchmarks/bfcl_agreement.py --venv DIR --data DIR`: DIR/bin/python has bfcl-eval, data holds BFCL_v4_*.jsonl.
"""

import argparse
import json
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ttpa.stages.score import CompiledTools, TurnScorer, explain, mutate
from ttpa.suites.bfcl.golds import first_calls, plain_value

CATEGORIES = ("simple_python", "multiple", "parallel", "parallel_multiple")

Call = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One candidate turn for one BFCL task, with our verdict."""

    id: str
    category: str
    label: str
    calls: list[Call]
    is_right: bool
    explanation: str
    functions: list[dict[str, Any]]
    answer: list[dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=Path, required=True, help="environment that has bfcl-eval")
    parser.add_argument("--data", type=Path, required=True, help="folder of BFCL_v4_*.jsonl with possible_answer/")
    parser.add_argument("--examples", type=int, default=1, help="disagreements shown of each class")
    options = parser.parse_args()
    cases = [case for category in CATEGORIES for case in _cases(options.data, category)]
    theirs = _ask_checker(options.venv, cases)
    _print_table(cases, theirs, options.examples)


def _cases(data: Path, category: str) -> Iterator[Case]:
    tasks = _read(data / f"BFCL_v4_{category}.jsonl")
    answers = {
        each["id"]: each["ground_truth"] for each in _read(data / "possible_answer" / f"BFCL_v4_{category}.jsonl")
    }
    for seed, task in enumerate(tasks):
        answer, functions = answers[task["id"]], task["function"]
        gold = [call.model_dump() for call in first_calls(answer)]
        tools = CompiledTools(functions)
        scorer = TurnScorer(gold, tools, acceptable=answer, strings="folded")
        turns = [("gold", gold), *_right_variants(gold, answer)]
        turns.extend(
            (mutant.kind.value, [call.model_dump() for call in mutant.calls])
            for mutant in mutate(gold, tools, seed=seed, acceptable=answer, per_kind=2)
            if mutant.calls is not None
        )
        for label, calls in turns:
            verdict = scorer.score_calls(calls)
            right = verdict.score == 1.0
            yield Case(task["id"], category, label, calls, right, explain(verdict.errors), functions, answer)


def _read(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _right_variants(gold: list[Call], answer: list[dict[str, Any]]) -> Iterator[tuple[str, list[Call]]]:
    """Turns that are meant to be right too: other acceptable values, other spelling, omissions, another order."""
    if len(gold) > 1:
        yield "other order", gold[::-1]
    for index, entry in enumerate(answer):
        ((name, arguments),) = entry.items()
        given = gold[index]["arguments"]

        def changed(new: dict[str, Any], index: int = index, name: str = name) -> list[Call]:
            return [{"name": name, "arguments": new} if at == index else call for at, call in enumerate(gold)]

        for key, values in arguments.items():
            for value in values[1:]:
                if value != "":
                    yield "other acceptable", changed({**given, key: plain_value(value)})
            if "" in values and key in given:
                yield "omitted", changed({each: item for each, item in given.items() if each != key})
            if isinstance(given.get(key), str):
                yield "other spelling", changed({**given, key: f" {given[key].upper()}."})
            if isinstance(given.get(key), int) and not isinstance(given[key], bool):
                yield "as float", changed({**given, key: float(given[key])})


def _ask_checker(venv: Path, cases: list[Case]) -> list[dict[str, Any]]:
    worker = Path(__file__).with_name("bfcl_checker.py")
    lines = "".join(
        json.dumps(
            {
                "functions": case.functions,
                "output": [{call["name"]: call["arguments"]} for call in case.calls],
                "answer": case.answer,
                "category": case.category,
            }
        )
        + "\n"
        for case in cases
    )
    done = subprocess.run([venv / "bin" / "python", worker], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _print_table(cases: list[Case], theirs: list[dict[str, Any]], examples: int) -> None:
    total: Counter[str] = Counter()
    same: Counter[str] = Counter()
    classes: dict[str, list[Case]] = defaultdict(list)
    for case, verdict in zip(cases, theirs, strict=True):
        agree = verdict["valid"] is case.is_right
        for key in _rows(case):
            total[key] += 1
            same[key] += agree
        if not agree:
            ours = "right" if case.is_right else "wrong"
            classes[f"{case.label}: ours {ours}, theirs {verdict['valid']} {verdict['error'][:60]}"].append(case)
    print(f"{len({case.id for case in cases})} tasks, {len(cases)} candidate turns\n")
    print(f"{'':34} {'turns':>7} {'agree':>7} {'share':>8}")
    for key in sorted(total):
        print(f"{key[3:]:34} {total[key]:7} {same[key]:7} {same[key] / total[key]:8.2%}")
    for name, found in sorted(classes.items(), key=lambda item: -len(item[1])):
        print(f"\n{len(found)} x {name}")
        for case in found[:examples]:
            print(f"    {case.id}: {json.dumps(case.calls)[:300]}\n    ours: {case.explanation[:300]}")


def _rows(case: Case) -> Iterator[str]:
    """The rows of the table that a case counts in; the number sorts them."""
    if case.label == "as float":
        yield "4  3.0 for the integer 3"
        return
    yield "1  all but the last row"
    yield f"2    {case.category}"
    yield f"3    {case.label}"


if __name__ == "__main__":
    main()
