"""Record files: whole or not at all."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ttpa.errors import DataError
from ttpa.records.evaluations import Measure
from ttpa.records.instructions import Instruction
from ttpa.runs.record_files import read_record, read_records, write_record, write_records, write_text

MakeInstruction = Callable[..., Instruction]
LINE_MARKS = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\r\nh\ri"
"""Characters that some readers take for line ends, though JSON Lines does not."""


def test_records_are_read_back_as_they_were_written(tmp_path: Path, make_instruction: MakeInstruction) -> None:
    path = tmp_path / "below" / "records.jsonl"
    records = [make_instruction("a"), make_instruction("b", question=LINE_MARKS)]
    write_records(path, records)
    assert read_records(path, Instruction) == records
    assert [entry.name for entry in path.parent.iterdir()] == ["records.jsonl"]


def test_equal_records_give_equal_bytes(tmp_path: Path, make_instruction: MakeInstruction) -> None:
    for name in ("one", "other"):
        write_records(tmp_path / name, [make_instruction("a"), make_instruction("b")])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_one_record_is_indented_json(tmp_path: Path) -> None:
    path = tmp_path / "measure.json"
    write_record(path, Measure(value=0.5, low=0.25, high=0.75))
    assert path.read_text() == '{\n "value": 0.5,\n "low": 0.25,\n "high": 0.75\n}\n'
    assert read_record(path, Measure) == Measure(value=0.5, low=0.25, high=0.75)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "text"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new \ud800")
    assert path.read_text() == "old"


@pytest.mark.parametrize("spoilt", [b'{"id": "x"}', b"{", b"", b'{"id": "\xff"}', b"null"])
def test_a_line_that_is_no_such_record_is_named_with_its_file(
    tmp_path: Path, make_instruction: MakeInstruction, spoilt: bytes
) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(make_instruction().model_dump_json().encode() + b"\n" + spoilt + b"\n")
    with pytest.raises(DataError, match=r"records\.jsonl, line 2: no Instruction"):
        read_records(path, Instruction)


@pytest.mark.parametrize("spoilt", [b'{"value": 1.0}', b"\xff", b""])
def test_a_file_that_is_no_such_record_is_named(tmp_path: Path, spoilt: bytes) -> None:
    path = tmp_path / "measure.json"
    path.write_bytes(spoilt)
    with pytest.raises(DataError, match=r"measure\.json does not hold a Measure"):
        read_record(path, Measure)
