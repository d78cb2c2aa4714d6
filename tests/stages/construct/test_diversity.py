"""Facts about a set of instructions."""

from collections.abc import Callable

from ttpa.records.instructions import Instruction
from ttpa.stages.construct import describe

MakeInstruction = Callable[..., Instruction]


def test_instructions_are_described_by_their_calls(make_instruction: MakeInstruction) -> None:
    oslo, rome = make_instruction("a"), make_instruction("b", "Rain in Rome?", "Rome")
    ungrounded = make_instruction("c", "Rain there?", "Bern")
    silent = make_instruction("d").model_copy(update={"steps": ()})
    facts = describe([oslo, make_instruction("e"), rome, ungrounded, silent])
    assert facts["without calls, of all"] == "20.0 %"
    assert facts["grounded"] == "75.0 %"
    assert facts["several steps"] == "0.0 %"
    assert facts["calls"] == "1: 4"
    assert facts["distinct sequences of calls"] == "75.0 %"
    assert (facts["tools used"], facts["evenness over tools"]) == ("1", "1.00")
    assert facts["questions that name a tool"] == "0"


def test_nothing_is_described_as_nothing() -> None:
    assert describe([])["grounded"] == "none"
