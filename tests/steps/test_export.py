"""A run's instructions as files, with a card that says what they are."""

import json
from pathlib import Path

import pytest

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.errors import RunError
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.stages.export import FORMATS
from ttpa.steps.export import export
from ttpa.steps.run import Run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = str(tmp_path_factory.mktemp("runs"))
    config = make_config({"name": "made", "runs": folder, "construct": {"instances": 40}})
    made = Run(config, assemble(config), SilentReporter())
    take_steps(made, ("construct",))
    return made


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_written_with_a_card(run: Run, tmp_path: Path, name: str) -> None:
    written = export(run, name, tmp_path / "out", license_name="cc-by-4.0")
    kind = FORMATS[name].kind
    assert (tmp_path / "out" / f"train.{kind}").stat().st_size > 0
    card = (tmp_path / "out" / "README.md").read_text()
    assert card.startswith("---\nlicense: cc-by-4.0\n")
    assert f"path: train.{kind}" in card
    assert "| planned, discarded | 40, 0 (none) |" in card
    assert "| generator | offline |" in card
    assert tmp_path / "out" / "README.md" in [file.path for file in written]


def test_rows_are_counted_and_whole(run: Run, tmp_path: Path) -> None:
    written = export(run, "openai", tmp_path / "out")
    lines = [line for file in (tmp_path / "out").glob("*.jsonl") for line in file.read_text().splitlines()]
    assert len(lines) == 40
    assert all(json.loads(line)["messages"] for line in lines)
    assert sum(file.rows or 0 for file in written) == 40


def test_mistakes_are_named(run: Run, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="format 'csv' is none of openai, hf, trl"):
        export(run, "csv", tmp_path / "out")
    with pytest.raises(RunError, match="is there already"):
        export(run, "openai", tmp_path)
