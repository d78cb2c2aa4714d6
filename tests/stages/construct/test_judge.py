"""A judge's marks: kept as they are, averaged, and compared with the checks that need no model."""

import json
from collections.abc import Callable, Sequence

import pytest

from ttpa.models.scripted import ScriptedChatModel
from ttpa.records.discards import DiscardReason
from ttpa.records.instructions import Instruction
from ttpa.records.judgements import Judgement
from ttpa.records.messages import Message
from ttpa.stages.construct import JudgeConfig, choose_controls, describe_agreement, judge, refuse

MakeInstruction = Callable[..., Instruction]
CONFIG = JudgeConfig(model="m", judgements=3, threshold=3.0, controls=1.0)


def judged(instruction: Instruction, *replies: str, config: JudgeConfig = CONFIG) -> Judgement:
    waiting = list(replies)

    def answer(messages: Sequence[Message], _: int) -> str:
        asked = json.loads(messages[-1].content)
        assert (asked["question"], asked["answer"]) == (instruction.question, instruction.answer)
        assert "natural" in messages[0].content
        return waiting.pop(0)

    return judge(instruction, model=ScriptedChatModel(answer), config=config, seed=1)


def marks(natural: object, faithful: object, why: str = "") -> str:
    return json.dumps({"natural": natural, "faithful": faithful, "why": why})


def test_the_mean_of_several_judgements_decides(make_instruction: MakeInstruction) -> None:
    good = judged(make_instruction(), marks(5, 4), marks(2, 4), marks(3, 3))
    assert (good.natural, good.faithful, good.model) == ((5, 2, 3), (4, 4, 3), "scripted")
    assert refuse(good, CONFIG) is None
    poor = judged(make_instruction(), marks(5, 4), marks(2, 4, "stiff"), marks(1, 3, "a list"))
    refused = refuse(poor, CONFIG)
    assert refused is not None
    assert refused.reason is DiscardReason.JUDGED_UNNATURAL
    assert refused.detail == "natural 2.7, faithful 3.7 by scripted: a list"
    loose = judged(make_instruction(), marks(5, 2), marks(5, 2), marks(5, 2))
    assert (refused := refuse(loose, CONFIG)) is not None
    assert refused.reason is DiscardReason.JUDGED_UNFAITHFUL


def test_a_judgement_that_cannot_be_read_does_not_count_and_none_at_all_is_a_discard(
    make_instruction: MakeInstruction,
) -> None:
    some = judged(make_instruction(), "Fine!", "Good.", marks(4, 4), marks(7, 4))
    assert some.natural == (4,)
    none = judged(make_instruction(), *["Fine!"] * 6)
    refused = refuse(none, CONFIG)
    assert refused is not None
    assert refused.reason is DiscardReason.UNREADABLE_REPLY


@pytest.mark.parametrize("mark", [True, "5", None, 0, 6])
def test_only_numbers_from_1_to_5_are_marks(make_instruction: MakeInstruction, mark: object) -> None:
    assert judged(make_instruction(), *[marks(mark, 5)] * 3).natural == ()


def test_a_control_lacks_a_value_that_a_call_needs(make_instruction: MakeInstruction) -> None:
    [control] = choose_controls([make_instruction()], CONFIG, seed=1)
    assert control.question == "Rain in a certain one?"
    assert control.steps == make_instruction().steps
    assert choose_controls([make_instruction()], JudgeConfig(model="m", controls=0), seed=1) == []
    silent = make_instruction().model_copy(update={"steps": ()})
    assert choose_controls([silent], CONFIG, seed=1) == []


def test_the_judge_agrees_where_it_lets_the_good_through_and_refuses_the_controls() -> None:
    def one(mark: int, *, is_control: bool) -> Judgement:
        return Judgement(id="i", model="m", is_control=is_control, natural=(mark,), faithful=(mark,))

    told = describe_agreement([one(5, is_control=False), one(1, is_control=False), one(1, is_control=True)], CONFIG)
    assert told == "agrees with the checks on 66.7 % of 3 (1 of 2 good, 1 of 1 spoilt)"
    assert describe_agreement([], CONFIG) == "nothing was judged"
