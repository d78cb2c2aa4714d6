"""Forks counted by what their token spells, and by what came of them."""

import pytest

from ttpa.dialects import DIALECTS
from ttpa.models.scripted import ScriptedTokenModel
from ttpa.records.candidates import CandidateTree
from ttpa.records.instructions import DecisionPoint
from ttpa.records.messages import AssistantMessage, UserMessage
from ttpa.records.scores import ErrorKind
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.report import ReportConfig, ReportInputs, count_forks, report
from ttpa.stages.sample import SampleConfig, sample
from ttpa.stages.score import ScoreConfig, score


def test_forks_are_counted_by_slot_with_the_errors_that_they_led_to(inputs: ReportInputs) -> None:
    views = inputs.trees
    found = {one.slot: one for one in count_forks([v.tree for v in views], {v.tree.id: v.scored for v in views})}
    assert sum(one.forks for one in found.values()) == sum(len(view.tree.forks) for view in views)
    values, names = found["argument_value"], found["tool_name"]
    assert (names.forks, names.wrong, names.repaired) == (1, 1, 0)
    assert names.kinds == {ErrorKind.WRONG_TOOL.value: 1, ErrorKind.MISSING_REQUIRED.value: 1}
    assert values.repaired == 1  # the right branch of the first tree, whose trunk is wrong
    assert values.kinds[ErrorKind.INVALID_VALUE.value] == 1


TOOL = ToolSpec(name="find", parameters={"type": "object", "properties": {"city": {"type": "string"}}})
POINT = DecisionPoint(
    id="i#0",
    instruction_id="i",
    turn=0,
    split="train",
    history=(UserMessage(content="Rooms in Lisbon?"),),
    tools=(TOOL,),
    reference=(ToolCall(name="find", arguments={"city": "Lisbon"}),),
)


def said(city: str) -> str:
    return DIALECTS["hermes"].write_turn(
        AssistantMessage(tool_calls=(ToolCall(name="find", arguments={"city": city}),))
    )


@pytest.mark.parametrize(
    ("turns", "wrong", "repaired"),
    [
        ({"Lisbon": 0.6, "Porto": 0.4}, 1, 0),
        ({"Lisbon": 0.4, "Porto": 0.6}, 0, 1),
        ({"Faro": 0.6, "Porto": 0.38, "Lisbon": 0.02}, 1, 0),
    ],
)
def test_a_fork_of_two_trunks_is_one_and_what_it_led_to_counts_wherever_it_came_from(
    turns: dict[str, float], wrong: int, repaired: int
) -> None:
    model = ScriptedTokenModel(lambda _: {said(city): weight for city, weight in turns.items()})
    [tree] = sample([POINT], model=model, dialect=DIALECTS["hermes"], config=SampleConfig(trunk="both"))
    assert isinstance(tree, CandidateTree)
    scored = score(tree, POINT, ScoreConfig(), dialect=DIALECTS["hermes"])
    [found] = count_forks([tree], {tree.id: scored})
    assert (found.slot, found.forks, found.wrong, found.repaired) == ("argument_value", 1, wrong, repaired)


def test_a_branch_that_fell_on_a_turn_that_was_there_counts() -> None:
    model = ScriptedTokenModel(lambda _: {said("Porto"): 0.6, said("Lisbon2"): 0.25, said("Lisbon"): 0.15})
    [tree] = sample([POINT], model=model, dialect=DIALECTS["hermes"], config=SampleConfig(trunk="both"))
    assert isinstance(tree, CandidateTree)
    scored = score(tree, POINT, ScoreConfig(), dialect=DIALECTS["hermes"])
    assert [leaf.fork for leaf in tree.leaves] == [None, 0, None]
    assert [fork.slot for fork in tree.forks] == ["argument_value", "structure"]  # the reference's city ends too early
    found = count_forks([tree], {tree.id: scored})
    assert [(one.forks, one.wrong, one.repaired) for one in found] == [(1, 1, 0), (1, 1, 0)]


def test_the_page_shows_them_as_shares_of_their_slot(inputs: ReportInputs) -> None:
    views = inputs.trees
    wavering = count_forks([v.tree for v in views], {v.tree.id: v.scored for v in views})
    page = report(inputs.model_copy(update={"wavering": wavering}), ReportConfig())
    assert "A branch repairs" in page
    assert "wrong tool <b>100 %</b>" in page
    assert "a branch repairs" not in report(inputs, ReportConfig())
