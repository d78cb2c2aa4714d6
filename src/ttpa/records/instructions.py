"""Instructions: a question with the calls that solve it, gold by construction or by the user's word."""

from typing import Literal

from pydantic import JsonValue, model_validator

from ttpa.records.messages import AssistantMessage, Message, ToolMessage, UserMessage
from ttpa.records.record import Record
from ttpa.records.tools import ToolCall, ToolResult, ToolSpec

Split = Literal["train", "test", "test_unseen"]
"""`train`; `test`: new instructions over known tools; `test_unseen`: tools that no training instruction offers."""

InstructionKind = Literal["calls", "no_tool_fits", "missing_value"]
"""What the right conduct is: call tools; say that none fits; ask for a value that is missing."""

Acceptable = dict[str, dict[str, list[JsonValue]]]
"""For one reference call, `{tool: {argument: [values]}}`; `""` in a list: it may be omitted (as BFCL has it)."""


class Scenario(Record):
    """A realistic situation, written before any question (METHOD: step 1 of reversed construction)."""

    situation: str
    constraints: tuple[str, ...]
    """Facts that fix the values: time, place, people, data."""
    tools: tuple[str, ...]
    """Names of the tools it will use."""


class Step(Record):
    """One assistant turn with its calls (several when they do not depend on each other) and their results."""

    content: str = ""
    """What the turn says beside its calls."""
    calls: tuple[ToolCall, ...]
    results: tuple[ToolResult, ...] = ()
    """One a call, or empty where the data holds none (then nothing follows this step)."""
    acceptable: tuple[Acceptable, ...] | None = None
    """One a call, where more than one value is right."""

    def messages(self) -> list[Message]:
        """The turn and its results as dialogue messages."""
        turn = AssistantMessage(content=self.content, tool_calls=self.calls)
        return [turn, *(ToolMessage(content=r.content) for r in self.results)]


class DecisionPoint(Record):
    """One assistant turn to be decided: what was said, what is offered, and the reference."""

    id: str
    instruction_id: str
    turn: int
    """Index of the turn within its instruction, from 0."""
    split: Split
    history: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]
    reference: tuple[ToolCall, ...]
    """The right calls; empty where no call is due."""
    answer: str | None = None
    """The reference text: all of the turn where no call is due, else what stands beside its calls."""
    acceptable: tuple[Acceptable, ...] | None = None

    def reference_turn(self) -> AssistantMessage:
        """The reference as an assistant message."""
        return AssistantMessage(content=self.answer or "", tool_calls=self.reference)


class Instruction(Record):
    """A request, the steps that solve it, the answer, and the tools on offer."""

    id: str
    source: str
    """Where it comes from: `construct`, or the imported file's name."""
    kind: InstructionKind = "calls"
    split: Split
    tools: tuple[ToolSpec, ...]
    scenario: Scenario | None = None
    context: tuple[Message, ...]
    """The messages before the first step; a constructed instruction has its question alone here."""
    steps: tuple[Step, ...]
    answer: str | None = None

    @model_validator(mode="after")
    def _steps_are_whole(self) -> "Instruction":
        for index, step in enumerate(self.steps):
            if not step.calls:
                raise ValueError(f"step {index} has no call")
            if step.results and len(step.results) != len(step.calls):
                raise ValueError(f"step {index} has {len(step.calls)} calls but {len(step.results)} results")
            if not step.results and (index < len(self.steps) - 1 or self.answer is not None):
                raise ValueError(f"step {index} has no results, yet the dialogue goes on")
            if step.acceptable is not None and len(step.acceptable) != len(step.calls):
                raise ValueError(
                    f"step {index} has {len(step.calls)} calls but {len(step.acceptable)} acceptable entries"
                )
        if not self.context:
            raise ValueError("no message before the first step")
        if not self.steps and self.answer is None:
            raise ValueError("neither a step nor an answer")
        return self

    @property
    def question(self) -> str:
        """The user's last message before the first step."""
        return next((m.content for m in reversed(self.context) if isinstance(m, UserMessage)), "")

    def decision_points(self) -> list[DecisionPoint]:
        """Every assistant turn: one a step, then the answer, where no call is due."""
        points: list[DecisionPoint] = []
        history = list(self.context)
        for step in self.steps:
            points.append(self._point(len(points), history, step.calls, step.content or None, step.acceptable))
            history.extend(step.messages())
        if self.answer is not None:
            points.append(self._point(len(points), history, (), self.answer, None))
        return points

    def _point(
        self,
        turn: int,
        history: list[Message],
        reference: tuple[ToolCall, ...],
        answer: str | None,
        acceptable: tuple[Acceptable, ...] | None,
    ) -> DecisionPoint:
        return DecisionPoint(
            id=f"{self.id}#{turn}",
            instruction_id=self.id,
            turn=turn,
            split=self.split,
            history=tuple(history),
            tools=self.tools,
            reference=reference,
            answer=answer,
            acceptable=acceptable,
        )
