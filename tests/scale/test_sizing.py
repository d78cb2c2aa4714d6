"""What instances take: amounts, GPU seconds and money follow from what was measured and what is assumed."""

from dataclasses import replace
from itertools import pairwise

import pytest
from benchmarks.scale.assumptions import Assumptions, assume
from benchmarks.scale.measured import MEASURED
from benchmarks.scale.plans import PLANS, Plan, forecast
from benchmarks.scale.policies import POLICIES, Policy
from benchmarks.scale.sizing import count, generator_money, gpu_money, gpu_seconds

from ttpa.errors import ConfigError

ASSUMED = Assumptions()
SMALL, MIDDLE, LARGE = POLICIES
ROUND = Policy("1B", 1e9, layers=10, key_heads=2, head_size=100)
"""A policy whose figures can be reckoned by hand."""


def changed(**values: float) -> Assumptions:
    return Assumptions(**values)


def test_amounts_grow_with_the_instances() -> None:
    one, many = count(1, ASSUMED), count(5000, ASSUMED)
    assert many.turns == pytest.approx(5000 * one.turns)
    assert many.pair_nodes == pytest.approx(5000 * one.pair_nodes)
    assert many.context == pytest.approx(one.context)


def test_the_quickstart_comes_out_as_it_was() -> None:
    amounts = count(1300, changed(characters_a_token=MEASURED.characters_a_token))
    assert amounts.turns == pytest.approx(2804)
    assert amounts.sft_tokens == pytest.approx(533_506)
    assert amounts.prefilled / amounts.turns == pytest.approx(123_994 / 300)
    assert amounts.pair_tokens / amounts.pairs == pytest.approx(296_943 / 345)
    assert amounts.evaluated_turns == pytest.approx(3 * (354 + 278))


def test_a_tokenizer_with_longer_tokens_makes_fewer_of_them() -> None:
    few, many = (count(10, changed(characters_a_token=length)) for length in (5.0, 2.5))
    assert many.prefilled == pytest.approx(2 * few.prefilled)
    assert many.turns == few.turns
    assert many.prompt_tokens == few.prompt_tokens  # the generator's are counted as its own


def test_money_is_tokens_times_their_price() -> None:
    amounts = replace(count(1, ASSUMED), prompt_tokens=2e6, completion_tokens=1e6)
    assert generator_money(amounts, changed(prompt_price=0.5, completion_price=4.0)) == pytest.approx(5.0)
    assert gpu_money(7200, changed(gpu_hour=3.0)) == pytest.approx(6.0)


def test_gpu_seconds_are_what_they_are_by_hand() -> None:
    assumed = changed(
        peak_flops=1e12, prefill_share=0.5, training_share=0.25, memory_bandwidth=1e12, bandwidth_share=0.5
    )
    assert ROUND.prefill_seconds(1000, assumed) == pytest.approx(2e9 * 1000 / 0.5e12)
    assert ROUND.training_seconds(1000, "full", assumed) == pytest.approx(6e9 * 1000 / 0.25e12)
    assert ROUND.training_seconds(1000, "lora", assumed, referred=True) == pytest.approx(6e9 * 1000 / 0.25e12)
    assert ROUND.kept_bytes == 2 * 2 * 10 * 2 * 100
    assert ROUND.step_seconds(500, 1, assumed) == pytest.approx((2e9 + 500 * 8000) / 0.5e12)
    # Many sequences are bound by their products, not by the weights that are read.
    assert ROUND.step_seconds(0, 1000, assumed) == pytest.approx(ROUND.prefill_seconds(1000, assumed))


def test_more_sequences_together_make_a_token_no_dearer() -> None:
    costs = [MIDDLE.decode_seconds(1000, 400, changed(in_flight=size)) for size in (1, 8, 64, 512)]
    assert costs == sorted(costs, reverse=True)


def test_a_larger_policy_takes_more_of_everything() -> None:
    amounts = count(1000, ASSUMED)
    spent = [gpu_seconds(amounts, policy, "full", ASSUMED) for policy in POLICIES]
    for small, large in pairwise(spent):
        assert all(small[step] < large[step] for step in small)


def test_the_forest_is_what_training_pays_for() -> None:
    amounts = count(1000, ASSUMED)
    shared = gpu_seconds(amounts, MIDDLE, "full", ASSUMED)["align"]
    apart = gpu_seconds(replace(amounts, pair_nodes=amounts.pair_tokens), MIDDLE, "full", ASSUMED)["align"]
    assert apart / shared == pytest.approx(MEASURED.pair_tokens / MEASURED.pair_nodes)


def test_what_fits_depends_on_the_memory() -> None:
    assert [policy.gpus_of_replica(ASSUMED) for policy in POLICIES] == [1, 1, 4]
    assert [MIDDLE.way_of_training(gpus, ASSUMED) for gpus in (1, 8)] == ["lora", "full"]
    assert [LARGE.way_of_training(gpus, ASSUMED) for gpus in (1, 8, 32)] == ["qlora", "lora", "full"]
    assert LARGE.way_of_training(1, changed(memory_gb=16)) == "none"


def test_a_plan_without_room_for_the_policy_says_so() -> None:
    assert forecast(PLANS[0], LARGE, ASSUMED).steps == {}


def test_twice_the_instances_take_twice_the_time_where_there_are_many() -> None:
    one, two = (forecast(Plan("p", size, gpus=8, workers=8), MIDDLE, ASSUMED) for size in (20_000, 40_000))
    assert two.hours == pytest.approx(2 * one.hours, rel=1e-6)
    assert two.money_gpus == pytest.approx(2 * one.money_gpus, rel=1e-6)
    assert two.bottleneck == one.bottleneck


def test_the_bottleneck_moves_where_its_cause_is_lifted() -> None:
    plan = Plan("p", 4000, gpus=8, workers=8)
    assert forecast(plan, MIDDLE, ASSUMED).bottleneck == "construct: the endpoint's replies"
    assert forecast(plan, MIDDLE, changed(reply_seconds=0.2)).bottleneck == "align: GPU"


def test_assumptions_are_changed_by_name_and_refused_otherwise() -> None:
    assert assume(["gpu_hour=4", "reply_seconds=1.5"]) == changed(gpu_hour=4.0, reply_seconds=1.5)
    for words, told in (
        ("gpu_hours=4", r"there is no assumption 'gpu_hours'; there are peak_flops"),
        ("gpu_hour=much", r"'gpu_hour=much' gives no number"),
        ("gpu_hour=0", r"an assumption is above 0"),
    ):
        with pytest.raises(ConfigError, match=told):
            assume([words])
