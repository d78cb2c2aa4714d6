"""Plans: seeded, in their shares, and unseen tools stay unseen."""

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttpa.errors import ConfigError
from ttpa.records.tools import ToolSpec
from ttpa.stages.construct import ConstructConfig, Plan, count_held_out, plan_construction
from ttpa.stages.construct.offered_tools import choose_offer


def tool(name: str, description: str = "", required: tuple[str, ...] = ("city",)) -> ToolSpec:
    return ToolSpec(
        name=name,
        description=description,
        parameters={"type": "object", "properties": {}, "required": [*required]},
    )


TOOLS = [tool(f"tool_{number:02}") for number in range(30)]


def plans(instances: int = 600, seed: int = 1, **changes: float) -> list[Plan]:
    config = ConstructConfig.model_validate({"instances": instances, **changes})
    return plan_construction(TOOLS, config, seed=seed)


def test_equal_arguments_give_equal_plans_and_another_seed_others() -> None:
    assert plans(50) == plans(50)
    assert plans(50) == plan_construction(TOOLS[::-1], ConstructConfig(instances=50), seed=1)
    assert plans(50) == plan_construction(TOOLS, ConstructConfig(instances=9), seed=1, number=50)
    assert plans(50) != plans(50, seed=2)


def test_more_instances_go_on_where_fewer_ended() -> None:
    assert plans(60)[:50] == plans(50)


def test_ids_are_unique_and_in_order() -> None:
    ids = [plan.id for plan in plans()]
    assert ids == sorted(set(ids))


def test_no_tool_of_test_unseen_is_ever_shown_in_train() -> None:
    made = plans()
    unseen = {shown.name for plan in made if plan.split == "test_unseen" for shown in (*plan.shown, *plan.pool)}
    known = {shown.name for plan in made if plan.split != "test_unseen" for shown in (*plan.shown, *plan.pool)}
    assert len(unseen) == round(30 * 0.15)
    assert not unseen & known
    assert unseen | known == {spec.name for spec in TOOLS}


def test_splits_and_kinds_come_in_about_their_shares() -> None:
    made = plans(2000, no_call_share=0.3)
    splits = Counter(plan.split for plan in made)
    kinds = Counter(plan.kind for plan in made)
    assert 150 < splits["test"] < 250
    assert 150 < splits["test_unseen"] < 250
    assert 1300 < kinds["calls"] < 1500
    assert 230 < kinds["missing_value"] < 370
    assert 230 < kinds["no_tool_fits"] < 370


def test_each_kind_has_what_it_needs() -> None:
    for plan in plans(no_call_share=0.5):
        assert (plan.wanted is None) == (plan.kind == "calls")
        assert plan.withheld == ("city" if plan.kind == "missing_value" else None)
        assert plan.wanted is None or plan.wanted in plan.pool
        assert len({shown.name for shown in plan.shown}) == len(plan.shown)


def test_a_tool_without_required_parameters_is_never_asked_with_a_value_missing() -> None:
    bare = [tool(f"tool_{number}", required=()) for number in range(20)]
    config = ConstructConfig(instances=100, no_call_share=1.0)
    assert {plan.kind for plan in plan_construction(bare, config, seed=1)} == {"no_tool_fits"}


def test_shares_of_nothing_and_of_all_are_kept() -> None:
    made = plans(unseen_share=0, test_share=0, no_call_share=0)
    assert {(plan.split, plan.kind) for plan in made} == {("train", "calls")}
    assert len(made[0].pool) == len(TOOLS)
    assert {plan.split for plan in plans(unseen_share=0, test_share=1)} == {"test"}


def test_too_few_tools_are_refused_with_the_numbers() -> None:
    with pytest.raises(ConfigError, match="2 known tools are too few"):
        plan_construction(TOOLS[:2], ConstructConfig(), seed=1)


@pytest.mark.parametrize(("count", "held_out"), [(3, 0), (16, 0), (17, 3), (30, 4)])
def test_where_too_few_tools_would_be_held_out_none_is(count: int, held_out: int) -> None:
    assert count_held_out(count, ConstructConfig()) == held_out
    made = plan_construction(TOOLS[:count], ConstructConfig(instances=200), seed=1)
    assert ("test_unseen" in {plan.split for plan in made}) == bool(held_out)
    assert {len(plan.pool) for plan in made if plan.split == "train"} == {count - held_out}


def offer_plan(pool: list[ToolSpec], seed: int) -> Plan:
    return Plan(id="c", split="train", kind="calls", shown=tuple(pool), pool=tuple(pool), seed=seed)


@given(
    st.integers(0, 2**32), st.integers(0, 40), st.lists(st.integers(0, 29), max_size=4), st.none() | st.integers(0, 29)
)
def test_an_offer_holds_the_used_tools_and_distractors_up_to_the_count(
    seed: int, count: int, places: list[int], left_out: int | None
) -> None:
    used = {TOOLS[place].name for place in places}
    without = {TOOLS[left_out].name} - used if left_out is not None else set[str]()
    plan = offer_plan(TOOLS, seed)
    offer = choose_offer([*used], plan, count, without=[*without])
    names = [spec.name for spec in offer]
    assert used <= set(names)
    assert not without & set(names)
    assert len(names) == len(set(names)) == max(len(used), min(count, 30 - len(without)))
    assert offer == choose_offer([*used], plan, count, without=[*without])


def test_the_tool_that_resembles_a_used_one_most_is_among_the_distractors() -> None:
    twin = tool("get_weather_history", "Weather in a city in the past")
    pool = [tool("get_weather", "Weather in a city now"), twin, *TOOLS]
    for seed in range(10):
        assert twin in choose_offer(["get_weather"], offer_plan(pool, seed), 3)


def test_numbers_of_calls_shapes_settings_and_manners_come_equally_often() -> None:
    made = [plan for plan in plans(400) if plan.kind == "calls"]
    for split in ("train", "test"):
        calls = Counter(plan.calls for plan in made if plan.split == split)
        assert set(calls) == {2, 3, 4}
        assert max(calls.values()) - min(calls.values()) <= 1
    shapes = Counter(plan.shape for plan in made)
    assert abs(shapes["free"] - shapes["chain"] - shapes["side by side"]) <= 3
    for choices in (Counter(plan.setting for plan in plans(400)), Counter(plan.manner for plan in plans(400))):
        assert len(choices) >= 8
        assert max(choices.values()) - min(choices.values()) <= 1


def test_tools_that_seldom_met_are_shown_together() -> None:
    met = Counter(
        pair
        for plan in plans(400, unseen_share=0)
        for pair in combinations(sorted(spec.name for spec in plan.shown), 2)
    )
    mean = sum(met.values()) / (30 * 29 / 2)
    assert len(met) == 30 * 29 / 2
    assert mean / 2 < min(met.values()) <= max(met.values()) < 2 * mean


def test_every_tool_is_shown_about_as_often_as_every_other() -> None:
    shown = Counter(spec.name for plan in plans(400) if plan.split != "test_unseen" for spec in plan.shown)
    assert max(shown.values()) - min(shown.values()) <= 1
