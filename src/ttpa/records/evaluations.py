"""Evaluations: a case a decision point, and what the cases add up to."""

from ttpa.records.instructions import Split
from ttpa.records.record import Record
from ttpa.records.scores import CallError, ScoreParts


class CaseResult(Record):
    """What one policy did at one held-out decision point."""

    id: str
    """The decision point's id."""
    question_hash: str
    """SHA-256 over what was asked, tools and history: an id alone may be of another question in another run."""
    split: Split
    call_is_due: bool
    text: str
    exact: bool
    """No error at all."""
    tolerant: bool
    """No error where strings are compared `folded`, as BFCL's checker does."""
    names_right: bool
    """The called tools are the due ones, in any order."""
    score: float
    parts: ScoreParts
    errors: tuple[CallError, ...]


class Measure(Record):
    """A mean over cases with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


class Measures(Record):
    """What one policy scores on one group of cases."""

    cases: int
    exact: Measure
    tolerant: Measure
    """Exact, strings compared `folded`."""
    names_right: Measure
    score: Measure
    errors: dict[str, int]
    """Number of errors by kind."""


class Difference(Record):
    """Exact-turn accuracy of one policy less another's, over the same cases: paired bootstrap, 95 %."""

    group: str
    policy: str
    baseline: str
    exact: Measure
    gained: int
    """Cases that only `policy` has right."""
    lost: int
    """Cases that only `baseline` has right."""


class Evaluation(Record):
    """All policies side by side."""

    policies: tuple[str, ...]
    """In the order of the table: first the one that all others are compared with."""
    groups: dict[str, dict[str, Measures]]
    """By group of cases (`test: calls`, `test: no call`, ...), then by policy."""
    differences: tuple[Difference, ...]
    prompt_hash: str
    """SHA-256 over the token ids of all prompts: equal hashes mean the same questions, asked the same way."""
