"""An instruction as a chat: what was asked, called, given back and answered."""

from typing import Literal, NamedTuple

from ttpa.records.instructions import Instruction, Step
from ttpa.records.messages import AssistantMessage, Message
from ttpa.stages.report.wording import call_text, clipped, counted, words
from ttpa.visible_text import visible

_MAX_CHARACTERS = 1500

Speaker = Literal["system", "user", "assistant", "call", "result", "failure"]


class Bubble(NamedTuple):
    """One utterance."""

    speaker: Speaker
    text: str


class Dialogue(NamedTuple):
    """One instruction."""

    name: str
    """What was asked last."""
    facts: str
    situation: str
    constraints: tuple[str, ...]
    tools: tuple[tuple[str, str], ...]
    """Name and description of each tool on offer."""
    bubbles: tuple[Bubble, ...]


def dialogue(instruction: Instruction) -> Dialogue:
    """The whole instruction; long texts are cut with a note of how much."""
    scenario = instruction.scenario
    bubbles = [bubble for message in instruction.context for bubble in _message(message)]
    bubbles += [bubble for step in instruction.steps for bubble in _step(step)]
    if instruction.answer is not None:
        bubbles.append(Bubble("assistant", _text(instruction.answer)))
    calls = sum(len(step.calls) for step in instruction.steps)
    kind, split = words(instruction.kind), words(instruction.split)
    facts = [instruction.id, kind, split, counted(calls, "call"), f"from {instruction.source}"]
    return Dialogue(
        name=clipped(instruction.question, 300) or visible(instruction.id),
        facts=visible(" · ".join(facts)),
        situation=_text(scenario.situation) if scenario else "",
        constraints=tuple(_text(constraint) for constraint in scenario.constraints) if scenario else (),
        tools=tuple((visible(tool.name), clipped(tool.description, 300)) for tool in instruction.tools),
        bubbles=tuple(bubbles),
    )


def _message(message: Message) -> list[Bubble]:
    if not isinstance(message, AssistantMessage):
        return [Bubble("result" if message.role == "tool" else message.role, _text(message.content))]
    said = [Bubble("assistant", _text(message.content))] if message.content else []
    return said + [Bubble("call", call_text(call)) for call in message.tool_calls]


def _step(step: Step) -> list[Bubble]:
    calls = [Bubble("call", call_text(call)) for call in step.calls]
    return calls + [Bubble("result" if result.ok else "failure", _text(result.content)) for result in step.results]


def _text(text: str) -> str:
    return clipped(text, _MAX_CHARACTERS)
