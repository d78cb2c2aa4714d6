"""Cases in a file of one's own: a line of JSON -> its verdict."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from ttpa.dialects import DIALECTS
from ttpa.records.instructions import Acceptable
from ttpa.records.record import JsonObject, Record
from ttpa.records.scores import TurnScore
from ttpa.records.strict_json import InvalidJson, read_json
from ttpa.stages.score.explain import explain
from ttpa.stages.score.schemas import CompiledTools
from ttpa.stages.score.stage import ScoreConfig, score_turn

_VERDICT = (*TurnScore.model_fields, "explanation")
"""Keys of a scored case."""


class InvalidCase(ValueError):
    """The line is no case; the message says why."""


class _Case(BaseModel):
    model_config = ConfigDict(extra="allow")

    tools: list[JsonObject] = Field(min_length=1)
    reference_calls: list[JsonValue]
    candidate_calls: list[JsonValue] | None = None
    candidate_text: str | None = None
    dialect: str | None = None
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

    `acceptable` is optional; other keys are not read. Raises `InvalidCase` that names the key that is wrong, or that
    the verdict would overwrite.
    """
    if taken := next((key for key in _VERDICT if key in row), None):
        raise InvalidCase(f"it has {taken!r}, which the verdict would overwrite; give it another name")
    try:
        case = _Case.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidCase(f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}") from error
    if (case.candidate_calls is None) == (case.candidate_text is None):
        raise InvalidCase("either candidate_calls or candidate_text is due")
    known = ", ".join(sorted(DIALECTS))
    if case.candidate_text is not None and case.dialect is None:
        raise InvalidCase(f"candidate_text needs the dialect that it is written in, one of {known}")
    if case.dialect is not None and case.dialect not in DIALECTS:
        raise InvalidCase(f"dialect {case.dialect!r} is none of {known}")
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
    return {**row, **verdict.model_dump(mode="json"), "explanation": explain(verdict.errors)}


class KindCount(Record):
    """How often a kind of error came."""

    errors: int
    turns: int
    """Turns that hold it."""


class RefusedLine(Record):
    """A line that is no case."""

    line: int
    """Its number, from 1."""
    reason: str


class CaseSummary(Record):
    """What a file of cases comes to."""

    turns: int
    right: int
    mean_score: float
    errors: dict[str, KindCount]
    """By kind, the most frequent first."""
    refused: tuple[RefusedLine, ...]
    schema_problems: tuple[str, ...] = ()
    """Each tool's parameters that are no JSON Schema, and how they were read."""

    def lines(self) -> list[str]:
        """The summary for a terminal, after the lines that are refused."""
        lines = [f"line {each.line}: {each.reason}" for each in self.refused]
        lines.extend(self.schema_problems)
        share = 100 * self.right / self.turns
        lines.append(f"{self.turns} turns, {self.right} right ({share:.1f} %), mean score {self.mean_score:.3f}")
        if self.errors:
            lines.append(f"{'error':<18} {'errors':>8} {'turns':>8}")
        lines.extend(f"{kind:<18} {count.errors:>8} {count.turns:>8}" for kind, count in self.errors.items())
        return [*lines, *([f"{len(self.refused)} lines were refused"] if self.refused else [])]


def schema_problems_of(row: JsonObject) -> list[str]:
    """What is told of the schemas of a case's tools, each with its tool's name; the case was scored."""
    tools = CompiledTools(_Case.model_validate(row).tools)
    return [f"tool {name!r}: {problem}" for name in tools.names for problem in tools.tool(name).problems]


def summarise(
    verdicts: Sequence[TurnScore], refused: Sequence[RefusedLine], schema_problems: Sequence[str] = ()
) -> CaseSummary:
    """The share of right turns, the mean score, and each kind's errors and turns that hold it; some were scored."""
    errors = Counter(error.kind.value for verdict in verdicts for error in verdict.errors)
    turns = Counter(kind for verdict in verdicts for kind in {error.kind.value for error in verdict.errors})
    ranked = sorted(errors, key=lambda kind: (-errors[kind], kind))
    return CaseSummary(
        turns=len(verdicts),
        right=sum(not verdict.errors for verdict in verdicts),
        mean_score=fmean(verdict.score for verdict in verdicts),
        errors={kind: KindCount(errors=errors[kind], turns=turns[kind]) for kind in ranked},
        refused=tuple(refused),
        schema_problems=tuple(schema_problems),
    )
