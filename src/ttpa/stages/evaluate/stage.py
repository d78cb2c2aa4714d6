"""Evaluate: a policy -> what it does at held-out decision points (METHOD: evaluation (a))."""

from collections.abc import Sequence

from pydantic import Field

from ttpa.dialects.base import Dialect
from ttpa.models.base import TokenModel
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.evaluations import CaseResult
from ttpa.records.instructions import DecisionPoint
from ttpa.records.record import Record
from ttpa.records.scores import TurnScore
from ttpa.records.tools import ToolCall
from ttpa.stages.score import ScoreConfig, Strings, score_turn


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
    """The policy's greedy turn at each point and its score, in order; a discard where the prompt does not fit."""
    prompts = [model.tokenizer.prompt_ids(point.history, point.tools) for point in points]
    fitting = [i for i, prompt in enumerate(prompts) if len(prompt) + config.max_new_tokens <= model.max_length]
    completions = model.complete([prompts[i] for i in fitting], max_new_tokens=config.max_new_tokens)
    said = dict(zip(fitting, completions, strict=True))
    outcomes: list[CaseResult | Discard] = []
    for index, point in enumerate(points):
        completion = said.get(index)
        if completion is None:
            detail = f"{len(prompts[index])} prompt tokens and {config.max_new_tokens} new ones; {model.max_length} fit"
            outcomes.append(
                Discard(id=point.id, stage="evaluate", reason=DiscardReason.CONTEXT_OVERFLOW, detail=detail)
            )
            continue
        spoken = completion.token_ids[:-1] if completion.finished else completion.token_ids
        outcomes.append(_judge(point, "".join(model.tokenizer.pieces(spoken)), dialect, scoring))
    return outcomes


def _judge(point: DecisionPoint, text: str, dialect: Dialect, scoring: ScoreConfig) -> CaseResult:
    def score(strings: Strings) -> TurnScore:
        return score_turn(
            text,
            point.reference,
            point.tools,
            dialect=dialect,
            acceptable=point.acceptable,
            strings=strings,
            ordered=scoring.ordered,
            weights=scoring.weights,
        )

    verdict = score(scoring.strings)
    return CaseResult(
        id=point.id,
        split=point.split,
        call_is_due=bool(point.reference),
        text=text,
        exact=not verdict.errors,
        tolerant=not score("folded").errors,
        names_right=_names(dialect.read_turn(text).calls) == _names(point.reference),
        score=verdict.score,
        parts=verdict.parts,
        errors=verdict.errors,
    )


def _names(calls: Sequence[ToolCall] | None) -> list[str] | None:
    return None if calls is None else sorted(call.name for call in calls)
