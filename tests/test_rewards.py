"""The score as a reward: three shapes, a check before training, and TRL's signature."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttpa.models.scripted import CharacterTokenizer
from ttpa.records.instructions import DecisionPoint
from ttpa.records.messages import UserMessage
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.rewards import BrokenReward, Row, Shape, ToolCallReward, reward_rows, verl_score, within_group_spread

SHAPES: tuple[Shape, ...] = ("graded", "binary", "gated")
TOOL = ToolSpec(
    name="ring",
    parameters={
        "type": "object",
        "properties": {"who": {"type": "string"}, "times": {"type": "integer"}},
        "required": ["who", "times"],
    },
)
POINT = DecisionPoint(
    id="a#0",
    instruction_id="a",
    turn=0,
    split="train",
    history=(UserMessage(content="Ring Ann twice."),),
    tools=(TOOL,),
    reference=(ToolCall(name="ring", arguments={"who": "Ann", "times": 2}),),
)


def row() -> Row:
    return reward_rows([POINT], CharacterTokenizer())[0]


def said(who: object, times: object) -> str:
    return f"<tool_call>\n{json.dumps({'name': 'ring', 'arguments': {'who': who, 'times': times}})}\n</tool_call>"


def earned(shape: Shape, text: str) -> float:
    made = row()
    return ToolCallReward(shape=shape).reward(text, made["tools"], made["reference"])


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gold_earns_one_and_an_empty_turn_nothing(shape: Shape) -> None:
    assert earned(shape, said("Ann", 2)) == 1
    assert earned(shape, "") == 0
    assert earned(shape, "<tool_call>{") == 0


def test_shapes_differ_on_what_is_nearly_right() -> None:
    wrong_value, wrong_type = said("Bob", 2), said("Ann", "2")
    assert 0 < earned("graded", wrong_value) < 1
    assert 0 < earned("graded", wrong_type) < 1
    assert earned("binary", wrong_value) == earned("binary", wrong_type) == 0
    assert earned("gated", wrong_value) == earned("graded", wrong_value)
    assert earned("gated", wrong_type) == 0


@given(st.text(max_size=200))
def test_no_text_makes_it_raise_or_leave_its_range(text: str) -> None:
    assert all(0 <= earned(shape, text) <= 1 for shape in SHAPES)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_check_tries_golds_and_spoilt_golds(shape: Shape) -> None:
    assert ToolCallReward(shape=shape).check([row()]) > 5


def test_the_check_spoils_no_gold_into_what_is_acceptable() -> None:
    optional = TOOL.model_copy(update={"parameters": {**TOOL.parameters, "required": ["who"]}})
    free = POINT.model_copy(
        update={"tools": (optional,), "acceptable": ({"ring": {"who": ["Ann"], "times": [2, ""]}},)}
    )
    assert ToolCallReward().check(reward_rows([free], CharacterTokenizer())) > 3


def test_the_check_names_a_gold_that_earns_too_little() -> None:
    broken = row() | {"reference": json.dumps([{"name": "ring", "arguments": {"who": 3, "times": 2}}])}
    with pytest.raises(BrokenReward, match="row 0: its gold earns"):
        ToolCallReward().check([broken])
    with pytest.raises(BrokenReward, match="no row"):
        ToolCallReward().check([])


def test_it_is_called_as_trl_calls_it_and_logs_the_spread_within_a_group() -> None:
    logged: dict[str, float] = {}
    made = row()
    rewards = ToolCallReward()(
        [made["prompt"]] * 2,
        [said("Ann", 2), [{"role": "assistant", "content": ""}]],
        completion_ids=[[1], [2]],
        tools=[made["tools"]] * 2,
        reference=[made["reference"]] * 2,
        trainer_state=None,
        log_metric=logged.__setitem__,
    )
    assert rewards == [1.0, 0.0]
    assert logged == {"reward_spread": 0.5}


def test_the_spread_is_taken_within_prompts() -> None:
    assert within_group_spread(["a", "a", "b", "b"], [0.0, 0.0, 1.0, 1.0]) == 0
    assert within_group_spread([], []) == 0


def test_verl_calls_it_by_its_own_signature() -> None:
    made = row()
    assert verl_score("ttpa", said("Ann", 2), made["reference"], {"tools": made["tools"]}) == 1
    assert verl_score("ttpa", "", made["reference"], {"tools": made["tools"]}) == 0
