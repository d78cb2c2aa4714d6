"""The score as a reward: three shapes, a check before training, and TRL's signature."""

import json

import pytest
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

from ttpa.dialects import DIALECTS
from ttpa.models.scripted import CharacterTokenizer, ScriptedTokenModel
from ttpa.records.evaluations import CaseResult
from ttpa.records.instructions import DecisionPoint
from ttpa.records.messages import AssistantMessage, UserMessage
from ttpa.records.record import JsonValue
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.rewards import (
    BrokenReward,
    Row,
    Shape,
    ToolCallReward,
    reward_columns,
    reward_rows,
    verl_score,
    within_group_spread,
)
from ttpa.stages.evaluate import EvaluateConfig, evaluate
from ttpa.stages.score import CompiledTools, ScoreConfig, fits_schemas

SHAPES: tuple[Shape, ...] = ("graded", "binary", "gated")
TOOL = ToolSpec(
    name="ring",
    parameters={
        "type": "object",
        "properties": {
            "who": {"type": "string"},
            "times": {"type": "integer"},
            "tone": {"type": "string", "enum": ["soft", "loud"], "default": "soft"},
        },
        "required": ["who", "times"],
    },
)
WRITE = ToolSpec(
    name="write", parameters={"type": "object", "properties": {"who": {"type": "string"}}, "required": ["who"]}
)
POINT = DecisionPoint(
    id="a#0",
    instruction_id="a",
    turn=0,
    split="train",
    history=(UserMessage(content="Ring Ann twice."),),
    tools=(TOOL, WRITE),
    reference=(ToolCall(name="ring", arguments={"who": "Ann", "times": 2}),),
)


def row() -> Row:
    return reward_rows([POINT], CharacterTokenizer())[0]


def turn(*calls: ToolCall, dialect: str = "hermes") -> str:
    return DIALECTS[dialect].write_turn(AssistantMessage(tool_calls=calls))


def ring(**arguments: JsonValue) -> ToolCall:
    return ToolCall(name="ring", arguments={"who": "Ann", "times": 2} | arguments)


def said(who: str, times: JsonValue) -> str:
    return turn(ring(who=who, times=times))


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


@pytest.mark.parametrize(
    ("calls", "fits"),
    [
        ((ring(), ToolCall(name="bogus", arguments={"x": 1})), False),
        ((ring(), ToolCall(name="ring", arguments={})), False),
        ((ring(tone=7),), False),
        ((ring(tone="shrill"),), False),
        ((ToolCall(name="write", arguments={"who": "Ann", "times": 2}),), False),
        ((ToolCall(name="write", arguments={"who": "Ann"}),), True),
        ((ring(tone="loud"), ring()), True),
    ],
)
def test_the_gate_is_whether_the_schemas_allow_every_call(calls: tuple[ToolCall, ...], fits: bool) -> None:
    assert 0 < earned("graded", turn(*calls)) < 1
    assert earned("gated", turn(*calls)) == fits * earned("graded", turn(*calls))


ARGUMENTS = st.dictionaries(
    st.sampled_from(["who", "times", "tone", "note"]), st.sampled_from(["Ann", "soft", 2, "2", None]), max_size=3
)
SOME_CALLS = st.lists(
    st.builds(ToolCall, name=st.sampled_from(["ring", "write", "bogus"]), arguments=ARGUMENTS), max_size=3
)


@given(SOME_CALLS)
def test_a_gated_reward_is_the_score_of_calls_that_fit_and_nothing_for_others(calls: list[ToolCall]) -> None:
    fits = fits_schemas(calls, CompiledTools(POINT.tools))
    assert earned("gated", turn(*calls)) == (earned("graded", turn(*calls)) if fits else 0)


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


def test_the_check_spoils_no_gold_by_leaving_out_what_is_acceptable_at_its_default() -> None:
    gold = ring(tone="loud")
    free = POINT.model_copy(
        update={
            "reference": (gold,),
            "acceptable": ({"ring": {"who": ["Ann"], "times": [2], "tone": ["loud", "soft"]}},),
        }
    )
    assert ToolCallReward().check(reward_rows([free], CharacterTokenizer())) > 3


def test_acceptable_values_reach_the_reward_through_a_dataset_whose_first_row_has_none() -> None:
    free = POINT.model_copy(update={"acceptable": ({"ring": {"who": ["Ann", "Anna"], "times": [2]}},)})
    rows = reward_rows([POINT, free], CharacterTokenizer())
    columns: dict[str, list[str]] = Dataset.from_list(rows).to_dict()  # pyright: ignore
    tools, reference, acceptable = (columns[name] for name in ("tools", "reference", "acceptable"))
    texts = [said("Anna", 2)] * 2
    plain, widened = ToolCallReward()(texts, texts, tools=tools, reference=reference, acceptable=acceptable)
    assert plain < widened == 1.0


def test_the_check_reads_references_in_every_form_that_the_reward_reads() -> None:
    function = {"name": "ring", "arguments": json.dumps({"who": "Ann", "times": 2})}
    made = row() | {"reference": json.dumps([{"type": "function", "function": function}])}
    assert ToolCallReward().reward(said("Ann", 2), made["tools"], made["reference"]) == 1
    assert ToolCallReward().check([made]) == ToolCallReward().check([row()])


def test_a_shape_or_a_dialect_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="shape 'Binary' is none of graded, binary, gated"):
        ToolCallReward.with_settings(ToolCallReward().settings.replace("graded", "Binary"))
    with pytest.raises(ValueError, match="dialect 'morse' is none of hermes"):
        ToolCallReward(dialect="morse")


