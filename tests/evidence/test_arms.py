"""The table of arms: settings that are there, equal budgets, and trees that are shared where arms sample alike."""

from pathlib import Path

import pytest
from benchmarks.evidence.arms import ARMS, MAIN, TUNING, TUNING_TOTAL, merge
from benchmarks.evidence.budget import Budget, budgets
from benchmarks.evidence.place import SETTINGS, Place, train_config
from benchmarks.evidence.sampling import sampling_name
from benchmarks.evidence.sets import SETS
from benchmarks.evidence.sizes import FULL, SMALL
from benchmarks.evidence.studies import STUDIES, Study
from benchmarks.evidence.sweep import variants

from ttpa.stages.pair import PairConfig
from ttpa.stages.sample import SampleConfig

BY_NAME = {arm.name: arm for arm in ARMS}


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_every_arm_names_settings_that_there_are(study: Study, tmp_path: Path) -> None:
    place = Place(tmp_path, SETS["quickstart"], 0, SMALL)
    for arm in study.arms:
        sections = {"sample": merge(SETTINGS["sample"], arm.sample), "score": arm.score, "pair": arm.pair}
        place.open(tmp_path / "run", sections, policy="somewhere")
        train_config("sft", arm.start)
        train_config("grpo" if arm.method == "grpo" else "dpo", merge(arm.train, arm.train_total))
    assert len({arm.name for arm in study.arms}) == len(study.arms)


def test_a_sweep_varies_one_thing_and_tries_nothing_twice() -> None:
    config = train_config("dpo", {})
    assert config.sft
    shared = {
        f"gap-{(forks := SampleConfig().forks).max_gap:g}",
        f"forks-{forks.max_forks}",
        f"trunk-{SampleConfig().trunk}",
        f"margin-{PairConfig().margin:g}",
        f"tail-{PairConfig().tail}",
        f"beta-{config.dpo.beta:g}",
        f"rate-{config.dpo.learning_rate:g}",
        f"nll-{config.dpo.nll_weight:g}",
        f"points-{MAIN.points}",
    }
    for name, tried in variants().items():
        assert all(arm.name.startswith(name) for arm in tried) or name == "shared"
        assert not shared & {arm.name for arm in tried}, "it would train the main arm once more"
    tuned = {
        f"start-{config.sft.epochs:g}-{config.sft.learning_rate:g}",
        *(f"longer-rate-{each['learning_rate']:g}" for each in (TUNING, TUNING_TOTAL)),
    }
    assert tuned <= {arm.name for arm in STUDIES["sweep"].arms}


def test_settings_are_chosen_on_seeds_that_no_table_of_the_test_holds() -> None:
    for size in (FULL, SMALL):
        assert not set(size.seeds) & set(size.sweep_seeds)
    assert len(FULL.seeds) == 5


def test_arms_that_sample_alike_share_their_trees() -> None:
    assert sampling_name(BY_NAME["whole"]) == sampling_name(BY_NAME["whole-released"])
    assert sampling_name(BY_NAME["ttpa-binary"]) == sampling_name(MAIN)
    assert len({sampling_name(arm) for arm in ARMS if arm.samples}) == 9


def test_both_budgets_are_one_where_an_arm_samples_what_the_main_arm_samples() -> None:
    assert budgets(MAIN) == budgets(BY_NAME["ttpa-binary"]) == budgets(BY_NAME["sft"]) == ("training",)
    assert (
        budgets(BY_NAME["sft-longer"])
        == budgets(BY_NAME["sft-same"])
        == budgets(BY_NAME["whole"])
        == ("training", "total")
    )


def test_all_arms_come_to_the_same_number_of_tokens() -> None:
    budget = Budget(training=900, sampling=300)
    longer, whole, rounds = (BY_NAME[name] for name in ("sft-longer", "whole", "ttpa-two-rounds"))
    assert budget.left("training", whole, 500) == budget.left("training", longer, 0) == 900
    assert budget.left("total", MAIN, 300) == 900
    assert budget.left("total", longer, 0) == 1200
    assert budget.left("total", whole, 500) == 700
    assert sum(budget.left("total", rounds, sampling) + sampling for sampling in (150, 170)) == 1200
    assert budget.left("total", whole, 5000) == 1
