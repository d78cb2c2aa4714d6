"""Labelled wrong turns."""

from typing import Any

from ttpa.records.record import JsonValue
from ttpa.records.scores import ErrorKind
from ttpa.stages.score import CompiledTools, mutate, score_turn


def test_one_turn_can_be_wrong_in_every_way(
    tools: list[dict[str, Any]], weather: dict[str, Any], booking: dict[str, Any]
) -> None:
    compiled = CompiledTools(tools)
    reference = [weather, booking]
    mutants = mutate(reference, compiled, seed=1, per_kind=50)
    assert {mutant.kind for mutant in mutants} == set(ErrorKind) - {ErrorKind.UNNEEDED_CALL}
    assert len(mutants) > 40
    for mutant in mutants:
        errors = score_turn(mutant.calls, reference, compiled).errors
        assert [(error.kind, error.path) for error in errors] == [(mutant.kind, mutant.path)]


def test_a_turn_without_calls_can_only_call_or_be_unreadable(tools: list[dict[str, Any]]) -> None:
    kinds = {mutant.kind for mutant in mutate([], CompiledTools(tools), seed=1)}
    assert kinds == {ErrorKind.MALFORMED, ErrorKind.UNNEEDED_CALL}


def test_a_mutant_is_never_an_acceptable_turn(tools: list[dict[str, Any]], weather: dict[str, Any]) -> None:
    compiled = CompiledTools(tools)
    acceptable = [{"get_weather": {"city": ["Paris"], "days": [3, 4, 5, 12, 103], "unit": ["imperial", "metric", ""]}}]
    for seed in range(50):
        for mutant in mutate([weather], compiled, seed=seed, acceptable=acceptable):
            assert score_turn(mutant.calls, [weather], compiled, acceptable=acceptable).score < 1.0


def test_what_may_be_left_out_for_its_default_is_acceptable_is_not_left_out_as_a_mutant() -> None:
    size = {"type": "object", "properties": {"unit": {"type": "string", "default": "cm"}}}
    properties = {
        "unit": {"type": "string", "default": "metric"},
        "tags": {"type": "array", "items": {"type": "string"}, "default": ["a"]},
        "size": size,
    }
    tools = CompiledTools([{"name": "plan", "parameters": {"type": "object", "properties": properties}}])
    reference = [{"name": "plan", "arguments": {"unit": "imperial", "tags": ["b"], "size": {"unit": "in"}}}]
    listed: dict[str, list[JsonValue]] = {
        "unit": ["imperial", "metric"],
        "tags": [["b"], ["a"]],
        "size": [{"unit": ["in", "cm"]}],
    }
    mutants = mutate(reference, tools, seed=1, acceptable=[{"plan": listed}], per_kind=50)
    assert all(score_turn(m.calls, reference, tools, acceptable=[{"plan": listed}]).score < 1.0 for m in mutants)
    left_out = {m.path for m in mutants if m.kind is ErrorKind.MISSING_OPTIONAL}
    assert left_out == {"$.size"}
    everywhere = {m.path for m in mutate(reference, tools, seed=1, per_kind=50) if m.kind is ErrorKind.MISSING_OPTIONAL}
    assert everywhere == {"$.unit", "$.tags", "$.size", "$.size.unit"}


def test_the_seed_alone_decides(tools: list[dict[str, Any]], weather: dict[str, Any]) -> None:
    compiled = CompiledTools(tools)
    runs = [mutate([weather], compiled, seed=seed) for seed in (3, 3, 4)]
    assert runs[0] == runs[1] != runs[2]
