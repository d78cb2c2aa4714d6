"""What was given up, and why: nothing leaves a run without one of these."""

from enum import StrEnum
from typing import Literal

from ttpa.records.record import Record

StageName = Literal["import", "construct", "sample", "score", "pair", "train", "evaluate"]


class DiscardReason(StrEnum):
    """The closed set of reasons."""

    UNREADABLE_REPLY = "unreadable_reply"
    """The generator's reply is not the JSON that its prompt asks for."""
    UNKNOWN_TOOL = "unknown_tool"
    """A tool is named that is not offered."""
    INVALID_ARGUMENTS = "invalid_arguments"
    """A gold call's arguments break the tool's schema."""
    FAILED_EXECUTION = "failed_execution"
    """A gold call did not succeed when it was executed."""
    NOT_REPRODUCIBLE = "not_reproducible"
    """The gold calls, made once more, gave other results."""
    GIVEN_UP = "given_up"
    """The generator found no use in what the tools gave, and began anew too often."""
    TOO_FEW_CALLS = "too_few_calls"
    """Fewer calls or tools than the config asks for."""
    UNGROUNDED_VALUE = "ungrounded_value"
    """An argument value comes from nowhere: not the question, not an earlier result, not a default."""
    LEAKED_TOOL_NAME = "leaked_tool_name"
    """The question names a tool."""
    LEAKED_ANSWER = "leaked_answer"
    """The question holds what only the results tell."""
    DUPLICATE = "duplicate"
    """The same calls and question were there before."""
    NEAR_DUPLICATE = "near_duplicate"
    """Nearly the same question over the same tools was there before."""
    BENCHMARK_OVERLAP = "benchmark_overlap"
    """The question stands, or nearly stands, in a benchmark that it must not teach."""
    JUDGED_UNNATURAL = "judged_unnatural"
    """A model that judges finds that nobody would ask so."""
    JUDGED_UNFAITHFUL = "judged_unfaithful"
    """A model that judges finds that question, calls and answer do not belong together."""
    INVALID_RECORD = "invalid_record"
    """An imported record is not in the form that import reads."""
    INVALID_TOOL = "invalid_tool"
    """A tool's schema is not a JSON Schema of an object."""
    CONTEXT_OVERFLOW = "context_overflow"
    """Prompt and turn do not fit the policy's context."""
    REFUSED_BY_TEMPLATE = "refused_by_template"
    """The policy's chat template does not render the dialogue."""
    NOTHING_TO_LEARN = "nothing_to_learn"
    """No turn of the instruction calls a tool or says anything."""
    NO_CANDIDATE = "no_candidate"
    """The policy gave nothing that can be used."""
    ALL_RIGHT = "all_right"
    """Every candidate is right: there is nothing to prefer."""
    NO_PAIR = "no_pair"
    """No candidate is worse than the chosen one by the margin."""


class Discard(Record):
    """One item that did not become a record of the next stage."""

    id: str
    stage: StageName
    reason: DiscardReason
    detail: str = ""
