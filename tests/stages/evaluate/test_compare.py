"""Policies side by side: intervals hold their means, differences are paired."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttpa.records.evaluations import CaseResult
from ttpa.records.instructions import Split
from ttpa.records.scores import CallError, ErrorKind, ScoreParts
from ttpa.stages.evaluate import compare, dialogue_of
from ttpa.stages.evaluate.compare import bootstrap

PARTS = ScoreParts(name=1, required=1, argument_names=1, types=1, values=1)


def case(number: int, is_right: bool, *, split: Split = "test", call_is_due: bool = True) -> CaseResult:
    errors = () if is_right else (CallError(kind=ErrorKind.WRONG_VALUE), CallError(kind=ErrorKind.NO_CALL))
    return CaseResult(
        id=f"i{number}#0",
        question_hash="",
        split=split,
        call_is_due=call_is_due,
        text="",
        exact=is_right,
        tolerant=is_right,
        names_right=True,
        score=1.0 if is_right else 0.25,
        parts=PARTS,
        errors=errors,
    )


def cases(pattern: str) -> list[CaseResult]:
    """A case a character; `+` is a right one."""
    return [case(number, mark == "+") for number, mark in enumerate(pattern)]


def alone(values: list[float]) -> list[list[float]]:
    """Each value a cluster of its own."""
    return [[value] for value in values]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.integers(0, 100))
def test_an_interval_lies_within_the_values_and_is_the_same_every_time(values: list[float], seed: int) -> None:
    measure = bootstrap(alone(values), resamples=50, seed=seed)
    assert measure == bootstrap(alone(values), resamples=50, seed=seed)
    assert measure.value == pytest.approx(sum(values) / len(values))
    assert min(values) - 1e-9 <= measure.low <= measure.high <= max(values) + 1e-9


@pytest.mark.parametrize("right", [5, 50, 95])
def test_an_interval_holds_the_mean_and_is_as_wide_as_theory_says(right: int) -> None:
    share = right / 100
    measure = bootstrap(alone([1.0] * right + [0.0] * (100 - right)), resamples=2000, seed=3)
    assert measure.low < measure.value < measure.high
    expected = 2 * 1.96 * (share * (1 - share) / 100) ** 0.5
    assert measure.high - measure.low == pytest.approx(expected, rel=0.2)


def test_more_cases_narrow_the_interval() -> None:
    few, many = (bootstrap(alone([1.0, 0.0] * count), resamples=500, seed=1) for count in (10, 1000))
    assert many.high - many.low < (few.high - few.low) / 5


def test_values_that_hang_together_widen_the_interval() -> None:
    hanging = bootstrap([[1.0] * 4, [0.0] * 4] * 10, resamples=500, seed=1)
    free = bootstrap(alone([1.0, 0.0] * 40), resamples=500, seed=1)
    assert hanging.value == free.value
    assert hanging.high - hanging.low > 1.5 * (free.high - free.low)


@pytest.mark.parametrize(
    ("case_id", "dialogue"),
    [
        ("c000012#3", "c000012"),
        ("mine:7@2#0", "mine:7"),
        ("apibank:GetReminder-3#2#0", "apibank:GetReminder-3"),
        ("apibank:GetReminder-3@4#1", "apibank:GetReminder-3"),
        ("simple_python_12", "simple_python_12"),
        ("mail@example.org#0", "mail@example.org"),
        ("#1", "#1"),
    ],
)
def test_a_turn_belongs_to_its_dialogue_and_anything_else_to_itself(case_id: str, dialogue: str) -> None:
    assert dialogue_of(case_id) == dialogue


def test_turns_of_one_imported_dialogue_are_resampled_together() -> None:
    def of(form: str) -> list[CaseResult]:
        """Ten dialogues of four turns; each is wholly right or wholly wrong."""
        return [
            case(0, is_right=dialogue % 2 == 0).model_copy(update={"id": form.format(dialogue, turn)})
            for dialogue in range(10)
            for turn in range(4)
        ]

    evaluations = [
        compare({"sft": of(form)}, prompt_hash="", resamples=200, seed=1).groups["test: calls"]["sft"]
        for form in ("i{0}#{1}", "i{0}@{1}#0", "i{0}#{1}#0")
    ]
    assert evaluations[0].exact == evaluations[1].exact == evaluations[2].exact


def test_cases_that_are_all_alike_leave_no_doubt() -> None:
    measure = bootstrap(alone([1.0] * 7), resamples=100, seed=1)
    assert (measure.low, measure.value, measure.high) == (1.0, 1.0, 1.0)


def test_each_policy_is_measured_on_each_group_of_cases() -> None:
    made = [
        case(0, is_right=True),
        case(1, is_right=False),
        case(2, is_right=True, call_is_due=False),
        case(3, is_right=False, split="test_unseen"),
    ]
    evaluation = compare({"sft": made}, prompt_hash="abc", resamples=100, seed=1)
    assert list(evaluation.groups) == ["test: calls", "test: no call", "test_unseen: calls"]
    measured = evaluation.groups["test: calls"]["sft"]
    assert (measured.cases, measured.exact.value, measured.names_right.value, measured.score.value) == (
        2,
        0.5,
        1,
        0.625,
    )
    assert measured.errors == {"no_call": 1, "wrong_value": 1}
    assert (evaluation.policies, evaluation.prompt_hash, evaluation.differences) == (("sft",), "abc", ())


def test_tolerant_matching_stands_beside_the_strict_one() -> None:
    made = [case(0, is_right=True), case(1, is_right=False).model_copy(update={"tolerant": True})]
    measured = compare({"sft": made}, prompt_hash="", resamples=20, seed=1).groups["test: calls"]["sft"]
    assert (measured.exact.value, measured.tolerant.value) == (0.5, 1.0)


def test_a_difference_is_paired_and_counts_what_was_gained_and_lost() -> None:
    evaluation = compare({"sft": cases("++--"), "dpo": cases("+-++")}, prompt_hash="", resamples=200, seed=1)
    [difference] = evaluation.differences
    assert (difference.group, difference.policy, difference.baseline) == ("test: calls", "dpo", "sft")
    assert (difference.gained, difference.lost) == (2, 1)
    assert difference.exact.value == 0.25
    assert difference.exact.low <= 0.25 <= difference.exact.high


def test_pairing_leaves_out_what_both_policies_share() -> None:
    same = compare({"a": cases("+-" * 50), "b": cases("+-" * 50)}, prompt_hash="", resamples=200, seed=1)
    [difference] = same.differences
    assert (difference.exact.low, difference.exact.value, difference.exact.high) == (0, 0, 0)
    assert same.groups["test: calls"]["a"].exact.high > 0.5


def test_every_policy_is_compared_with_each_one_before_it() -> None:
    made = {name: cases("+-") for name in ("base", "sft", "dpo")}
    evaluation = compare(made, prompt_hash="", resamples=20, seed=1)
    compared = [(difference.policy, difference.baseline) for difference in evaluation.differences]
    assert compared == [("sft", "base"), ("dpo", "base"), ("dpo", "sft")]


def test_only_cases_that_both_have_are_compared() -> None:
    evaluation = compare({"sft": cases("+-"), "dpo": cases("-++")}, prompt_hash="", resamples=20, seed=1)
    [difference] = evaluation.differences
    assert (difference.gained, difference.lost, difference.exact.value) == (1, 1, 0)
    apart = compare({"sft": cases("+"), "dpo": [case(9, is_right=True)]}, prompt_hash="", resamples=20, seed=1)
    assert apart.differences == ()


def test_the_order_of_cases_does_not_change_groups_or_differences() -> None:
    one, other = cases("+-+--"), cases("++--+")
    straight = compare({"a": one, "b": other}, prompt_hash="", resamples=50, seed=1)
    turned = compare({"a": one, "b": other[::-1]}, prompt_hash="", resamples=50, seed=1)
    assert turned.differences[0].gained == straight.differences[0].gained
    assert turned.differences[0].exact.value == straight.differences[0].exact.value
