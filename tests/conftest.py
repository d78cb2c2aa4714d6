"""What several tests build: a file with tools in it, and a short instruction."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from ttpa.records.instructions import Instruction, Split, Step
from ttpa.records.messages import UserMessage
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec

WriteTools = Callable[[str], str]
"""Writes a tool file with this source, dedented, and gives its path."""

MakeInstruction = Callable[..., Instruction]


@pytest.fixture
def write_tools(tmp_path: Path) -> WriteTools:
    def write(source: str) -> str:
        path = tmp_path / "own_tools.py"
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def make_instruction() -> MakeInstruction:
    """An instruction that asks `question` and calls `tool` once with `city`."""

    def make(
        instruction_id: str = "i", question: str = "Rain in Oslo?", city: str = "Oslo", split: Split = "train"
    ) -> Instruction:
        tool = ToolSpec(name="get_weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})
        call = ToolCall(name="get_weather", arguments={"city": city})
        return Instruction(
            id=instruction_id,
            source="construct",
            split=split,
            tools=(tool,),
            context=(UserMessage(content=question),),
            steps=(Step(calls=(call,), results=(ToolResult(content='"dry"', ok=True),)),),
            answer="It stays dry.",
        )

    return make
