"""The two verbs: one turn for anybody, a whole candidate tree for the pipeline."""

import json
from typing import Any

import pytest

from ttpa.dialects import DIALECTS
from ttpa.records.candidates import CandidateTree, Leaf, SampleCost, Span
from ttpa.records.instructions import DecisionPoint
from ttpa.records.messages import UserMessage
from ttpa.records.record import JsonValue
from ttpa.records.scores import ErrorKind
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.score import CompiledTools, ScoreConfig, Weights, fits_schemas, score, score_turn

Tools = list[dict[str, Any]]
Call = dict[str, Any]


def _text(call: Call) -> str:
    return f"<tool_call>\n{json.dumps(call)}\n</tool_call>"


def test_calls_may_come_in_every_usual_form(tools: Tools, weather: Call) -> None:
    function = {"name": weather["name"], "arguments": json.dumps(weather["arguments"])}
    forms: list[Any] = [
        [weather],
        (ToolCall(**weather),),
        [{"type": "function", "function": weather}],
        [{"id": "call_1", "type": "function", "function": function}],
    ]
    specs = [ToolSpec(name=tool["name"], parameters=tool["parameters"]) for tool in tools]
    wrapped = [{"type": "function", "function": tool} for tool in tools]
    for candidate in forms:
        for reference in forms:
            for offered in (tools, specs, wrapped, CompiledTools(tools)):
                assert score_turn(candidate, reference, offered).score == 1.0


def test_text_is_read_by_its_dialect(tools: Tools, weather: Call) -> None:
    for dialect in ("hermes", DIALECTS["hermes"]):
        assert score_turn(_text(weather), [weather], tools, dialect=dialect).score == 1.0
        assert score_turn("It rains.", [], tools, dialect=dialect).score == 1.0
        malformed = score_turn(_text(weather)[:-20], [weather], tools, dialect=dialect)
        assert (malformed.score, [error.kind for error in malformed.errors]) == (0.0, [ErrorKind.MALFORMED])
        assert malformed.errors[0].detail


_MISTAKES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"candidate": "f()"}, TypeError, "dialect"),
    ({"candidate": "f()", "dialect": "klingon"}, ValueError, "klingon"),
    ({"strings": "loose"}, ValueError, "loose"),
    ({"reference": [{"name": "f"}]}, ValueError, "reference: call 0"),
    ({"reference": ["f()"]}, ValueError, "reference: call 0"),
    ({"acceptable": []}, ValueError, "0 entries for 1"),
    ({"acceptable": [{"other": {}}]}, ValueError, "other"),
    ({"acceptable": [{"get_weather": {"city": "Paris"}}]}, ValueError, "city"),
    ({"tools": [{}]}, ValueError, "tool 0"),
]


@pytest.mark.parametrize(("options", "error", "message"), _MISTAKES)
def test_what_the_caller_gets_wrong_is_named(
    tools: Tools, weather: Call, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    given: dict[str, Any] = {"candidate": [weather], "reference": [weather], "tools": tools, **options}
    with pytest.raises(error, match=message):
        score_turn(given.pop("candidate"), given.pop("reference"), given.pop("tools"), **given)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("inf"), float("nan")])
def test_weights_are_positive_and_finite(weight: float) -> None:
    with pytest.raises(ValueError, match="values"):
        Weights(values=weight)


def test_a_tree_is_scored_leaf_by_leaf(tools: Tools, weather: Call) -> None:
    texts = [_text(weather), _text({**weather, "name": "get_hotels"}), "no idea", "<tool_call>"]
    tree = CandidateTree(
        id="i#0",
        instruction_id="i",
        turn=0,
        prompt_ids=(1,),
        spans=(Span(parent=None, token_ids=(2,), logprobs=(-0.1,)),),
        leaves=tuple(Leaf(span=0, text=text, origin="policy") for text in texts),
        forks=(),
        cost=SampleCost(prefilled=1, decoded=4),
    )
    point = DecisionPoint(
        id="i#0",
        instruction_id="i",
        turn=0,
        split="train",
        history=(UserMessage(content="Weather in Paris?"),),
        tools=tuple(ToolSpec(**tool) for tool in tools),
        reference=(ToolCall(**weather),),
    )
    scored = score(tree, point, ScoreConfig(), dialect=DIALECTS["hermes"])
    assert scored.id == scored.tree_id == "i#0"
    assert [candidate.leaf for candidate in scored.candidates] == [0, 1, 2, 3]
    kinds = [[error.kind for error in candidate.errors] for candidate in scored.candidates]
    assert kinds == [[], [ErrorKind.WRONG_TOOL], [ErrorKind.NO_CALL], [ErrorKind.MALFORMED]]
    assert [candidate.calls is None for candidate in scored.candidates] == [False, False, False, True]
    assert scored.candidates[0].score == 1.0
    formulas = {each: ScoreConfig(formula=each) for each in ("binary", "authors")}
    worth = {each: score(tree, point, config, dialect=DIALECTS["hermes"]) for each, config in formulas.items()}
    assert [one.score for one in worth["binary"].candidates] == [1.0, 0.0, 0.0, 0.0]
    assert [one.score for one in worth["authors"].candidates][2:] == [0.0, 0.0]
    assert 0 < worth["authors"].candidates[1].score < 1
    for other in worth.values():
        assert [one.errors for one in other.candidates] == [one.errors for one in scored.candidates]
    with pytest.raises(ValueError, match="i#1"):
        score(tree, point.model_copy(update={"id": "i#1"}), ScoreConfig(), dialect=DIALECTS["hermes"])


def test_many_repeated_calls_are_matched_in_bounded_time(tools: Tools, weather: Call, booking: Call) -> None:
    verdict = score_turn([weather] * 500, [weather, booking, weather], tools)
    assert verdict.score == pytest.approx(2 / 500, abs=0.002)
    assert len(verdict.errors) >= 498


def test_calls_fit_where_no_schema_objects_whatever_was_due(tools: Tools) -> None:
    compiled = CompiledTools(tools)
    assert fits_schemas([ToolCall(name="get_weather", arguments={"city": "Rome", "days": 1})], compiled)
    assert not fits_schemas([ToolCall(name="get_weather", arguments={"city": "Rome", "days": "1"})], compiled)
    assert not fits_schemas([ToolCall(name="get_weather", arguments={})], compiled)
    assert not fits_schemas([ToolCall(name="get_news", arguments={})], compiled)
    deep: JsonValue = 1
    for _ in range(65):
        deep = [deep]
    assert not fits_schemas([ToolCall(name="get_weather", arguments={"city": deep, "days": 1})], compiled)
