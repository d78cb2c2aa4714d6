"""Every error kind at its place, and what it costs."""

from typing import Any

import pytest

from ttpa.records.scores import ErrorKind
from ttpa.stages.score import score_turn

Tools = list[dict[str, Any]]
Call = dict[str, Any]


def _with(call: Call, **changes: Any) -> list[Call]:
    return [{"name": call["name"], "arguments": {**call["arguments"], **changes}}]


def _without(call: Call, name: str) -> list[Call]:
    return [{"name": call["name"], "arguments": {each: v for each, v in call["arguments"].items() if each != name}}]


def _found(candidate: Any, reference: list[Call], tools: Tools, **options: Any) -> list[tuple[str, str | None]]:
    return [(error.kind.value, error.path) for error in score_turn(candidate, reference, tools, **options).errors]


@pytest.mark.parametrize(
    ("changes", "kind", "score"),
    [
        ({"days": 5}, "wrong_value", 31 / 33),
        ({"days": "3"}, "wrong_type", 29 / 33),
        ({"days": True}, "wrong_type", 29 / 33),
        ({"days": 3.5}, "wrong_type", 29 / 33),
        ({"days": 99}, "invalid_value", 31 / 33),
        ({"unit": "kelvin"}, "invalid_value", 31 / 33),
        ({"city": "paris"}, "wrong_value", 31 / 33),
        ({"city": ""}, "wrong_value", 31 / 33),
        ({"language": "fr"}, "extra_argument", (3 + 3 + 3 / 4 + 2 + 2) / 11),
        ({"note": "x"}, "unknown_argument", (3 + 3 + 3 / 4 + 2 + 2) / 11),
    ],
)
def test_one_changed_argument_is_one_error_with_its_price(
    tools: Tools, weather: Call, changes: dict[str, Any], kind: str, score: float
) -> None:
    verdict = score_turn(_with(weather, **changes), [weather], tools)
    (error,) = verdict.errors
    (name, value) = next(iter(changes.items()))
    assert (error.kind, error.path, error.call) == (kind, f"$.{name}", 0)
    assert (error.expected, error.got) == (weather["arguments"].get(name), value)
    assert verdict.score == pytest.approx(score)


def test_a_missing_required_argument_costs_more_than_the_missing_optional_one(tools: Tools, weather: Call) -> None:
    required = score_turn(_without(weather, "days"), [weather], tools)
    optional = score_turn(_without(weather, "unit"), [weather], tools)
    assert [error.kind for error in required.errors] == [ErrorKind.MISSING_REQUIRED]
    assert [error.kind for error in optional.errors] == [ErrorKind.MISSING_OPTIONAL]
    assert required.score == pytest.approx((3 + 1.5 + 2 / 3 + 4 / 3 + 4 / 3) / 11)
    assert optional.score == pytest.approx((3 + 3 + 2 / 3 + 4 / 3 + 4 / 3) / 11)


def test_a_wrong_tool_is_checked_against_the_tool_that_was_due(tools: Tools, weather: Call) -> None:
    candidate = [{"name": "get_hotels", "arguments": {"city": "Paris"}}]
    verdict = score_turn(candidate, [weather], tools)
    assert [(error.kind, error.path) for error in verdict.errors] == [
        (ErrorKind.WRONG_TOOL, None),
        (ErrorKind.MISSING_OPTIONAL, "$.unit"),
        (ErrorKind.MISSING_REQUIRED, "$.days"),
    ]
    assert verdict.parts.name == 0.0
    assert verdict.parts.required == 0.5


def test_a_tool_that_is_not_offered_is_unknown(tools: Tools, weather: Call) -> None:
    assert _found([{**weather, "name": "weather"}], [weather], tools) == [("unknown_tool", None)]


def test_a_gold_whose_tool_is_not_offered_is_an_unknown_tool_too(tools: Tools, weather: Call) -> None:
    assert _found([weather], [weather], tools[1:]) == [("unknown_tool", None)]


def test_calls_that_no_other_answers_are_missing_or_extra(tools: Tools, weather: Call, booking: Call) -> None:
    both = [weather, booking]
    missing = score_turn([booking], both, tools)
    assert [(error.kind, error.call) for error in missing.errors] == [(ErrorKind.MISSING_CALL, 0)]
    extra = score_turn([booking, weather, weather], both, tools)
    assert [(error.kind, error.call) for error in extra.errors] == [(ErrorKind.EXTRA_CALL, 2)]
    assert (missing.score, extra.score) == (0.5, pytest.approx(2 / 3))


def test_a_turn_with_all_calls_in_another_order_is_right_unless_order_matters(
    tools: Tools, weather: Call, booking: Call
) -> None:
    both = [weather, booking]
    assert score_turn(both[::-1], both, tools).score == 1.0
    assert score_turn(both[::-1], both, tools, ordered=True).score < 1.0


def test_turns_without_calls(tools: Tools, weather: Call) -> None:
    assert score_turn([], [], tools).score == 1.0
    assert _found([], [weather], tools) == [("no_call", None)]
    assert _found([weather, weather], [], tools) == [("unneeded_call", None)] * 2
    assert score_turn([weather], [], tools).score == score_turn([], [weather], tools).score == 0.0


def test_an_optional_argument_at_its_default_may_be_given_or_left_out(tools: Tools, weather: Call) -> None:
    metric = _with(weather, unit="metric")
    silent = _without(weather, "unit")
    assert score_turn(silent, metric, tools).score == 1.0
    assert score_turn(metric, silent, tools).score == 1.0
    assert _found([weather], silent, tools) == [("extra_argument", "$.unit")]


