"""Published results: added to by seed and unit, never mixed with those of other settings, and what the pages show."""

from pathlib import Path

import pytest
from benchmarks.evidence.arms import ARMS, MAIN, Arm
from benchmarks.evidence.report import write_report
from benchmarks.evidence.results import PUBLISHED, Case, Task, UnitResult, publish, read_published, withdrawn_arms
from benchmarks.evidence.sizes import FULL
from benchmarks.evidence.studies import STUDIES
from benchmarks.evidence.units import Round

from ttpa.errors import TtpaError
from ttpa.records.record import JsonObject
from ttpa.records.scores import ErrorKind

SFT = ARMS[0]
COST = Round(
    learned_from=3, steps=2, allowed=100, training_tokens=90, sampling_tokens=10, sampling_seconds=1.0,
    training_seconds=2.0,
)  # fmt: skip


def result(arm: Arm = MAIN, *, seed: int = 0, right: int = 2, settings: JsonObject | None = None) -> UnitResult:
    cases = tuple(
        Case(
            id=f"i{number}#0", split="test", call_is_due=True, exact=number < right, names_right=True,
            score=1.0 if number < right else 0.5, errors=() if number < right else (ErrorKind.WRONG_VALUE,),
        )
        for number in range(4)
    )  # fmt: skip
    return UnitResult(
        tools="quickstart", seed=seed, arm=arm.name, settings=arm.settings() if settings is None else settings,
        budget="training", where="final", rounds=(COST,), cases=cases, tasks=(Task(split="test", solved=True),),
    )  # fmt: skip


def test_published_results_are_read_as_they_were_and_replaced_by_their_like(tmp_path: Path) -> None:
    publish(tmp_path, {"rate": 1}, [result(), result(SFT), result(seed=1)])
    publish(tmp_path, {"rate": 1}, [result(right=3)])
    found = {(one.arm, one.seed): one for one in read_published(tmp_path, ARMS, "final")}
    assert found == {
        ("ttpa", 0): result(right=3),
        ("ttpa", 1): result(seed=1),
        ("sft", 0): result(SFT),
    }
    assert read_published(tmp_path, [SFT], "final") == [result(SFT)]
    assert read_published(tmp_path, ARMS, "dev") == []


def test_results_of_other_settings_are_refused(tmp_path: Path) -> None:
    publish(tmp_path, {"rate": 1}, [result()])
    with pytest.raises(TtpaError, match="made with other settings"):
        publish(tmp_path, {"rate": 2}, [result()])
    publish(tmp_path, {"rate": 1}, [result(settings={"method": "grpo"})])
    with pytest.raises(TtpaError, match="'ttpa' was made with other settings"):
        read_published(tmp_path, ARMS, "final")


def test_an_arm_that_is_no_more_is_told_all_the_same(tmp_path: Path) -> None:
    publish(tmp_path, {"rate": 1}, [result(), result(Arm("gone", "an idea", "longer"))])
    withdrawn = withdrawn_arms(tmp_path, ARMS)
    assert [arm.name for arm in withdrawn] == ["gone"]
    arms = [*ARMS, *withdrawn]
    results = read_published(tmp_path, arms, "final")
    page = write_report(tmp_path, "experiment", results, arms, "final", resamples=50, commands=[])
    assert page is not None
    assert "| gone (withdrawn: its code is gone) | 1 | 50.0 %" in page.read_text(encoding="utf-8")


def test_arms_of_no_common_seed_are_not_compared(tmp_path: Path) -> None:
    results = [result(), result(SFT, seed=1)]
    page = write_report(tmp_path, "experiment", results, ARMS, "final", resamples=50, commands=[])
    assert page is not None
    row = next(line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| SFT only |"))
    assert not row.split("|")[4].strip()


def test_an_arm_of_fewer_seeds_than_others_is_marked_in_table_and_picture(tmp_path: Path) -> None:
    results = [result(), result(seed=1), result(SFT)]
    page = write_report(tmp_path, "experiment", results, ARMS, "final", resamples=50, commands=[])
    assert page is not None
    assert "| SFT only | 1 | " in page.read_text(encoding="utf-8")
    picture = (tmp_path / "images" / "results_experiment-quickstart-test.svg").read_text(encoding="utf-8")
    assert "SFT only (seeds: 1)" in picture
    assert f"{MAIN.says} (seeds" not in picture


def test_a_page_tells_arms_differences_tasks_and_costs(tmp_path: Path) -> None:
    results = [result(seed=seed) for seed in (0, 1)] + [result(SFT, seed=seed, right=1) for seed in (0, 1)]
    page = write_report(tmp_path, "experiment", results, ARMS, "final", resamples=50, commands=["one", "two"])
    assert page is not None
    told = page.read_text(encoding="utf-8")
    assert "one\ntwo\n" in told
    assert "| SFT only | 2 | 25.0 %" in told
    assert "| +25.0 (" in told
    assert "100.0 % of 2" in told
    assert (tmp_path / "images" / "results_experiment-quickstart-test.svg").exists()
    assert write_report(tmp_path, "experiment", [], ARMS, "final", resamples=50, commands=[]) is None


@pytest.mark.parametrize("folder", sorted(PUBLISHED.iterdir()), ids=lambda folder: folder.name)
def test_the_pages_are_what_the_published_results_say(folder: Path, tmp_path: Path) -> None:
    study = next(study for study in STUDIES if folder.name == study or folder.name.startswith(f"{study}-"))
    for where in ("final", "dev"):
        arms = [*STUDIES[study].arms, *withdrawn_arms(folder, STUDIES[study].arms)]
        results = read_published(folder, arms, where)
        page = write_report(tmp_path, folder.name, results, arms, where, resamples=FULL.resamples, commands=[])
        if page is None:
            continue
        docs = Path(__file__).parents[2] / "docs"
        assert _tables(page) == _tables(docs / page.name)
        for picture in (tmp_path / "images").iterdir():
            assert picture.read_text(encoding="utf-8") == (docs / "images" / picture.name).read_text(encoding="utf-8")


def _tables(page: Path) -> list[str]:
    return [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith(("|", "#"))]
