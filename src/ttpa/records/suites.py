"""Suites: what a policy said to a benchmark's items, the verdict on each, and what the verdicts add up to."""

from pydantic import JsonValue

from ttpa.records.evaluations import Measure
from ttpa.records.record import Record
from ttpa.records.scores import CallError


class SuiteAnswer(Record):
    """Everything a policy said to one item; kept before it is judged."""

    id: str
    category: str
    said: tuple[tuple[str, ...], ...]
    """The texts of its turns: for each message of the user those of the steps that follow it."""
    notes: dict[str, JsonValue] = {}
    """What the suite noted on the way and judges by: results of calls, what ended the item."""
    question_hash: str
    """SHA-256 over what was asked first, tools and history: an id alone may be of another item in another run."""
    prompt_hash: str
    """SHA-256 over the token ids of the item's first prompt."""
    prompt_tokens: int
    """Of all prompts of the item, each counted whole."""
    completion_tokens: int


class SuiteCase(Record):
    """The verdict on one item that was answered."""

    id: str
    category: str
    right: bool
    """By the suite's own rule."""
    errors: tuple[CallError, ...] = ()
    """By our error kinds; none where the suite has no reference calls."""
    measures: dict[str, float] = {}
    """What else was measured, each in [0, 1]."""


class SuiteCategory(Record):
    """What one policy reaches in one category: right + wrong + missing = items."""

    items: int
    right: int
    wrong: int
    missing: dict[str, int] = {}
    """Items without an answer, by reason; they count neither as right nor as wrong."""
    share: Measure | None
    """Right of those answered; none where nothing was answered."""
    measures: dict[str, Measure] = {}
    errors: dict[str, int] = {}
    """Number of errors by kind."""


class SuiteEvaluation(Record):
    """One policy on one suite."""

    suite: str
    policy: str
    categories: dict[str, SuiteCategory]
    total: SuiteCategory
    official: dict[str, str] = {}
    """Figures of the benchmark's own program, in its words."""
    refused_golds: tuple[str, ...] = ()
    """Items whose gold the benchmark's own checker refuses: they stay in, and nobody can be right there."""
    settings: dict[str, str]
    """What the figures depend on: sample, decoding, hashes of template and data, versions."""
    prompt_hash: str
    """SHA-256 over the hashes of the items' first prompts: equal hashes mean the same questions, asked the same way."""
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    """Of answering and judging, over all commands that had a part in it."""

    def brief(self) -> dict[str, JsonValue]:
        """Its totals, for a list of evaluations."""
        return {
            "suite": self.suite,
            "policy": self.policy,
            "items": self.total.items,
            "right": self.total.right,
            "wrong": self.total.wrong,
            "missing": dict[str, JsonValue](self.total.missing),
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "seconds": self.seconds,
        }

    def line(self) -> str:
        """Its totals as one line."""
        answered = self.total.right + self.total.wrong
        share = f" ({100 * self.total.share.value:.1f} %)" if self.total.share else ""
        missing = "".join(f", {count} missing ({reason})" for reason, count in self.total.missing.items())
        told = f"{self.policy} right at {self.total.right} of {answered}{share}{missing}"
        return f"{self.suite}: {told}  [{self.seconds:.1f} s]"
