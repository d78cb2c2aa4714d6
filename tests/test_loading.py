"""A finished run in Python: typed records, tables, pictures."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.test_pipeline import make_run

import ttpa
from ttpa.errors import ConfigError, DataError
from ttpa.loading import Kind, LoadedRun
from ttpa.pipeline import take_steps
from ttpa.steps.run import Run


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = make_run(tmp_path_factory.mktemp("loading"))
    take_steps(run)
    return run


def test_a_run_is_loaded_by_its_folder_as_typed_records(finished: Run) -> None:
    loaded = ttpa.load_run(finished.directory.path)
    assert loaded.config.name == finished.config.name
    assert loaded.instructions[0].decision_points()
    assert {tree.id for tree in loaded.trees} == {turn.tree_id for turn in loaded.turns}
    assert loaded.pairs[0].margin > 0
    assert loaded.evaluation is not None
    assert list(loaded.cases) == list(loaded.evaluation.policies)
    assert "dpo" in loaded.checkpoints


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="neither a TOML file nor a run"):
        ttpa.load_run(tmp_path / "none")


@pytest.mark.parametrize("kind", ["instructions", "trees", "turns", "pairs", "cases"])
def test_every_kind_of_record_is_a_table(finished: Run, kind: Kind) -> None:
    loaded = LoadedRun(finished)
    rows = loaded.rows(kind)
    assert rows
    frame = loaded.frame(kind)
    assert list(frame.columns) == list(rows[0])
    assert len(frame) == len(rows)


def test_pairs_are_a_dataset(finished: Run) -> None:
    assert LoadedRun(finished).dataset("pairs").num_rows == len(LoadedRun(finished).pairs)


def test_a_notebook_shows_one_turn_or_the_whole_page_in_a_frame(finished: Run) -> None:
    loaded = LoadedRun(finished)
    tree = loaded.trees[0].id
    alone, whole = loaded.show(tree).html, loaded.show().html
    assert alone.startswith('<iframe srcdoc="')
    assert alone.count("<") == whole.count("<") == 2  # the frame alone: what it holds is escaped
    assert "section:not(#trees)" in alone
    assert len(alone) < len(whole)
    with pytest.raises(DataError, match="shows no tree 'none'; it has '"):
        loaded.show("none")


def test_a_tools_process_loads_nothing_of_the_rest_of_the_package() -> None:
    code = "import sys, ttpa.tools.worker; sys.exit('ttpa.config' in sys.modules or 'ttpa.stages' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_name_that_the_package_has_not_is_told() -> None:
    with pytest.raises(AttributeError, match="'ttpa' has no attribute 'nothing'"):
        getattr(ttpa, "nothing")  # noqa: B009 - a type checker knows it