def test_a_whole_number_written_as_a_float_is_an_integer(tools: Tools, weather: Call) -> None:
    assert score_turn(_with(weather, days=3.0), [weather], tools).score == 1.0
    assert score_turn([weather], _with(weather, days=3.0), tools).score == 1.0


def test_an_argument_that_was_not_meant_is_one_error_even_if_its_value_is_wrong_too(
    tools: Tools, weather: Call
) -> None:
    assert _found(_with(weather, language=7), [weather], tools) == [("extra_argument", "$.language")]


def test_an_argument_that_only_the_caller_accepts_is_free_to_leave_out_and_costs_where_it_is_wrong(
    tools: Tools,
) -> None:
    reference, acceptable = (
        [{"name": "get_hotels", "arguments": {"city": "Paris"}}],
        [{"get_hotels": {"days": [3, ""]}}],
    )
    scores: dict[str, float] = {}
    for city, days in (("Paris", None), ("Paris", 3), ("Paris", 4), ("Rome", None), ("Rome", 4), (5, None), (5, 4)):
        arguments = {"city": city} if days is None else {"city": city, "days": days}
        candidate = [{"name": "get_hotels", "arguments": arguments}]
        scores[f"{city} {days}"] = score_turn(candidate, reference, tools, acceptable=acceptable).score
    assert scores["Paris None"] == scores["Paris 3"] == 1.0
    assert scores["Rome None"] == scores["Paris 4"] == pytest.approx(10 / 11)
    assert scores["Rome 4"] == pytest.approx(9 / 11)
    assert scores["5 None"] == pytest.approx(9 / 11)
    assert scores["5 4"] < scores["5 None"]


def test_nested_errors_are_told_at_their_leaf_and_graded_by_leaves(tools: Tools, booking: Call) -> None:
    guests = [{"name": "Ann", "age": "41"}, {"name": "Bo", "is_member": True}]
    verdict = score_turn(_with(booking, guests=guests), [booking], tools)
    assert [(error.kind, error.path) for error in verdict.errors] == [(ErrorKind.WRONG_TYPE, "$.guests[0].age")]
    assert verdict.parts.types == verdict.parts.values == pytest.approx((3 + 3 / 4) / 4)


@pytest.mark.parametrize(
    ("guests", "expected"),
    [
        ([{"name": "Ann", "age": 41}, {"name": "Bob", "is_member": True}], ("wrong_value", "$.guests[1].name")),
        ([{"name": "Ann", "age": -1}, {"name": "Bo", "is_member": True}], ("invalid_value", "$.guests[0].age")),
        ([{"age": 41}, {"name": "Bo", "is_member": True}], ("missing_required", "$.guests[0].name")),
        ([{"name": "Ann"}, {"name": "Bo", "is_member": True}], ("missing_optional", "$.guests[0].age")),
        (
            [{"name": "Ann", "age": 41, "x": 1}, {"name": "Bo", "is_member": True}],
            ("unknown_argument", "$.guests[0].x"),
        ),
        (
            [{"name": "Ann", "age": 41}, {"name": "Bo", "is_member": True, "age": 3}],
            ("extra_argument", "$.guests[1].age"),
        ),
        ([{"name": "Ann", "age": 41}], ("wrong_value", "$.guests[1]")),
        ("Ann, Bo", ("wrong_type", "$.guests")),
        ([], ("invalid_value", "$.guests")),
    ],
)
def test_objects_in_arrays_can_hold_every_argument_error(
    tools: Tools, booking: Call, guests: Any, expected: tuple[str, str]
) -> None:
    verdict = score_turn(_with(booking, guests=guests), [booking], tools)
    assert [(error.kind.value, error.path) for error in verdict.errors] == [expected]
    assert verdict.parts.values < 1.0


def test_a_nested_default_may_be_given_or_left_out(tools: Tools, booking: Call) -> None:
    guests = [{"name": "Ann", "age": 41, "is_member": False}, {"name": "Bo", "is_member": True}]
    assert score_turn(_with(booking, guests=guests), [booking], tools).score == 1.0


def test_a_gold_that_breaks_its_schema_is_told_so(tools: Tools, weather: Call) -> None:
    gold = _with(weather, days="3", unit="kelvin")
    assert _found(gold, gold, tools) == [("wrong_type", "$.days"), ("invalid_value", "$.unit")]


def test_rules_across_arguments_are_told_at_the_root() -> None:
    parameters = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
        "anyOf": [{"required": ["id"]}, {"required": ["name"]}],
    }
    tools = [{"name": "find", "parameters": parameters}]
    right = [{"name": "find", "arguments": {"id": "7"}}]
    nothing: list[Call] = [{"name": "find", "arguments": {}}]
    assert score_turn(right, right, tools).score == 1.0
    assert _found(nothing, right, tools) == [("missing_optional", "$.id"), ("invalid_value", "$")]
    alone = score_turn(nothing, nothing, tools)
    assert [error.kind for error in alone.errors] == [ErrorKind.INVALID_VALUE]
    assert alone.score < 1.0


def test_a_broken_rule_across_arguments_hides_no_other_error() -> None:
    parameters = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "name": {"type": "string"},
            "nights": {"type": "integer"},
            "pets": {"type": "integer", "maximum": 3},
        },
        "anyOf": [{"required": ["id"]}, {"required": ["name"]}],
    }
    tools = [{"name": "find", "parameters": parameters}]
    right = [{"name": "find", "arguments": {"id": "7", "nights": 3, "pets": 1}}]
    wrong: list[Call] = [{"name": "find", "arguments": {"nights": 5, "pets": 9}}]
    assert _found(wrong, right, tools) == [
        ("missing_optional", "$.id"),
        ("wrong_value", "$.nights"),
        ("invalid_value", "$.pets"),
        ("invalid_value", "$"),
    ]
