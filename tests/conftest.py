"""What several tests build: a file with tools in it, and a short instruction."""

# pyright: reportUnknownMemberType=false

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import settings

from ttpa.records.instructions import Instruction, Split, Step
from ttpa.records.messages import UserMessage
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec

# What an example takes by the clock says something of the machine's other work, and nothing of the code.
settings.register_profile("without a deadline", deadline=None)
settings.load_profile("without a deadline")

WriteTools = Callable[[str], str]
"""Writes a tool file with this source, dedented, and gives its path."""

MakeInstruction = Callable[..., Instruction]

WriteTinyPolicy = Callable[[Path, Sequence[Instruction], int], str]
"""Writes an untrained policy of some thousand parameters, with so many dimensions and a tokenizer for the dialogues."""


@pytest.fixture
def write_tools(tmp_path: Path) -> WriteTools:
    def write(source: str) -> str:
        path = tmp_path / "own_tools.py"
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture(scope="session")
def write_tiny_policy() -> WriteTinyPolicy:
    def write(path: Path, instructions: Sequence[Instruction], hidden_size: int) -> str:
        from ttpa.pretrain.family import FAMILIES
        from ttpa.pretrain.model import FormConfig, make_model
        from ttpa.pretrain.sessions import render
        from ttpa.pretrain.tokenizer import make_renderer, train_tokenizer

        family = FAMILIES["qwen3"]
        renderer = make_renderer(family)
        lasts = [instruction.decision_points()[-1] for instruction in instructions]
        texts = [render(renderer, [*last.history, last.reference_turn()], last.tools) for last in lasts]
        tokenizer = train_tokenizer(texts, 400, family)
        form = FormConfig(
            vocabulary=400,
            hidden_size=hidden_size,
            layers=2,
            heads=2,
            key_value_heads=1,
            head_size=hidden_size // 2,
            feed_forward=2 * hidden_size,
        )
        make_model(form, tokenizer, seed=3).save_pretrained(path)
        tokenizer.save_pretrained(path)
        return str(path)

    return write


@pytest.fixture(scope="session")
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
