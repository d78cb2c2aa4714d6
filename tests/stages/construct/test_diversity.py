"""Facts about a set of instructions."""

from collections.abc import Callable

from ttpa.records.instructions import Instruction
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.stages.construct import describe

MakeInstruction = Callable[..., Instruction]


def test_instructions_are_described_by_their_calls(make_instruction: MakeInstruction) -> None:
    oslo, rome = make_instruction("a"), make_instruction("b", "Rain in Rome?", "Rome")
    ungrounded = make_instruction("c", "Rain there?", "Bern")
    silent = make_instruction("d").model_copy(update={"steps": ()})
    told = describe([oslo, make_instruction("e"), rome, ungrounded, silent])
    facts = told.facts()
    assert facts["without calls, of all"] == "20.0 % (1 calls)"
    assert facts["grounded"] == "75.0 %"
    assert facts["several steps"] == "0.0 %"
    assert facts["calls"] == "1: 4"
    assert facts["distinct sequences of calls"] == "75.0 %"
    assert (facts["tools used"], facts["evenness over tools"]) == ("1", "1.00")
    assert facts["questions that name a tool"] == "0"
    assert facts["near-duplicates"] == "1"  # the second of Oslo
    assert facts["overlap with benchmark files"] == "no file named"
    assert "1 tools, 3 distinct sequences of calls" in told.line()


def test_a_value_that_only_an_earlier_result_gives_makes_a_chain(make_instruction: MakeInstruction) -> None:
    one = make_instruction("a")
    [first] = one.steps
    told = first.model_copy(update={"results": (ToolResult(content='{"near": "Drammen"}', ok=True),)})
    second = first.model_copy(update={"calls": (ToolCall(name="get_weather", arguments={"city": "Drammen"}),)})
    chained = one.model_copy(update={"steps": (told, second)})
    assert (describe([chained]).chained, describe([one]).chained) == (1, 0)
    assert describe([chained]).grounded == 1


def test_nothing_is_described_as_nothing() -> None:
    assert describe([]).facts()["grounded"] == "none"
