from ttpa.pretrain.held_out import KINDS, accuracies, generated_turns
from ttpa.records.evaluations import CaseResult
from ttpa.records.scores import CallError, ErrorKind, ScoreParts

RIGHT = ScoreParts(name=1, required=1, argument_names=1, types=1, values=1)


def case(case_id: str, *, due: bool = True, exact: bool = True, named: bool = True, values: float = 1.0) -> CaseResult:
    return CaseResult(
        id=case_id,
        question_hash="",
        split="test_unseen",
        call_is_due=due,
        text="",
        exact=exact,
        tolerant=exact,
        names_right=named,
        score=1.0 if exact else 0.5,
        parts=RIGHT.model_copy(update={"values": values}),
        errors=() if exact else (CallError(kind=ErrorKind.WRONG_VALUE),),
    )


def test_turns_are_the_same_for_the_same_seed_and_have_every_kind() -> None:
    turns = generated_turns(1, 120)
    assert turns == generated_turns(1, 120)
    assert {turn.kind for turn in turns} == set(KINDS)
    assert [sum(turn.offered == n for turn in turns) for n in (2, 4, 8)] == [120, 120, 120]
    assert all(len(turn.point.tools) == turn.offered for turn in turns)


def test_values_count_where_the_tools_are_right_and_no_call_where_none_is_due() -> None:
    found = accuracies(
        [
            case("a#0"),
            case("b#0", exact=False, values=0.5),
            case("c#0", exact=False, named=False, values=0.0),
            case("d#0", due=False),
            case("e#0", due=False, exact=False),
        ]
    )
    assert found.turns == 5
    assert found.tool_names == 2 / 3
    assert found.exact == 1 / 3
    assert found.values == 0.75
    assert found.no_call == 0.5


def test_a_share_that_no_turn_can_show_is_none() -> None:
    found = accuracies([case("a#0", due=False)])
    assert (found.tool_names, found.exact, found.values, found.no_call) == (None, None, None, 1.0)
