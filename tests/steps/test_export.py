"""A run's instructions as files, with a card that says what they are."""

import json
import shutil
from pathlib import Path

import pytest

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.errors import DataError, RunError
from ttpa.pipeline import take_import, take_steps
from ttpa.progress import SilentReporter
from ttpa.records.record import JsonObject, JsonValue
from ttpa.runs.layout import RunDirectory
from ttpa.runs.manifest import find_damage
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


def test_what_a_format_has_no_place_for_is_told_on_the_card(tmp_path: Path) -> None:
    no_arguments: JsonObject = {}
    tools: list[JsonValue] = [{"type": "function", "function": {"name": "rain"}}]
    call: JsonObject = {"type": "function", "function": {"name": "rain", "arguments": no_arguments}}
    asks: list[JsonValue] = [{"role": "user", "content": "Rain?"}]
    says: list[JsonValue] = [*asks, {"role": "assistant", "content": "Let me look.", "tool_calls": [call]}]
    rows: list[JsonObject] = [
        {"messages": says},
        {
            "messages": asks,
            "reference_calls": [{"name": "rain", "arguments": no_arguments}],
            "acceptable": [{"rain": no_arguments}],
        },
        {"messages": asks, "reference_calls": []},
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps({**row, "tools": tools}) for row in rows))
    config = make_config({"name": "read", "runs": str(tmp_path / "runs"), "import": {"test_share": 0}})
    imported = Run(config, assemble(config), SilentReporter())
    take_import(imported, [file])
    always = "1 other acceptable values of calls, 1 instructions in which nothing is said"
    lost = {"openai": always, "llamafactory": f"1 texts beside calls, {always}"}
    for name in FORMATS:
        written = export(imported, name, tmp_path / name)
        card = (tmp_path / name / "README.md").read_text()
        assert sum(one.rows or 0 for one in written) == (3 if name == "verl" else 2)
        assert ("| left out |" in card) == (name != "verl")
        assert name not in lost or f"| left out | {lost[name]} |" in card


def test_rows_are_counted_and_whole(run: Run, tmp_path: Path) -> None:
    written = export(run, "openai", tmp_path / "out")
    lines = [line for file in (tmp_path / "out").glob("*.jsonl") for line in file.read_text().splitlines()]
    assert len(lines) == 40
    assert all(json.loads(line)["messages"] for line in lines)
    assert sum(file.rows or 0 for file in written) == 40


@pytest.mark.parametrize("name", ["hf", "verl"])
def test_tables_read_back_as_they_were_told(run: Run, tmp_path: Path, name: str) -> None:
    export(run, name, tmp_path / "out")
    instructions = [one for one in run.stream_instructions() if one.split == "train"]
    rows = [row for one in instructions for row in FORMATS[name].rows(one)]
    assert read_table(tmp_path / "out" / "train.parquet") == rows


def test_a_split_may_stand_in_several_files(run: Run, tmp_path: Path) -> None:
    export(run, "hf", tmp_path / "one")
    told = export(run, "hf", tmp_path / "many", rows_a_file=10)
    parts = sorted((tmp_path / "many").glob("train-*.parquet"))
    whole = read_table(tmp_path / "one" / "train.parquet")
    assert [part.name for part in parts] == [f"train-0000{number}.parquet" for number in range(len(parts))]
    assert [len(read_table(part)) for part in parts[:-1]] == [10] * (len(parts) - 1)
    assert [row for part in parts for row in read_table(part)] == whole
    assert [file.rows for file in told if file.path in parts] == [len(read_table(part)) for part in parts]
    assert "path: train-*.parquet" in (tmp_path / "many" / "README.md").read_text()


def test_a_manifest_says_that_an_export_is_whole(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(run, "hf", out, rows_a_file=10)
    assert find_damage(out) is None
    (out / "train-00001.parquet").unlink()
    assert find_damage(out) == "train-00001.parquet is missing"


def test_an_export_that_ends_early_leaves_no_file_that_looks_whole(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = run.directory.instructions.read_text().splitlines()
    broken = RunDirectory(tmp_path / "broken")
    shutil.copytree(run.directory.path, broken.path)
    broken.instructions.write_text("\n".join([*lines[:-1], "{}"]) + "\n")
    monkeypatch.setattr(run, "directory", broken)
    with pytest.raises(DataError, match="line 40"):
        export(run, "hf", tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.parquet"))


def read_table(path: Path) -> list[object]:
    from datasets import Dataset

    table = Dataset.from_parquet(str(path), cache_dir=str(path.parent / "cache"))  # pyright: ignore[reportUnknownMemberType]
    return list(table)


def test_mistakes_are_named(run: Run, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="format 'csv' is none of openai, hf, trl"):
        export(run, "csv", tmp_path / "out")
    with pytest.raises(RunError, match="format 'verl' has one file a split; several are read by hf"):
        export(run, "verl", tmp_path / "out", rows_a_file=10)
    with pytest.raises(RunError, match="is there already"):
        export(run, "openai", tmp_path)
