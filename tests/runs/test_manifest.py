"""Folders that are whole, and what is said of those that are not."""

from pathlib import Path

import pytest

from ttpa.runs.manifest import MANIFEST, find_damage, write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "below").mkdir()
    (tmp_path / "weights").write_bytes(b"1234")
    (tmp_path / "below" / "tokens").write_bytes(b"ab")
    write_manifest(tmp_path, "one")
    return tmp_path


def test_a_folder_with_a_manifest_is_whole(folder: Path) -> None:
    assert find_damage(folder) is None
    assert find_damage(folder, "one") is None


def test_a_folder_that_is_gone_is_not_there(folder: Path) -> None:
    assert find_damage(folder / "gone") == "it is not there"


def test_a_folder_without_one_was_never_finished(folder: Path) -> None:
    (folder / MANIFEST).unlink()
    assert find_damage(folder) == "manifest.json is missing, so it was never finished"


@pytest.mark.parametrize("name", ["weights", "below/tokens"])
def test_each_file_is_named_when_it_is_gone_or_other(folder: Path, name: str) -> None:
    before = (folder / name).read_bytes()
    (folder / name).write_bytes(before[:1])
    assert find_damage(folder) == f"{name} is damaged: its SHA-256 is not the manifest's"
    (folder / name).unlink()
    assert find_damage(folder) == f"{name} is missing"
    (folder / name).write_bytes(before)
    assert find_damage(folder) is None


def test_a_cut_manifest_does_not_count(folder: Path) -> None:
    (folder / MANIFEST).write_bytes((folder / MANIFEST).read_bytes()[:20])
    assert find_damage(folder) == "manifest.json is damaged"


def test_what_was_made_of_something_else_does_not_count(folder: Path) -> None:
    assert find_damage(folder, "other") == "it was made of other data, another policy or another config"
