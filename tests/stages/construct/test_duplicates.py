"""Duplicates: equal ones and nearly equal questions, and which of them stays."""

from collections.abc import Callable, Sequence

from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import Instruction
from ttpa.records.tools import ToolSpec
from ttpa.stages.construct import drop_duplicates

Make = Callable[..., Instruction]
LONG = "Will there be any rain in the old town of Oslo on Monday"


def told(discards: Sequence[Discard]) -> list[tuple[str, DiscardReason, str]]:
    return [(discard.id, discard.reason, discard.detail) for discard in discards]


def test_different_instructions_are_all_kept_in_their_order(make_instruction: Make) -> None:
    made = [make_instruction("b", "Rain in Oslo?"), make_instruction("a", "Any snow around Bergen today?", "Bergen")]
    assert drop_duplicates(made, 0.9) == (made, [])


def test_equal_ones_are_kept_once(make_instruction: Make) -> None:
    kept, discards = drop_duplicates([make_instruction("a"), make_instruction("b"), make_instruction("c")], 1.1)
    assert [instruction.id for instruction in kept] == ["a"]
    assert told(discards) == [("b", DiscardReason.DUPLICATE, "like a"), ("c", DiscardReason.DUPLICATE, "like a")]


def test_of_equal_ones_that_in_train_is_kept(make_instruction: Make) -> None:
    made = [make_instruction("a", split="test_unseen"), make_instruction("b", split="test"), make_instruction("c")]
    kept, discards = drop_duplicates(made, 0.9)
    assert [instruction.id for instruction in kept] == ["c"]
    assert [discard.id for discard in discards] == ["a", "b"]


def test_nearly_equal_questions_over_the_same_tools_are_kept_once(make_instruction: Make) -> None:
    made = [make_instruction("a", f"{LONG} or Rome?"), make_instruction("b", f"{LONG} or Rome, please?", "Rome")]
    kept, discards = drop_duplicates(made, 0.9)
    assert [instruction.id for instruction in kept] == ["a"]
    assert told(discards) == [("b", DiscardReason.NEAR_DUPLICATE, "like a")]
    assert drop_duplicates(made, 0.99) == (made, [])


def test_the_same_calls_in_other_words_are_kept_once(make_instruction: Make) -> None:
    oslo, rome = make_instruction("a"), make_instruction("b", "Wet in Rome?", "Rome")
    both = [*oslo.steps, *rome.steps]
    made = [
        oslo.model_copy(update={"steps": tuple(both)}),
        make_instruction("c", "Is an umbrella due in Rome, and in Oslo?").model_copy(
            update={"steps": tuple(both[::-1])}
        ),
        rome,
    ]
    kept, discards = drop_duplicates(made, 0.9)
    assert [instruction.id for instruction in kept] == ["a", "b"]
    assert told(discards) == [("c", DiscardReason.NEAR_DUPLICATE, "like a")]


def test_the_same_words_over_other_tools_are_another_instruction(make_instruction: Make) -> None:
    plain = make_instruction("a", LONG)
    other_call = plain.steps[0].calls[0].model_copy(update={"name": "get_snow"})
    step = plain.steps[0].model_copy(update={"calls": (other_call,)})
    made = [plain, plain.model_copy(update={"id": "b", "steps": (step,)})]
    assert drop_duplicates(made, 0.9) == (made, [])


def test_without_calls_the_offered_tools_tell_instructions_apart(make_instruction: Make) -> None:
    bare = make_instruction("a", LONG).model_copy(update={"steps": ()})
    other = ToolSpec(name="add", parameters={"type": "object", "properties": {}})
    near = bare.model_copy(update={"id": "b", "context": make_instruction("x", f"{LONG} now").context})
    elsewhere = near.model_copy(update={"id": "c", "tools": (other,)})
    kept, discards = drop_duplicates([bare, near, elsewhere], 0.9)
    assert [instruction.id for instruction in kept] == ["a", "c"]
    assert told(discards) == [("b", DiscardReason.NEAR_DUPLICATE, "like a")]
