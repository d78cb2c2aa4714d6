"""Outcomes survive a crash, keep their order, and are named where they cannot be read."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttpa.errors import DataError
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import Instruction
from ttpa.runs.outcomes import Outcomes

MakeInstruction = Callable[..., Instruction]
LINE_MARKS = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\r\nh\ri"
"""Characters that some readers take for line ends, though JSON Lines does not."""


def discard(item_id: str, detail: str = "") -> Discard:
    return Discard(id=item_id, stage="construct", reason=DiscardReason.DUPLICATE, detail=detail)


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


def test_any_id_is_found_again(tmp_path: Path) -> None:
    ids = ["plain", 'quo"te', "back\\slash", "é", "\u2028", "", '{"id":"x"}']
    Outcomes(tmp_path / "x.jsonl", Discard).add([discard(item_id) for item_id in ids])
    again = Outcomes(tmp_path / "x.jsonl", Discard)
    assert [again.by_id[item_id].id for item_id in ids] == ids


def test_an_outcome_that_was_damaged_behind_its_id_is_named_when_it_is_read(tmp_path: Path) -> None:
    outcomes = Outcomes(tmp_path / "x.jsonl", Discard)
    outcomes.add([discard("a")])
    partial = tmp_path / "x.jsonl.partial"
    partial.write_bytes(partial.read_bytes().replace(b"duplicate", b"duplicata"))
    with pytest.raises(DataError, match=r"x\.jsonl\.partial, byte 0: reason"):
        Outcomes(tmp_path / "x.jsonl", Discard).in_order(["a"])
