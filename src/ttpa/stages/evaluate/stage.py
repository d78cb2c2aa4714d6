"""Evaluate: a policy -> what it does at held-out decision points (METHOD: evaluation (a))."""

from collections.abc import Sequence

from pydantic import Field

from ttpa.dialects.base import Dialect
from ttpa.errors import DialogueRefused
from ttpa.models.base import TokenModel
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.evaluations import CaseResult
from ttpa.records.instructions import DecisionPoint
from ttpa.records.record import Record
from ttpa.records.scores import TurnScore
from ttpa.records.tools import ToolCall
from ttpa.stages.evaluate.questions import hash_question
from ttpa.stages.score import CompiledTools, ScoreConfig, Strings, TurnScorer, read_turn, score_text


class EvaluateConfig(Record):
    """Which decision points are held out, and how they are answered."""

    points: int = Field(default=500, ge=1)
    """Decision points of each held-out split at most."""
    max_new_tokens: int = Field(default=160, ge=1)
    batch: int = Field(default=64, ge=1)
    """Decision points that are handed to the model together."""
    resamples: int = Field(default=2000, ge=1)
    """Bootstrap resamples of an interval."""


def evaluate(
    points: Sequence[DecisionPoint],
    *,
    model: TokenModel,
    dialect: Dialect,
    config: EvaluateConfig,
    scoring: ScoreConfig,
) -> list[CaseResult | Discard]:
    """The policy's greedy turn at each point and its score, in order; a discard where it cannot be asked."""
    prompts: dict[int, tuple[int, ...]] = {}
    outcomes: list[CaseResult | Discard | None] = [None] * len(points)
    for index, point in enumerate(points):
        read = _read(point, model, config.max_new_tokens)
        if isinstance(read, Discard):
            outcomes[index] = read
        else:
            prompts[index] = read
    completions = model.complete(list(prompts.values()), max_new_tokens=config.max_new_tokens)
    for index, completion in zip(prompts, completions, strict=True):
        spoken = completion.token_ids[:-1] if completion.finished else completion.token_ids
        text = model.tokenizer.text(spoken)
        outcomes[index] = _judge(points[index], text, dialect, scoring, ended=completion.finished)
    return [outcome for outcome in outcomes if outcome is not None]


def _read(point: DecisionPoint, model: TokenModel, new_tokens: int) -> tuple[int, ...] | Discard:
    """The prompt's tokens, or a discard where the template refuses the dialogue or the turn would not fit after it."""
    try:
        prompt = model.tokenizer.prompt_ids(point.history, point.tools)
    except DialogueRefused as error:
        return Discard(id=point.id, stage="evaluate", reason=DiscardReason.REFUSED_BY_TEMPLATE, detail=str(error))
    if len(prompt) + new_tokens > model.max_length:
        detail = f"{len(prompt)} prompt tokens and {new_tokens} new ones; {model.max_length} fit"
        return Discard(id=point.id, stage="evaluate", reason=DiscardReason.CONTEXT_OVERFLOW, detail=detail)
    return prompt


def _judge(point: DecisionPoint, text: str, dialect: Dialect, scoring: ScoreConfig, *, ended: bool) -> CaseResult:
    turn = read_turn(dialect, text, ended=ended, call_is_due=bool(point.reference))
    tools = CompiledTools(point.tools)

    def score(strings: Strings) -> TurnScore:
        scorer = TurnScorer(
            point.reference,
            tools,
            acceptable=point.acceptable,
            strings=strings,
            ordered=scoring.ordered,
            weights=scoring.weights,
        )
        return score_text(scorer, turn)

    verdict = score(scoring.strings)
    return CaseResult(
        id=point.id,
        question_hash=hash_question(point.history, point.tools),
        split=point.split,
        call_is_due=bool(point.reference),
        text=text,
        exact=not verdict.errors,
        tolerant=not score("folded").errors,
        names_right=_names(turn.calls) == _names(point.reference),
        score=verdict.score,
        parts=verdict.parts,
        errors=verdict.errors,
    )


def _names(calls: Sequence[ToolCall] | None) -> list[str] | None:
    return None if calls is None else sorted(call.name for call in calls)
