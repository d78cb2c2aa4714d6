"""Record files: whole or not at all; outcomes survive a crash and keep their order."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttpa.errors import DataError
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.evaluations import Measure
from ttpa.records.instructions import Instruction
from ttpa.runs.record_files import Outcomes, read_record, read_records, write_record, write_records, write_text

MakeInstruction = Callable[..., Instruction]
LINE_MARKS = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\r\nh\ri"
"""Characters that some readers take for line ends, though JSON Lines does not."""


def discard(item_id: str, detail: str = "") -> Discard:
    return Discard(id=item_id, stage="construct", reason=DiscardReason.DUPLICATE, detail=detail)


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


def test_outcomes_are_there_after_a_restart(tmp_path: Path, make_instruction: MakeInstruction) -> None:
    path = tmp_path / "instructions.jsonl"
    Outcomes(path, Instruction).add([make_instruction("b"), discard("c")])
    again = Outcomes(path, Instruction)
    again.add([make_instruction("a")])
    resumed = Outcomes(path, Instruction)
    assert resumed.by_id == {"a": make_instruction("a"), "b": make_instruction("b"), "c": discard("c")}
    assert not path.exists()


def test_records_and_discards_come_in_the_order_that_is_asked_for(
    tmp_path: Path, make_instruction: MakeInstruction
) -> None:
    outcomes = Outcomes(tmp_path / "instructions.jsonl", Instruction)
    outcomes.add([discard("d"), make_instruction("c"), discard("b"), make_instruction("a")])
    records, discards = outcomes.in_order(["a", "b", "c", "d"])
    assert [record.id for record in records] == ["a", "c"]
    assert [given_up.id for given_up in discards] == ["b", "d"]


@given(cut=st.integers(0, 10**6), marks=st.booleans())
def test_a_crash_at_any_byte_costs_the_torn_line_alone(
    tmp_path_factory: pytest.TempPathFactory, cut: int, marks: bool
) -> None:
    path = tmp_path_factory.mktemp("cut") / "discards.jsonl"
    written = [discard(str(number), LINE_MARKS if marks else "é") for number in range(3)]
    Outcomes(path, Discard).add(written)
    partial = path.with_name("discards.jsonl.partial")
    whole = partial.read_bytes()
    kept = whole[: cut % (len(whole) + 1)]
    partial.write_bytes(kept)
    survivors = written[: kept.count(b"\n")]
    outcomes = Outcomes(path, Discard)
    assert list(outcomes.by_id.values()) == survivors
    outcomes.add(written[len(survivors) :])
    assert partial.read_bytes() == whole


@pytest.mark.parametrize(
    "spoilt", [b"+{}", b"", b"nonsense", b"-" + discard("b", "?").model_dump_json().encode().replace(b"?", b"\xff")]
)
def test_a_whole_line_that_cannot_be_read_is_named_not_dropped(tmp_path: Path, spoilt: bytes) -> None:
    path = tmp_path / "instructions.jsonl"
    partial = tmp_path / "instructions.jsonl.partial"
    partial.write_bytes(b"-" + discard("a").model_dump_json().encode() + b"\n" + spoilt + b"\n")
    before = partial.read_bytes()
    with pytest.raises(DataError, match="line 2"):
        Outcomes(path, Instruction)
    assert partial.read_bytes() == before


def test_cleared_outcomes_leave_nothing(tmp_path: Path) -> None:
    outcomes = Outcomes(tmp_path / "x.jsonl", Discard)
    outcomes.add([discard("a")])
    outcomes.clear()
    outcomes.clear()
    assert list(tmp_path.iterdir()) == []
    assert Outcomes(tmp_path / "x.jsonl", Discard).by_id == {}
