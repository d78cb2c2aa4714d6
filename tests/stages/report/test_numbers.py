"""The numbers behind the charts: data, errors with intervals, spread scores, costs, another run."""

import json

import pytest

from ttpa.records.evaluations import CaseResult
from ttpa.records.instructions import Instruction, Step
from ttpa.records.messages import AssistantMessage, ToolMessage, UserMessage
from ttpa.records.scores import CallError, ErrorKind, ScoreParts
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec
from ttpa.stages.report import (
    OtherRun,
    ReportConfig,
    ReportInputs,
    StageFlow,
    count_data,
    count_errors,
    report,
    spread_scores,
)
from ttpa.stages.report.comparison import groups
from ttpa.stages.report.costs import cost_rows
from ttpa.stages.report.datafacts import data_charts
from ttpa.stages.report.error_shares import error_groups, wilson
from ttpa.stages.report.histograms import spread_charts
from ttpa.stages.report.other_run import other_view

PARTS = ScoreParts(name=1.0, required=1.0, argument_names=1.0, types=1.0, values=1.0)


def _case(*kinds: ErrorKind) -> CaseResult:
    return CaseResult(
        id="a#0",
        question_hash="",
        split="test",
        call_is_due=True,
        text="",
        exact=not kinds,
        tolerant=not kinds,
        names_right=True,
        score=1.0,
        parts=PARTS,
        errors=tuple(CallError(kind=kind) for kind in kinds),
    )


def test_the_data_is_counted_by_split_tool_and_calls_and_values_by_where_they_stand(inputs: ReportInputs) -> None:
    data = count_data(inputs.instructions)
    assert data.splits == {"train": 3}
    assert data.tools == {"get_forecast": 2, "search_hotels": 1, "book_hotel": 1}
    assert data.calls == {"0": 1, "1": 1, "3": 1}
    # Lyon and 3 twice and Trondheim were said, h-118 came back; 2, 5 and metric stand nowhere.
    assert data.grounds == {"question": 5, "result": 1, "elsewhere": 3}


def test_a_value_is_found_in_the_result_of_any_earlier_step(inputs: ReportInputs) -> None:
    """The results end in digits, and the next one begins with one."""

    def step(value: int, result: str) -> Step:
        call = ToolCall(name="add", arguments={"to": value})
        return Step(calls=(call,), results=(ToolResult(content=result, ok=True),))

    tool = ToolSpec(name="add", description="", parameters={"type": "object"})
    told = Instruction(
        id="a",
        source="construct",
        split="train",
        tools=(tool,),
        context=(UserMessage(content="From 5 on."),),
        steps=(step(5, "42"), step(42, "7"), step(42, "1"), step(7, "2")),
        answer="2",
    )
    assert count_data([told]).grounds == {"question": 1, "result": 3}


def test_a_value_is_found_in_a_result_by_what_it_says_not_by_how_json_writes_it(inputs: ReportInputs) -> None:
    """As a result of the turn itself, and as one of an earlier turn."""
    told = json.dumps({"hotel": 'Café "Noir"'})
    find = ToolCall(name="find", arguments={})
    book = ToolCall(name="book", arguments={"hotel": 'Café "Noir"'})
    found = Step(calls=(find,), results=(ToolResult(content=told, ok=True),))
    asked = UserMessage(content="Book it.")
    before = (UserMessage(content="Find one."), AssistantMessage(tool_calls=(find,)), ToolMessage(content=told))
    tools = tuple(ToolSpec(name=name, description="", parameters={"type": "object"}) for name in ("find", "book"))
    one = Instruction(
        id="a", source="construct", split="train", tools=tools, context=(asked,), steps=(found, Step(calls=(book,)))
    )
    later = one.model_copy(update={"context": (*before, asked), "steps": (Step(calls=(book,)),)})
    assert count_data([one]).grounds == {"result": 1}
    assert count_data([later]).grounds == {"question": 1}


def test_charts_are_drawn_only_where_there_is_data(inputs: ReportInputs) -> None:
    assert data_charts(ReportInputs(run="r").data) == []
    charts = data_charts(count_data(inputs.instructions))
    assert [bar.name for bar in charts[-1].bars] == ["get_forecast", "search_hotels", "book_hotel"]


def test_an_error_that_occurs_twice_in_a_turn_counts_once() -> None:
    cases = [_case(ErrorKind.WRONG_VALUE, ErrorKind.WRONG_VALUE), _case()]
    shares = count_errors("test: calls", "dpo", cases)
    assert (shares.cases, shares.turns) == (2, {"wrong_value": 1})
    [group] = error_groups([shares], ["sft", "dpo"])
    [bar] = group.rows[0].bars
    assert (bar.series, bar.value, bar.interval) == (1, "50.0 %", "9.5 to 90.5 %")


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (0, 0, 0.0, 1.0)],
)
def test_the_interval_is_wilsons(successes: int, trials: int, low: float, high: float) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=1e-4)


def test_scores_fall_into_ten_bins_and_exactly_one_stands_apart() -> None:
    spread = spread_scores("branches", [0.0, 0.05, 0.999, 1.0, 1.0])
    assert spread.bins == (2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2)
    assert spread_charts([spread_scores("none", [])]) == []
    assert spread_charts([spread])[0].bars[-1].share == "40 %"


def test_a_stage_costs_its_time_over_what_it_took() -> None:
    flow = (StageFlow(stage="sample", records_in=100, records_out=1, discards={}, used=100, seconds=30.0),)
    [row] = cost_rows((*flow, StageFlow(stage="score", records_in=1, records_out=1, discards={})))
    assert (row.stage, row.time, row.each, row.share) == ("sample", "30.0 s", "300.0 ms", "100 %")


def test_another_run_stands_beside_this_one_stage_by_stage(inputs: ReportInputs) -> None:
    theirs = StageFlow(stage="construct", records_in=9, records_out=7, discards={"near_duplicate": 2})
    view = other_view(OtherRun(run="first", flow=(theirs,), changed=("seed: 0 -> 1",)), inputs)
    assert view.flow[0] == ("construct", "7", "512")
    assert view.flow[1].theirs == "\N{EN DASH}"
    assert view.changed == ["seed: 0 -> 1"]


@pytest.mark.parametrize(("cases", "are_few"), [(1, True), (19, True), (20, False)])
def test_intervals_over_few_cases_are_said_to_say_little(inputs: ReportInputs, cases: int, *, are_few: bool) -> None:
    assert inputs.evaluation is not None
    measures = {
        policy: one.model_copy(update={"cases": cases})
        for policy, one in inputs.evaluation.groups["test: calls"].items()
    }
    evaluation = inputs.evaluation.model_copy(update={"groups": {"test: calls": measures}, "differences": ()})
    assert [group.are_few for group in groups(evaluation)] == [are_few]
    page = report(inputs.model_copy(update={"evaluation": evaluation}), ReportConfig())
    assert ("so few that the intervals say little" in page) == are_few
