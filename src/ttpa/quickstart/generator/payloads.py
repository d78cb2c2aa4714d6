"""What the generator is asked: the JSON payloads of the user messages, validated once."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ttpa.errors import ModelError
from ttpa.records.instructions import Scenario, Step
from ttpa.records.tools import ToolSpec


class _Payload(BaseModel):
    """Keys that the offline generator has no use for are let through: the prompts are written for LLMs."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ScenarioRequest(_Payload):
    """Asks for a scenario over some of the tools."""

    task: Literal["scenario"]
    tools: tuple[ToolSpec, ...] = Field(min_length=1)
    calls_wanted: tuple[int, int]


class CallsRequest(_Payload):
    """Asks for the calls of the next turn."""

    task: Literal["calls"]
    scenario: Scenario
    memory: tuple[Step, ...]
    calls_wanted: tuple[int, int]


class AnswerRequest(_Payload):
    """Asks for the answer that the results give."""

    task: Literal["answer"]
    scenario: Scenario
    memory: tuple[Step, ...] = Field(min_length=1)


class QuestionRequest(_Payload):
    """Asks for the question that the calls solve."""

    task: Literal["question"]
    scenario: Scenario
    memory: tuple[Step, ...] = Field(min_length=1)
    missing: tuple[str, ...] = ()


class NoCallRequest(_Payload):
    """Asks for a question that no call can solve: `wanted` is not offered, or a value it needs is withheld."""

    task: Literal["no_call"]
    reason: Literal["no_tool_fits", "missing_value"]
    wanted: ToolSpec
    withheld: str | None = None


Request = ScenarioRequest | CallsRequest | AnswerRequest | QuestionRequest | NoCallRequest

_ADAPTER: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="task")])


def read_request(text: str) -> Request:
    """The request that `text` spells. Raises `ModelError` for anything else."""
    try:
        return _ADAPTER.validate_json(text)
    except ValidationError as error:
        raise ModelError(f"the offline generator cannot read its prompt: {error}") from error
