"""What verdicts add up to, samples that depend on nothing but ids and seed, and the tables."""

from collections.abc import Sequence

import pytest

from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.evaluations import Measure
from ttpa.records.scores import CallError, ErrorKind
from ttpa.records.suites import SuiteCase, SuiteEvaluation
from ttpa.suites.episodes import Ended, Episode, Item
from ttpa.suites.sample import describe_sample, draw_sample
from ttpa.suites.summary import summarise
from ttpa.suites.table import write_tables


def nothing() -> Episode:
    return Ended(())
    yield


def items(*ids: str) -> list[Item]:
    """Items whose category is their first letter."""
    return [Item(id=item_id, category=item_id[0], start=nothing) for item_id in ids]


def case(item_id: str, is_right: bool, **measures: float) -> SuiteCase:
    errors = () if is_right else (CallError(kind=ErrorKind.NO_CALL),)
    return SuiteCase(id=item_id, category=item_id[0], right=is_right, errors=errors, measures=measures)


def missing(item_id: str) -> Discard:
    return Discard(id=item_id, stage="evaluate", reason=DiscardReason.CONTEXT_OVERFLOW)


def evaluate(chosen: Sequence[Item], cases: Sequence[SuiteCase], absent: Sequence[Discard]) -> SuiteEvaluation:
    categories, total = summarise(chosen, cases, absent, resamples=50, seed=1)
    return SuiteEvaluation(
        suite="s",
        policy="sft",
        categories=categories,
        total=total,
        official={"Overall Acc": "3.00%"},
        refused_golds=("a2",),
        settings={"sample": "all 5 items"},
        prompt_hash="f" * 64,
        prompt_tokens=1200,
        completion_tokens=34,
        seconds=1.0,
    )


def test_right_wrong_and_missing_add_up_and_a_share_is_of_those_answered() -> None:
    cases = [case("a1", is_right=True, folded=1.0), case("a2", is_right=False, folded=1.0), case("b1", is_right=True)]
    evaluation = evaluate(items("a1", "a2", "a3", "b1", "c1"), cases, [missing("a3"), missing("c1")])
    first, last = evaluation.categories["a"], evaluation.categories["c"]
    assert (first.items, first.right, first.wrong, first.missing) == (3, 1, 1, {"context_overflow": 1})
    assert first.share is not None
    assert first.share.value == 0.5
    assert first.measures["folded"].value == 1.0
    assert first.errors == {"no_call": 1}
    assert (last.share, last.missing) == (None, {"context_overflow": 1})
    assert (evaluation.total.items, evaluation.total.right, sum(evaluation.total.missing.values())) == (5, 2, 2)


def test_turns_of_one_dialogue_are_resampled_together() -> None:
    turns = [case("a1#0", is_right=True), case("a1#1", is_right=False)]
    together, _ = summarise(items("a1#0", "a1#1"), turns, [], resamples=50, seed=1)
    apart, _ = summarise(
        items("a1", "a2"), [case("a1", is_right=True), case("a2", is_right=False)], [], resamples=50, seed=1
    )
    assert together["a"].share == Measure(value=0.5, low=0.5, high=0.5)
    for ids in (["a1@0#0", "a1@2#0"], ["a1#0#0", "a1#1#0"], ["a1@0#0", "a1@2#1"]):  # imported ones; API-Bank's
        turns = [case(ids[0], is_right=True), case(ids[1], is_right=False)]
        assert summarise(items(*ids), turns, [], resamples=50, seed=1)[0] == together
    assert apart["a"].share == Measure(value=0.5, low=0.0, high=1.0)


@pytest.mark.parametrize(
    ("cases", "absent"),
    [
        ([case("a1", is_right=True)], []),
        ([case("a1", is_right=True), case("a2", is_right=True)], [missing("a2")]),
        ([case("a1", is_right=True), case("z9", is_right=True)], []),
    ],
)
def test_an_item_that_is_nowhere_or_twice_is_refused(cases: list[SuiteCase], absent: list[Discard]) -> None:
    with pytest.raises(ValueError, match="do not add up"):
        summarise(items("a1", "a2"), cases, absent, resamples=5, seed=1)


def test_a_sample_takes_so_many_of_each_category_whatever_the_order() -> None:
    every = items(*(f"{letter}{number}" for letter in "ab" for number in range(20)))
    drawn = [item.id for item in draw_sample(every, 3, seed=4)]
    assert [item_id[0] for item_id in drawn] == ["a"] * 3 + ["b"] * 3
    assert {item.id for item in draw_sample(every[::-1], 3, seed=4)} == set(drawn)
    assert {item.id for item in draw_sample(every, 5, seed=4)} > set(drawn)
    assert {item.id for item in draw_sample(every, 3, seed=5)} != set(drawn)
    assert draw_sample(every, None, seed=4) == every
    assert describe_sample(every, 3, seed=4).startswith("6 of 40 items: of each category 3,")
    assert describe_sample(every, None, seed=4) == "all 40 items"


def test_the_tables_tell_everything_that_the_evaluation_holds() -> None:
    cases = [case("a1", is_right=True, folded=1.0), case("a2", is_right=False, folded=0.0)]
    lines = write_tables([evaluate(items("a1", "a2", "c1"), cases, [missing("c1")])])
    assert "| c | sft | 1 | 1 context_overflow | 0 | - | - |" in lines
    assert "| a | sft | 2 | 0 | 1 | 50.0 % (0.0 to 100.0) | 50.0 % (0.0 to 100.0) |" in lines
    assert "| all | sft | 1 |" in lines
    assert "sft: Overall Acc 3.00%" in lines
    assert "golds that the benchmark's own checker refuses (1): a2" in lines
    assert any("1,200 prompt tokens, 34 new ones" in line and "sample: all 5 items" in line for line in lines)
