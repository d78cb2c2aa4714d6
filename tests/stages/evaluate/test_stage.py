"""A policy is asked at held-out points: what it says is judged, whole or cut off."""

from ttpa.dialects import DIALECTS
from ttpa.models.scripted import ScriptedTokenModel
from ttpa.records.evaluations import CaseResult
from ttpa.records.instructions import DecisionPoint
from ttpa.records.messages import AssistantMessage, UserMessage
from ttpa.records.scores import ErrorKind
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.evaluate import EvaluateConfig, evaluate
from ttpa.stages.score import ScoreConfig

HERMES = DIALECTS["hermes"]
RING = ToolCall(name="ring", arguments={"who": "Ann"})
SAID = HERMES.write_turn(AssistantMessage(tool_calls=(RING,)))


def judged(said: str, *, due: tuple[ToolCall, ...], max_new_tokens: int) -> CaseResult:
    point = DecisionPoint(
        id="i#0",
        instruction_id="i",
        turn=0,
        split="test",
        history=(UserMessage(content="Ring Ann."),),
        tools=(ToolSpec(name="ring", parameters={"type": "object", "properties": {"who": {"type": "string"}}}),),
        reference=due,
        answer=None if due else "Done.",
    )
    config = EvaluateConfig(max_new_tokens=max_new_tokens)
    model = ScriptedTokenModel(lambda _: {said: 1.0})
    [case] = evaluate([point], model=model, dialect=HERMES, config=config, scoring=ScoreConfig())
    assert isinstance(case, CaseResult)
    return case


def test_a_right_call_that_ends_is_exact() -> None:
    case = judged(SAID, due=(RING,), max_new_tokens=len(SAID) + 1)
    assert (case.exact, case.tolerant, case.names_right, case.score) == (True, True, True, 1.0)


def test_right_calls_of_a_turn_that_does_not_end_are_malformed() -> None:
    case = judged(SAID + " and on" * 9, due=(RING,), max_new_tokens=len(SAID) + 20)
    assert (case.exact, case.tolerant, case.names_right, case.score) == (False, False, False, 0.0)
    assert [error.kind for error in case.errors] == [ErrorKind.MALFORMED]
    assert "cut off" in case.errors[0].detail


def test_where_no_call_is_due_a_text_may_be_longer_than_its_tokens() -> None:
    assert judged("It is done, " * 9, due=(), max_new_tokens=20).exact
