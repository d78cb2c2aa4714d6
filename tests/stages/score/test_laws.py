"""The laws of METHOD 3, for any tools, golds and candidates."""

import json
import math
import random
from collections.abc import Iterator
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ttpa.records.record import JsonValue
from ttpa.records.scores import ErrorKind
from ttpa.stages.score import CompiledTools, Weights, mutate, score_turn

_LAW = settings(max_examples=80)
_UNITS = ["metric", "imperial", "kelvin"]
_NAMES = st.sampled_from(["city", "days", "unit", "when", "guests", "limit"])
_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.sampled_from(["Paris", "2026-03-02", "3", "", "naïve", "a b"]),
    "integer": st.integers(-5, 5) | st.just(10**30) | st.just(3.0),
    "number": st.sampled_from([0.5, -1.25, 3, 1e300]),
    "boolean": st.booleans(),
}


@st.composite
def _typed(draw: st.DrawFn, depth: int = 0) -> tuple[dict[str, Any], Any]:
    """A schema and a value that it allows."""
    kinds = [*_SCALARS, "enum"] + (["array", "object", "nullable", "either"] if depth < 2 else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "enum":
        return {"type": "string", "enum": _UNITS}, draw(st.sampled_from(_UNITS))
    if kind == "nullable":
        schema, value = draw(_typed(depth + 1))
        return {"anyOf": draw(st.permutations([schema, {"type": "null"}]))}, value
    if kind == "either":
        (schema, value), (other, _) = draw(_object(depth + 1)), draw(_object(depth + 1))
        return {"anyOf": draw(st.permutations([schema, other]))}, value
    if kind == "array":
        schema, value = draw(_typed(depth + 1))
        return {"type": "array", "items": schema}, [value] * draw(st.integers(1, 3))
    if kind == "object":
        return draw(_object(depth + 1))
    return {"type": kind}, draw(_SCALARS[kind])


@st.composite
def _object(draw: st.DrawFn, depth: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    members = draw(st.dictionaries(_NAMES, _typed(depth), min_size=1, max_size=4))
    required = [name for name in members if draw(st.booleans())]
    schema = {"type": "object", "properties": {name: each[0] for name, each in members.items()}, "required": required}
    return schema, {name: each[1] for name, each in members.items()}


@st.composite
def _turns(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Tools, and a right turn of one to three calls."""
    tools: list[dict[str, Any]] = []
    calls: list[dict[str, Any]] = []
    for name in draw(st.lists(st.sampled_from("fgh"), min_size=1, max_size=3, unique=True)):
        schema, arguments = draw(_object())
        tools.append({"name": name, "parameters": schema})
        calls.append({"name": name, "arguments": arguments})
    return tools, calls


Turn = tuple[list[dict[str, Any]], list[dict[str, Any]]]


@_LAW
@given(_turns(), st.sampled_from(["exact", "folded"]), st.booleans())
def test_the_reference_scores_one_without_error(turn: Turn, strings: Any, ordered: bool) -> None:
    tools, calls = turn
    verdict = score_turn(calls, calls, tools, strings=strings, ordered=ordered)
    assert (verdict.score, verdict.errors) == (1.0, ())


@_LAW
@given(_turns(), st.integers(0, 9))
def test_a_score_of_one_means_no_error_and_the_reverse(turn: Turn, seed: int) -> None:
    tools, calls = turn
    compiled = CompiledTools(tools)
    for mutant in mutate(calls, compiled, seed=seed, per_kind=2):
        verdict = score_turn(mutant.calls, calls, compiled)
        assert verdict.errors
        assert 0.0 <= verdict.score < 1.0
        assert math.isfinite(verdict.score)


@_LAW
@given(_turns(), st.integers(0, 9))
def test_every_mutant_is_found_as_exactly_its_kind_at_its_place(turn: Turn, seed: int) -> None:
    tools, calls = turn
    compiled = CompiledTools(tools)
    for mutant in mutate(calls, compiled, seed=seed, per_kind=2):
        errors = score_turn(mutant.calls, calls, compiled).errors
        assert [(error.kind, error.path) for error in errors] == [(mutant.kind, mutant.path)]


@_LAW
@given(_turns(), st.integers(0, 9))
def test_the_score_is_the_weighted_mean_of_its_parts(turn: Turn, seed: int) -> None:
    tools, calls = turn
    weights = Weights(name=1, required=2, argument_names=3, types=4, values=5)
    for mutant in mutate(calls, CompiledTools(tools), seed=seed):
        verdict = score_turn(mutant.calls, calls, tools, weights=weights)
        mean = sum(getattr(verdict.parts, name) * weight for name, weight in weights) / 15
        assert math.isclose(verdict.score, mean, abs_tol=1e-9)


@_LAW
@given(_turns(), st.integers(0, 99))
def test_each_further_error_lowers_the_score(turn: Turn, seed: int) -> None:
    tools, calls = turn
    rng = random.Random(seed)
    candidate: list[dict[str, Any]] = json.loads(json.dumps(calls))
    last = 1.0
    sites = [(index, name) for index, call in enumerate(calls) for name in call["arguments"]]
    rng.shuffle(sites)
    for index, name in sites:
        arguments = candidate[index]["arguments"]
        damage = rng.choice(["drop", "replace", "add"])
        if damage == "drop":
            del arguments[name]
        elif damage == "replace":
            arguments[name] = {"never": ["meant", seed]}
        else:
            assume(any(each in calls[index]["arguments"] for each in arguments))
            arguments[f"{name}_more"] = 1
        score = score_turn(candidate, calls, tools).score
        assert score < last
        last = score


@_LAW
@given(_object(), st.integers(0, 99))
def test_each_further_error_within_an_argument_lowers_the_score(item: tuple[dict[str, Any], Any], seed: int) -> None:
    schema, value = item
    rng = random.Random(seed)
    tools = [
        {"name": "f", "parameters": {"type": "object", "properties": {"x": {"anyOf": [schema, {"type": "null"}]}}}}
    ]
    candidate: dict[str, Any] = {"x": json.loads(json.dumps(value))}
    last = 1.0
    sites = [*_places(candidate["x"], ("x",))]
    rng.shuffle(sites)
    for *above, key in sites:
        inner: Any = candidate
        for each in above:
            inner = inner[each]
        if isinstance(inner, dict) and rng.random() < 0.3:
            del inner[key]
        else:
            inner[key] = _spoilt(inner[key]) if rng.random() < 0.8 else ["never meant"]
        score = score_turn(
            [{"name": "f", "arguments": candidate}], [{"name": "f", "arguments": {"x": value}}], tools
        ).score
        assert score < last
        last = score


@_LAW
@given(_object(), st.integers(0, 9))
def test_an_object_that_may_be_null_is_graded_as_one_that_may_not(item: tuple[dict[str, Any], Any], seed: int) -> None:
    schema, value = item
    calls = [{"name": "f", "arguments": {"x": value}}]

    def tools(inner: dict[str, Any]) -> CompiledTools:
        return CompiledTools([{"name": "f", "parameters": {"type": "object", "properties": {"x": inner}}}])

    plain, nullable = tools(schema), tools({"anyOf": [{"type": "null"}, schema]})
    for mutant in mutate(calls, plain, seed=seed, per_kind=2):
        expected, got = score_turn(mutant.calls, calls, plain), score_turn(mutant.calls, calls, nullable)
        assert (got.score, got.errors) == (expected.score, expected.errors)


@_LAW
@given(_turns(), st.integers(0, 9))
def test_a_wrong_value_where_only_others_are_acceptable_lowers_the_score_of_any_turn(turn: Turn, seed: int) -> None:
    tools, calls = turn
    mutants = mutate(calls, CompiledTools(tools), seed=seed)
    for tool in tools:
        tool["parameters"]["properties"]["spare"] = {"type": "string"}
    acceptable = [{call["name"]: {"spare": ["either", ""]}} for call in calls]
    compiled = CompiledTools(tools)
    for mutant in mutants:
        if mutant.calls is None or len(mutant.calls) != len(calls):
            continue
        spoilt: list[dict[str, Any]] = [{"name": call.name, "arguments": {**call.arguments}} for call in mutant.calls]
        spoilt[0]["arguments"]["spare"] = "neither"
        before = score_turn(mutant.calls, calls, compiled, acceptable=acceptable)
        assert score_turn(spoilt, calls, compiled, acceptable=acceptable).score < before.score


@_LAW
@given(_turns(), st.integers(0, 99))
def test_neither_the_order_of_keys_nor_of_calls_matters(turn: Turn, seed: int) -> None:
    tools, calls = turn
    rng = random.Random(seed)
    for mutant in mutate(calls, CompiledTools(tools), seed=seed):
        if mutant.calls is None:
            continue
        shuffled = [{"name": call.name, "arguments": _shuffled(call.arguments, rng)} for call in mutant.calls]
        rng.shuffle(shuffled)
        expected = score_turn(mutant.calls, calls, tools)
        got = score_turn(shuffled, _shuffled_calls(calls, rng), tools)
        assert got.score == expected.score
        assert sorted(error.kind for error in got.errors) == sorted(error.kind for error in expected.errors)


@_LAW
@given(_turns())
def test_when_order_matters_a_turned_round_turn_is_wrong(turn: Turn) -> None:
    tools, calls = turn
    assume(len(calls) > 1)
    assert score_turn(calls[::-1], calls, tools, ordered=True).score < 1.0


@_LAW
@given(_turns(), st.integers(0, 9))
def test_the_same_input_gives_the_same_verdict(turn: Turn, seed: int) -> None:
    tools, calls = turn
    first, second = mutate(calls, CompiledTools(tools), seed=seed), mutate(calls, CompiledTools(tools), seed=seed)
    assert first == second
    for mutant in first:
        assert score_turn(mutant.calls, calls, tools) == score_turn(mutant.calls, calls, tools)


@_LAW
@given(_object())
def test_a_missing_required_costs_more_than_a_missing_optional(item: tuple[dict[str, Any], dict[str, Any]]) -> None:
    schema, arguments = item
    name = next(iter(arguments))
    gold = [{"name": "f", "arguments": arguments}]
    candidate = [{"name": "f", "arguments": {each: value for each, value in arguments.items() if each != name}}]
    scores: dict[ErrorKind, float] = {}
    for required in ([], [name]):
        verdict = score_turn(candidate, gold, [{"name": "f", "parameters": {**schema, "required": required}}])
        scores[verdict.errors[0].kind] = verdict.score
    assert scores[ErrorKind.MISSING_REQUIRED] < scores[ErrorKind.MISSING_OPTIONAL] < 1.0


def _places(value: JsonValue, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Where the scalars of `value` stand."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(item, (*path, key))
    else:
        yield path


def _spoilt(value: Any) -> JsonValue:
    """Another value of the same type."""
    return "never meant" if isinstance(value, str) else not value if isinstance(value, bool) else -value - 1


def _shuffled(value: JsonValue, rng: random.Random) -> JsonValue:
    if isinstance(value, dict):
        return {name: _shuffled(item, rng) for name, item in rng.sample([*value.items()], len(value))}
    return [_shuffled(item, rng) for item in value] if isinstance(value, list) else value


def _shuffled_calls(calls: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    return rng.sample(calls, len(calls))
