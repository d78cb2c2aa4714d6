"""The verdict on a whole turn: calls matched, errors gathered, five parts averaged."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated

from pydantic import Field

from ttpa.dialects.json_call import child_path
from ttpa.records.record import JsonValue, Record
from ttpa.records.scores import CallError, ErrorKind, ScoreParts, TurnScore
from ttpa.stages.score.detect import CallVerdict, Parts, detect, prepare
from ttpa.stages.score.match import match
from ttpa.stages.score.nodes import Path
from ttpa.stages.score.schemas import CompiledTools
from ttpa.stages.score.turns import Call, UnreadableCall, read_calls
from ttpa.stages.score.values import Finding, Strings

DIGITS = 12
"""Scores are rounded to this many digits, so that the order of calls changes none of them."""

_BELOW_ONE = 1.0 - 10.0**-DIGITS
"""The most that a turn with an error can score."""


Weight = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


class Weights(Record):
    """What each part counts [authors' weights]; all positive, so that no error goes unpunished."""

    name: Weight = 3.0
    required: Weight = 3.0
    argument_names: Weight = 1.0
    types: Weight = 2.0
    values: Weight = 2.0


_NONE_RIGHT = ScoreParts(name=0.0, required=0.0, argument_names=0.0, types=0.0, values=0.0)
_RIGHT_TURN = TurnScore(
    score=1.0, parts=ScoreParts(name=1.0, required=1.0, argument_names=1.0, types=1.0, values=1.0), errors=()
)


def _scaled(weights: Weights) -> Parts:
    total = weights.name + weights.required + weights.argument_names + weights.types + weights.values
    return Parts(
        weights.name / total,
        weights.required / total,
        weights.argument_names / total,
        weights.types / total,
        weights.values / total,
    )


_DEFAULT_WEIGHTS = _scaled(Weights())


class TurnScorer:
    """Scores candidate turns against one reference turn.

    Raises `UnreadableCall` for a reference that is not made of calls, and `ValueError` for an unknown `strings` and
    `acceptable` of another length or form.
    """

    def __init__(
        self,
        reference: Sequence[object],
        tools: CompiledTools,
        *,
        acceptable: Sequence[Mapping[str, Mapping[str, Sequence[JsonValue]]]] | None = None,
        strings: Strings = "exact",
        ordered: bool = False,
        weights: Weights | None = None,
    ) -> None:
        if strings not in ("exact", "folded"):
            raise ValueError(f"strings is {strings!r}, it can be 'exact' or 'folded'")
        try:
            calls = read_calls(reference)
        except UnreadableCall as error:
            raise UnreadableCall(f"reference: {error}") from error
        if acceptable is not None and len(acceptable) != len(calls):
            raise ValueError(f"acceptable has {len(acceptable)} entries for {len(calls)} reference calls")
        self._reference = [
            prepare(
                call,
                tools.tool(call.name),
                offered=tools,
                acceptable=_acceptable_for(call.name, acceptable[index], index) if acceptable else {},
                strings=strings,
            )
            for index, call in enumerate(calls)
        ]
        self._ordered = ordered
        self._weights = _DEFAULT_WEIGHTS if weights is None else _scaled(weights)

    def score_calls(self, candidate: object) -> TurnScore:
        """The verdict on a candidate's calls, whatever they are: what is no call makes the turn malformed."""
        try:
            calls = read_calls(candidate)
        except UnreadableCall as error:
            return malformed(str(error))
        reference = self._reference
        if len(calls) == 1 and len(reference) == 1:
            verdict = detect(reference[0], calls[0])
            if not verdict.findings:
                return _RIGHT_TURN
            return self._single(verdict)
        if not reference:
            return _unneeded(calls)
        if not calls:
            expected: list[JsonValue] = [each.call.name for each in reference]
            error = CallError(kind=ErrorKind.NO_CALL, expected=expected)
            return TurnScore(score=0.0, parts=_NONE_RIGHT, errors=(error,))
        return self._several(calls)

    def _several(self, calls: Sequence[Call]) -> TurnScore:
        reference = self._reference
        if len(calls) == len(reference) and all(
            not detect(each, call).findings for each, call in zip(reference, calls, strict=True)
        ):
            return _RIGHT_TURN
        verdicts = [[detect(each, call) for call in calls] for each in reference]
        scores = [[self._mean(verdict.parts) for verdict in row] for row in verdicts]
        assignment = match(scores, ordered=self._ordered)
        matched = [(column, verdicts[row][column]) for row, column in enumerate(assignment) if column is not None]
        unmatched = [
            CallError(kind=ErrorKind.MISSING_CALL, call=row, expected=_shown(reference[row].call))
            for row, column in enumerate(assignment)
            if column is None
        ]
        taken = set(assignment)
        unmatched.extend(
            CallError(kind=ErrorKind.EXTRA_CALL, call=column, got=_shown(call))
            for column, call in enumerate(calls)
            if column not in taken
        )
        return self._turn(matched, unmatched, max(len(calls), len(reference)))

    def _turn(
        self, matched: Sequence[tuple[int, CallVerdict]], unmatched: Sequence[CallError], count: int
    ) -> TurnScore:
        errors = [_as_error(finding, call) for call, verdict in matched for finding in verdict.findings]
        errors.extend(unmatched)
        if not errors:
            return _RIGHT_TURN
        columns = zip(*(verdict.parts for _, verdict in matched), strict=True)
        parts = Parts(*(round(math.fsum(column) / count, DIGITS) for column in columns))
        total = math.fsum(self._mean(verdict.parts) for _, verdict in matched)
        score = min(round(total / count, DIGITS), _BELOW_ONE)
        return TurnScore(score=score, parts=_as_record(parts), errors=tuple(errors))

    def _single(self, verdict: CallVerdict) -> TurnScore:
        """The turn of one call that answers one."""
        score = min(round(self._mean(verdict.parts), DIGITS), _BELOW_ONE)
        errors = tuple([_as_error(finding, 0) for finding in verdict.findings])
        return TurnScore(score=score, parts=_as_record(verdict.parts), errors=errors)

    def _mean(self, parts: Parts) -> float:
        name, required, argument_names, types, values = self._weights
        return (
            name * parts.name
            + required * parts.required
            + argument_names * parts.argument_names
            + types * parts.types
            + values * parts.values
        )


@lru_cache(maxsize=4096)
def _as_record(parts: Parts) -> ScoreParts:
    return ScoreParts(
        name=parts.name,
        required=parts.required,
        argument_names=parts.argument_names,
        types=parts.types,
        values=parts.values,
    )


def malformed(problem: str) -> TurnScore:
    """The verdict on a turn that cannot be read; `problem` says why, for people."""
    return TurnScore(score=0.0, parts=_NONE_RIGHT, errors=(CallError(kind=ErrorKind.MALFORMED, detail=problem[:500]),))


def _unneeded(calls: Sequence[Call]) -> TurnScore:
    if not calls:
        return _RIGHT_TURN
    errors = tuple(
        CallError(kind=ErrorKind.UNNEEDED_CALL, call=index, got=_shown(call)) for index, call in enumerate(calls)
    )
    return TurnScore(score=0.0, parts=_NONE_RIGHT, errors=errors)


def _as_error(finding: Finding, call: int) -> CallError:
    kind, path, expected, got, detail = finding
    place = None if path is None else path_text(path)
    return CallError(kind=kind, call=call, path=place, expected=expected, got=got, detail=detail)


@lru_cache(maxsize=4096)
def path_text(path: Path) -> str:
    """The JSON path below a call's arguments, as in `$.guests[0].name`."""
    text = "$"
    for key in path:
        text = child_path(text, key)
    return text


def _shown(call: Call) -> JsonValue:
    return {"name": call.name, "arguments": call.arguments}


def _acceptable_for(
    name: str, entry: Mapping[str, Mapping[str, Sequence[JsonValue]]], index: int
) -> dict[str, list[JsonValue]]:
    """The acceptable values of one reference call, by argument."""
    if set(entry) != {name}:
        raise ValueError(f"acceptable[{index}] is for {sorted(entry)!r}, the reference calls {name!r}")
    wrong = [argument for argument, values in entry[name].items() if not isinstance(values, list | tuple)]
    if wrong:
        raise ValueError(f"acceptable[{index}]: the values of {wrong[0]!r} are not a list")
    return {argument: list(values) for argument, values in entry[name].items()}
