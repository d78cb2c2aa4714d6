"""What is wrong with a candidate turn, and what that makes it worth."""

from enum import StrEnum

from pydantic import JsonValue

from ttpa.records.record import Record
from ttpa.records.tools import ToolCall


class ErrorKind(StrEnum):
    """The closed set of errors a candidate turn can hold."""

    MALFORMED = "malformed"
    """The text cannot be read as calls or as plain text of its dialect."""
    NO_CALL = "no_call"
    """A call was due, the turn makes none."""
    UNNEEDED_CALL = "unneeded_call"
    """No call was due, the turn makes one."""
    MISSING_CALL = "missing_call"
    """A reference call that no candidate call answers."""
    EXTRA_CALL = "extra_call"
    """A candidate call that answers no reference call."""
    UNKNOWN_TOOL = "unknown_tool"
    """The called tool is not offered."""
    WRONG_TOOL = "wrong_tool"
    """The called tool is offered but another one was due."""
    MISSING_REQUIRED = "missing_required"
    """An argument that the schema requires is not given."""
    MISSING_OPTIONAL = "missing_optional"
    """An optional argument of the reference is not given, and its schema default is not what was meant."""
    UNKNOWN_ARGUMENT = "unknown_argument"
    """The argument is not in the tool's schema."""
    EXTRA_ARGUMENT = "extra_argument"
    """The argument is in the schema, but neither in the reference nor its schema default."""
    WRONG_TYPE = "wrong_type"
    """The value's JSON type is not one that the schema allows."""
    INVALID_VALUE = "invalid_value"
    """The value has the right type but breaks the schema: enum, range, format, pattern."""
    WRONG_VALUE = "wrong_value"
    """The value is valid but not the one that was meant."""


class CallError(Record):
    """One error, with its place."""

    kind: ErrorKind
    call: int | None = None
    """Index of the candidate's call; for `missing_call` of the reference's; none where the turn as a whole is meant."""
    path: str | None = None
    """JSON path of the value below the call's arguments, as in `$.guests[0].name`; none where the call is meant."""
    expected: JsonValue = None
    got: JsonValue = None
    detail: str = ""
    """For people: why the text is malformed, the JSON types that are due, the rule of the schema that is broken, or
    that an array is too short or too long."""


class ScoreParts(Record):
    """The five parts of a score, each in [0, 1], averaged over the calls of the turn."""

    name: float
    required: float
    argument_names: float
    types: float
    values: float


class TurnScore(Record):
    """The verdict on one candidate turn."""

    score: float
    """In [0, 1]; 1 exactly when there is no error."""
    parts: ScoreParts
    errors: tuple[CallError, ...]


class ScoredCandidate(Record):
    """A leaf of a candidate tree with its verdict."""

    leaf: int
    """Index of the leaf in its tree."""
    calls: tuple[ToolCall, ...] | None
    """The calls as they were read; none where the text is malformed."""
    score: float
    parts: ScoreParts
    errors: tuple[CallError, ...]


class ScoredTurn(Record):
    """All candidates of one decision point, scored against its reference."""

    id: str
    tree_id: str
    instruction_id: str
    turn: int
    reference: tuple[ToolCall, ...]
    candidates: tuple[ScoredCandidate, ...]
