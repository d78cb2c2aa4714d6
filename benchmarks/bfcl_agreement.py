"""Our verdicts and kinds of errors beside those of BFCL's own checker, on its golds, right variants and mutations.

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

from ttpa.records.scores import ErrorKind
from ttpa.stages.score import CompiledTools, TurnScorer, explain, mutate
from ttpa.suites.bfcl.golds import first_calls, plain_value

CATEGORIES = ("simple_python", "multiple", "parallel", "parallel_multiple")

_COUNT = frozenset({ErrorKind.MISSING_CALL, ErrorKind.EXTRA_CALL, ErrorKind.NO_CALL})
_NAME = frozenset({ErrorKind.WRONG_TOOL, ErrorKind.UNKNOWN_TOOL})
_UNEXPECTED = frozenset({ErrorKind.UNKNOWN_ARGUMENT, ErrorKind.EXTRA_ARGUMENT})
_MISSING = frozenset({ErrorKind.MISSING_REQUIRED, ErrorKind.MISSING_OPTIONAL})
_TYPE = frozenset({ErrorKind.WRONG_TYPE})
_VALUE = frozenset({ErrorKind.WRONG_VALUE, ErrorKind.INVALID_VALUE})
KINDS = {
    "simple_function_checker:wrong_count": _COUNT,
    "multiple_function_checker:wrong_count": _COUNT,
    "parallel_function_checker_no_order:wrong_count": _COUNT,
    "simple_function_checker:wrong_func_name": _NAME,
    "simple_function_checker:missing_required": frozenset({ErrorKind.MISSING_REQUIRED}),
    "simple_function_checker:missing_optional": frozenset({ErrorKind.MISSING_OPTIONAL}),
    "simple_function_checker:unexpected_param": _UNEXPECTED,
    "type_error:simple": _TYPE,
    "type_error:nested": _TYPE,
    "value_error:string": _VALUE,
    "value_error:list/tuple": _VALUE,
    "value_error:dict_value": _VALUE,
    "value_error:dict_key": _UNEXPECTED | _MISSING,
    "value_error:others": _VALUE,
}
"""What the checker's kinds are called here. Two are left out: that one of several calls has no match names no kind, and
a number of objects in an array that differs has none here."""

Call = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One candidate turn for one BFCL task, with our verdict."""

    id: str
    category: str
    label: str
    calls: list[Call]
    is_right: bool
    kinds: frozenset[ErrorKind]
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
    _print_kinds(cases, theirs, options.examples)


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
            kinds = frozenset(error.kind for error in verdict.errors)
            yield Case(task["id"], category, label, calls, right, kinds, explain(verdict.errors), functions, answer)


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


def _print_kinds(cases: list[Case], theirs: list[dict[str, Any]], examples: int) -> None:
    """Turns that both take for wrong: whether the first error the checker tells is among those we tell."""
    total: Counter[str] = Counter()
    same: Counter[str] = Counter()
    unmapped: Counter[str] = Counter()
    other: dict[str, list[Case]] = defaultdict(list)
    for case, verdict in zip(cases, theirs, strict=True):
        if case.is_right or verdict["valid"] is not False:
            continue
        kind = verdict["error"]
        if kind not in KINDS:
            unmapped[kind] += 1
            continue
        total[kind] += 1
        if KINDS[kind] & case.kinds:
            same[kind] += 1
        else:
            other[f"theirs {kind}, ours {', '.join(sorted(case.kinds))}"].append(case)
    print(f"\n{'both wrong, kind of the checker':52} {'turns':>7} {'agree':>7} {'share':>8}")
    for kind in sorted(total):
        print(f"{kind:52} {total[kind]:7} {same[kind]:7} {same[kind] / total[kind]:8.2%}")
    print(f"{'all whose kind maps to ours':52} {total.total():7} {same.total():7} {same.total() / total.total():8.2%}")
    for kind, count in unmapped.items():
        print(f"{kind:52} {count:7}  no kind of ours")
    for name, found in sorted(other.items(), key=lambda item: -len(item[1])):
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
