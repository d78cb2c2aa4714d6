"""Candidates of every kind against references and schemas of every kind: no crash, a finite score."""

import math
import random
from typing import Any, Literal

from ttpa.stages.score import CompiledTools, TurnScorer, explain, score_turn

_TYPES: list[object] = [
    "string", "integer", "number", "boolean", "array", "object", "null", "dict", "float", "any", "STRING", "list[int]",
    ["string", "null"], "weird", None, 7,
]  # fmt: skip
_NAMES = ["a", "b", "city", "days", "é", "$ref", "type", "", "x.y", "\N{PILE OF POO}"]
_RULES: list[dict[str, object]] = [
    {"enum": ["a", "b", 1]}, {"enum": []}, {"enum": "a"}, {"minimum": 3, "maximum": 5}, {"minimum": "3"},
    {"pattern": "^(a+)+$"}, {"pattern": "(["}, {"pattern": r"(?=a)(a+)+\1$"}, {"uniqueItems": True}, {"minItems": 2},
    {"format": "date"}, {"format": "nonsense"}, {"$ref": "#"}, {"$ref": "#/properties/a"}, {"$ref": "http://x.invalid/y"},
    {"$ref": "#/nowhere"}, {"default": 3}, {"default": "3"}, {"default": None}, {"const": 1}, {"multipleOf": 0},
    {"required": True}, {"required": "a"}, {"required": ["a", "zz"]}, {"nullable": True}, {"minLength": -1},
    {"additionalProperties": True}, {"additionalProperties": {"type": "integer"}}, {"not": {"type": "string"}},
    {"minProperties": 2}, {"items": False}, {"exclusiveMinimum": True, "minimum": 1}, {"patternProperties": {"^x": {}}},
]  # fmt: skip
_SCALARS: list[object] = [
    "a", "", "Paris", "3", "2024-01-01", "a" * 200 + "!", "\ud800", "é", 0, 1, 3, -1, 3.0, 3.5, True, False, None,
    10**399, 10**5000, 1e300, float("inf"), float("nan"), -0.0, b"x", {1, 2}, object(), (1, 2), 2j,
]  # fmt: skip


def _schema(rng: random.Random, depth: int) -> object:
    if rng.random() < 0.03:
        return rng.choice([True, False, None, "string", [], 3])
    schema: dict[str, object] = {}
    if rng.random() < 0.9:
        schema["type"] = rng.choice(_TYPES)
    for _ in range(rng.randrange(3)):
        schema.update(rng.choice(_RULES))
    if depth < 3:
        if schema.get("type") in ("object", "dict") or depth == 0:
            schema["properties"] = {rng.choice(_NAMES): _schema(rng, depth + 1) for _ in range(rng.randrange(4))}
            schema.setdefault("required", rng.sample(_NAMES, rng.randrange(3)))
        if schema.get("type") == "array" and rng.random() < 0.8:
            schema["items"] = _schema(rng, depth + 1)
        if rng.random() < 0.15:
            schema[rng.choice(["anyOf", "oneOf", "allOf"])] = [_schema(rng, depth + 1) for _ in range(rng.randrange(3))]
    return schema


def _value(rng: random.Random, depth: int, scalars: list[object]) -> object:
    roll = rng.random()
    if depth < 3 and roll < 0.12:
        return {rng.choice(_NAMES): _value(rng, depth + 1, scalars) for _ in range(rng.randrange(4))}
    if depth < 3 and roll < 0.24:
        return [_value(rng, depth + 1, scalars) for _ in range(rng.randrange(4))]
    return rng.choice(scalars)


def _deep(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


_READABLE: list[object] = ["a", "", "Paris", "3", "2024-01-01", "é", 0, 1, 3, -1, 3.0, 3.5, True, False, None, 10**399]
_CYCLE: list[object] = []
_CYCLE.append(_CYCLE)
_BROKEN: list[object] = [
    "{", '{"a": 1e400}', '{"a": NaN}', '"x"', '{"a": 1, "a": 2}', "", None, [1], {3: 4}, "[" * 5000,
    {"a": _deep(40)}, {"a": _deep(70)}, {"a": _deep(5000)}, {"a": _CYCLE},
]  # fmt: skip
_NO_TURNS: list[object] = [None, 7, {}, {"name": "f"}, [None], [[]], ["f()"], [{"name": 3}], b"", [{"function": None}]]


def _call(rng: random.Random, names: list[str], scalars: list[object]) -> dict[str, object]:
    arguments = {rng.choice(_NAMES): _value(rng, 0, scalars) for _ in range(rng.randrange(5))}
    return {"name": rng.choice(names), "arguments": arguments}


def _acceptable(rng: random.Random, call: dict[str, Any]) -> dict[str, dict[str, list[Any]]]:
    names = [*call["arguments"], rng.choice(_NAMES)]
    values = {name: [_value(rng, 0, _READABLE) for _ in range(rng.randrange(4))] for name in names}
    return {call["name"]: values}


def _candidate(rng: random.Random, names: list[str], reference: list[dict[str, object]]) -> Any:
    roll = rng.random()
    if roll < 0.04:
        return rng.choice(_NO_TURNS)
    calls: list[object] = [dict(call) for call in reference]
    scalars = _SCALARS if rng.random() < 0.3 else _READABLE
    calls.extend(_call(rng, [*names, "strange", "", "\ud800"], scalars) for _ in range(rng.randrange(3)))
    if calls and rng.random() < 0.3:
        calls.pop(rng.randrange(len(calls)))
    if calls and rng.random() < 0.2:
        calls[rng.randrange(len(calls))] = {"name": names[0], "arguments": rng.choice(_BROKEN)}
    if rng.random() < 0.3:
        calls = [{"type": "function", "function": call} for call in calls]
    rng.shuffle(calls)
    return calls


def try_candidates(count: int, seed: int) -> int:
    """Scores `count` random candidates against random references and schemas; how many of them were right."""
    rng = random.Random(seed)
    right = done = 0
    while done < count:
        names = ["f", "g", "x.y"][: rng.randrange(1, 4)]
        tools = CompiledTools([{"name": name, "parameters": _schema(rng, 0)} for name in names])
        reference = [_call(rng, names, _READABLE) for _ in range(rng.choice([0, 1, 1, 1, 2, 3]))]
        strings: Literal["exact", "folded"] = "exact" if rng.random() < 0.5 else "folded"
        acceptable = [_acceptable(rng, call) for call in reference] if rng.random() < 0.3 else None
        scorer = TurnScorer(reference, tools, acceptable=acceptable, strings=strings, ordered=rng.random() < 0.3)
        for _ in range(10):
            candidate = _candidate(rng, names, reference)
            verdict = scorer.score_calls(candidate) if done % 10 else score_turn(candidate, reference, tools)
            assert math.isfinite(verdict.score)
            assert 0.0 <= verdict.score <= 1.0
            assert (verdict.score == 1.0) == (not verdict.errors), (candidate, reference, verdict)
            assert explain(verdict.errors)
            right += verdict.score == 1.0
            done += 1
    return right
