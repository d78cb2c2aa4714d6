"""Cases in a file of one's own: a line of JSON -> its verdict."""

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from ttpa.dialects import DIALECTS
from ttpa.records.instructions import Acceptable
from ttpa.records.record import JsonObject
from ttpa.records.scores import TurnScore
from ttpa.records.strict_json import InvalidJson, read_json
from ttpa.stages.score.explain import explain
from ttpa.stages.score.stage import ScoreConfig, score_turn


class InvalidCase(ValueError):
    """The line is no case; the message says why."""


class _Case(BaseModel):
    model_config = ConfigDict(extra="allow")

    tools: list[JsonObject] = Field(min_length=1)
    reference_calls: list[JsonValue]
    candidate_calls: list[JsonValue] | None = None
    candidate_text: str | None = None
    dialect: str = "hermes"
    acceptable: list[Acceptable] | None = None


def read_case(line: str) -> JsonObject:
    """The line as a JSON object. Raises `InvalidCase` where it is none."""
    try:
        row = read_json(line)
    except InvalidJson as error:
        raise InvalidCase(f"no JSON: {error}") from error
    if not isinstance(row, dict):
        raise InvalidCase("a case is a JSON object")
    return row


def score_case(row: JsonObject, config: ScoreConfig) -> TurnScore:
    """The verdict on a case: `tools`, `reference_calls`, and `candidate_calls` or `candidate_text` with its `dialect`.

    `acceptable` is optional; other keys are not read. Raises `InvalidCase` that names the key that is wrong.
    """
    try:
        case = _Case.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidCase(f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from error
    if (case.candidate_calls is None) == (case.candidate_text is None):
        raise InvalidCase("either candidate_calls or candidate_text is due")
    if case.dialect not in DIALECTS:
        raise InvalidCase(f"dialect {case.dialect!r} is none of {', '.join(sorted(DIALECTS))}")
    try:
        return score_turn(
            case.candidate_text if case.candidate_calls is None else case.candidate_calls,
            case.reference_calls,
            case.tools,
            dialect=case.dialect,
            acceptable=case.acceptable,
            strings=config.strings,
            ordered=config.ordered,
            weights=config.weights,
        )
    except ValueError as error:
        raise InvalidCase(str(error)) from error


def scored_row(row: JsonObject, verdict: TurnScore) -> JsonObject:
    """The case with `score`, `parts`, `errors` and an `explanation` in one line."""
    found = verdict.model_dump(mode="json")
    return {**row, **found, "explanation": explain(verdict.errors)}


def summary_table(verdicts: list[TurnScore]) -> list[str]:
    """Lines of a table: the share of right turns, the mean score, and each kind's errors and turns that hold it."""
    count = len(verdicts)
    if not count:
        return ["no case was scored"]
    right = sum(not verdict.errors for verdict in verdicts)
    mean = sum(verdict.score for verdict in verdicts) / count
    errors: dict[str, int] = {}
    turns: dict[str, int] = {}
    for verdict in verdicts:
        for error in verdict.errors:
            errors[error.kind.value] = errors.get(error.kind.value, 0) + 1
        for kind in {error.kind.value for error in verdict.errors}:
            turns[kind] = turns.get(kind, 0) + 1
    lines = [f"{count} turns, {right} right ({100 * right / count:.1f} %), mean score {mean:.3f}"]
    if errors:
        lines.append(f"{'error':<18} {'errors':>8} {'turns':>8}")
    ranked = sorted(errors, key=lambda kind: (-errors[kind], kind))
    return lines + [f"{kind:<18} {errors[kind]:>8} {turns[kind]:>8}" for kind in ranked]
