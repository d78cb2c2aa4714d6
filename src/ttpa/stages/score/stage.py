"""Stage 3, score: reads a candidate tree and its decision point, writes a scored turn (METHOD 3)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, Protocol

from ttpa.dialects import DIALECTS
from ttpa.dialects.base import TurnText
from ttpa.records.candidates import CandidateTree
from ttpa.records.instructions import DecisionPoint
from ttpa.records.record import JsonValue, Record
from ttpa.records.scores import ScoredCandidate, ScoredTurn, TurnScore
from ttpa.records.tools import ToolCall
from ttpa.stages.score.authors_compat import authors_turn_score
from ttpa.stages.score.schemas import CompiledTools, Tool
from ttpa.stages.score.scorer import TurnScorer, Weights, malformed
from ttpa.stages.score.turns import UnreadableCall
from ttpa.stages.score.values import Strings


class TurnReader(Protocol):
    """The part of a dialect that scoring needs."""

    def read_turn(self, text: str) -> TurnText:
        """What `text` says; never raises."""
        ...


class ScoreConfig(Record):
    """How candidates are scored."""

    formula: Literal["errors", "binary", "authors"] = "errors"
    """What a candidate of a tree is worth: by its errors; 1 without an error, else 0; or by the released formula,
    faults included. What its errors are is told the same with each, and what is evaluated is scored by errors."""
    weights: Weights = Weights()
    strings: Strings = "exact"
    """`folded`: case, spaces, the marks `, . / - _ * ^` and the kind of quote do not count, as in BFCL's checker."""
    ordered: bool = False
    """Whether the calls of one turn must come in the reference's order."""


def score(
    tree: CandidateTree,
    point: DecisionPoint,
    config: ScoreConfig,
    *,
    dialect: TurnReader,
    tools: CompiledTools | None = None,
) -> ScoredTurn:
    """All candidates of `tree` with their errors and scores; `tools` are the point's, where they are compiled already.

    Raises `ValueError` when `tree` is not of `point`.
    """
    if tree.id != point.id:
        raise ValueError(f"tree {tree.id!r} is not of decision point {point.id!r}")
    scorer = TurnScorer(
        point.reference,
        tools or CompiledTools(point.tools),
        acceptable=point.acceptable,
        strings=config.strings,
        ordered=config.ordered,
        weights=config.weights,
    )
    candidates: list[ScoredCandidate] = []
    for index, leaf in enumerate(tree.leaves):
        turn = read_turn(dialect, leaf.text, ended=leaf.finished, call_is_due=bool(point.reference))
        verdict = score_text(scorer, turn)
        worth = verdict.score
        if config.formula == "binary":
            worth = 0.0 if verdict.errors else 1.0
        elif config.formula == "authors":
            worth = authors_turn_score(turn.calls, point.reference, point.tools)
        candidates.append(
            ScoredCandidate(leaf=index, calls=turn.calls, score=worth, parts=verdict.parts, errors=verdict.errors)
        )
    return ScoredTurn(
        id=tree.id,
        tree_id=tree.id,
        instruction_id=tree.instruction_id,
        turn=tree.turn,
        reference=point.reference,
        candidates=tuple(candidates),
    )


def read_turn(dialect: TurnReader, text: str, *, ended: bool, call_is_due: bool) -> TurnText:
    """What a policy's turn says.

    One that was cut off is malformed where a call is due, however right the calls are that it holds: a turn that does
    not end is never run. Where none is due, a text may be longer than the tokens it was given.
    """
    turn = dialect.read_turn(text)
    if ended or not call_is_due or turn.calls is None:
        return turn
    return replace(turn, calls=None, problem="the turn was cut off before its end")


def score_text(scorer: TurnScorer, turn: TurnText) -> TurnScore:
    """The verdict on a turn's text as its dialect reads it."""
    return malformed(turn.problem or "") if turn.calls is None else scorer.score_calls(turn.calls)


def fits_schemas(calls: Sequence[ToolCall], tools: CompiledTools) -> bool:
    """Whether every call is of a tool on offer and its arguments keep to that tool's schema."""
    try:
        scorer = TurnScorer(calls, tools)
    except UnreadableCall:
        return False
    return not scorer.score_calls(calls).errors  # against itself, only the schema can object


def score_turn(
    candidate: str | Sequence[object] | None,
    reference: Sequence[object],
    tools: CompiledTools | Iterable[Tool],
    *,
    dialect: TurnReader | str | None = None,
    acceptable: Sequence[Mapping[str, Mapping[str, Sequence[JsonValue]]]] | None = None,
    strings: Strings = "exact",
    ordered: bool = False,
    weights: Weights | None = None,
) -> TurnScore:
    """The verdict on one candidate turn: score in [0, 1], its five parts, and every error.

    `candidate` and `reference` are calls (`ToolCall`, `{"name", "arguments"}`, or OpenAI's tool calls); a candidate may
    also be text, then `dialect` (an object or a name) reads it. An empty reference means that no call is due. `tools`
    may be compiled once (`CompiledTools`) and used for many turns. `acceptable` holds `{tool: {argument: [values]}}`
    for each reference call; `""` among the values means that the argument may be omitted.

    Raises `ValueError` for what the caller got wrong (a tool without a name, an unknown option) and `TypeError` for
    text without a dialect; never for anything that the candidate holds.
    """
    compiled = tools if isinstance(tools, CompiledTools) else CompiledTools(tools)
    scorer = TurnScorer(reference, compiled, acceptable=acceptable, strings=strings, ordered=ordered, weights=weights)
    if isinstance(candidate, str):
        return score_text(scorer, _reader(dialect).read_turn(candidate))
    return scorer.score_calls(candidate)


def _reader(dialect: TurnReader | str | None) -> TurnReader:
    if dialect is None:
        raise TypeError(
            f"the candidate is text: pass dialect=, one of {sorted(DIALECTS)!r} or an object with read_turn"
        )
    if not isinstance(dialect, str):
        return dialect
    if dialect not in DIALECTS:
        raise ValueError(f"dialect {dialect!r} is none of {sorted(DIALECTS)!r}")
    return DIALECTS[dialect]