def test_the_check_names_a_gold_that_earns_too_little() -> None:
    broken = row() | {"reference": json.dumps([{"name": "ring", "arguments": {"who": 3, "times": 2}}])}
    with pytest.raises(BrokenReward, match="row 0: its gold earns"):
        ToolCallReward().check([broken])
    with pytest.raises(BrokenReward, match="no row"):
        ToolCallReward().check([])


def test_it_is_called_as_trl_calls_it_and_logs_the_spread_within_a_group() -> None:
    logged: dict[str, float] = {}
    made = row()
    rewards = ToolCallReward(tokenizer=CharacterTokenizer())(
        [made["prompt"]] * 2,
        [said("Ann", 2), ""],
        completion_ids=[[*map(ord, said("Ann", 2)), 0], [0]],
        tools=[made["tools"]] * 2,
        reference=[made["reference"]] * 2,
        trainer_state=None,
        log_metric=logged.__setitem__,
    )
    assert rewards == [1.0, 0.0]
    assert logged == {"reward_spread": 0.5}


def test_a_turn_without_an_end_token_earns_nothing_where_a_call_is_due() -> None:
    reward, made = ToolCallReward(tokenizer=CharacterTokenizer()), row()
    ids = [*map(ord, said("Ann", 2))]
    tools, reference = [made["tools"]] * 2, [made["reference"]] * 2
    ended, cut = [*ids, 0], ids
    assert reward(["p"] * 2, ["", ""], completion_ids=[ended, cut], tools=tools, reference=reference) == [1.0, 0.0]
    logged: dict[str, float] = {}
    rewards = reward(
        ["p"] * 2,
        [said("Ann", 2)] * 2,
        ended=[True, False],
        tools=tools,
        reference=reference,
        log_metric=logged.__setitem__,
    )
    assert rewards == [1.0, 0.0]
    assert logged == {"reward_spread": 0.5}


@given(
    st.sampled_from(["It is done, and ", said("Ann", 2), said("Ann", 3), said("Ann", 2) + " And", "<tool_call>\n{"]),
    st.booleans(),
    st.booleans(),
)
def test_a_turn_earns_what_it_scores_in_evaluation_whether_it_ends_or_not(
    text: str, is_due: bool, is_cut_off: bool
) -> None:
    point = POINT if is_due else POINT.model_copy(update={"reference": (), "answer": "It is done."})
    [case] = evaluate(
        [point],
        model=ScriptedTokenModel(lambda _: {text + "and on" * is_cut_off: 1.0}),
        dialect=DIALECTS["hermes"],
        config=EvaluateConfig(max_new_tokens=len(text) + (not is_cut_off)),
        scoring=ScoreConfig(),
    )
    assert isinstance(case, CaseResult)
    assert case.text == text
    columns = reward_columns(point)
    tools, reference = [columns["tools"]], [columns["reference"]]
    ids = [*map(ord, text), *([] if is_cut_off else [0])]
    reward = ToolCallReward(tokenizer=CharacterTokenizer())
    assert reward(["p"], [""], completion_ids=[ids], tools=tools, reference=reference) == [case.score]
    assert reward(["p"], [text], ended=[not is_cut_off], tools=tools, reference=reference) == [case.score]


def test_without_token_ids_a_turn_is_text_or_the_last_of_some_messages() -> None:
    made = row()
    completions = [said("Ann", 2), [{"role": "assistant", "content": said("Ann", 2)}], [{"role": "assistant"}], []]
    tools, reference = [made["tools"]] * 4, [made["reference"]] * 4
    assert ToolCallReward()(["p"] * 4, completions, tools=tools, reference=reference) == [1.0, 1.0, 0.0, 0.0]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_marks_that_a_trainer_leaves_out_of_the_text_are_read_from_the_token_ids(dialect: str) -> None:
    made, gold = row(), turn(ring(), dialect=dialect)
    stripped = gold.replace("[TOOL_CALLS]", "").replace("<tool_call>", "")

    def ask(reward: ToolCallReward) -> list[float]:
        ids = [*map(ord, gold), 0]
        return reward(["p"], [stripped], completion_ids=[ids], tools=[made["tools"]], reference=[made["reference"]])

    assert ask(ToolCallReward(dialect=dialect, tokenizer=CharacterTokenizer())) == [1.0]
    with pytest.raises(ValueError, match="make the reward with tokenizer="):
        ask(ToolCallReward(dialect=dialect))


def test_a_start_token_that_the_trainer_writes_itself_is_left_out_of_the_prompt() -> None:
    [plain], [cut] = (reward_rows([POINT], CharacterTokenizer(), bos_token=token) for token in (None, "[["))
    assert plain["prompt"].startswith("[[")
    assert "[[" + cut["prompt"] == plain["prompt"]
    assert reward_rows([POINT], CharacterTokenizer(), bos_token="<s>") == [plain]


def test_the_spread_is_taken_within_prompts() -> None:
    assert within_group_spread(["a", "a", "b", "b"], [0.0, 0.0, 1.0, 1.0]) == 0
    assert within_group_spread([], []) == 0


def test_verl_calls_it_by_its_own_signature() -> None:
    made = row()
    assert verl_score("ttpa", said("Ann", 2), made["reference"], {"tools": made["tools"]}) == 1
    assert verl_score("ttpa", "", made["reference"], {"tools": made["tools"]}) == 0
