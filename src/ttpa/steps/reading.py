"""What several readers of a finished run want: its accounts, and what its policies did."""

from ttpa.records.evaluations import CaseResult, Evaluation
from ttpa.records.summaries import StepSummary
from ttpa.runs.layout import STEPS, RunDirectory
from ttpa.runs.record_files import read_record, read_records
from ttpa.stages.report import StageFlow


def read_flow(directory: RunDirectory) -> tuple[StageFlow, ...]:
    """The accounts of the steps that are done, in order; the report's own is not among them."""
    summaries = [
        read_record(directory.summary(step), StepSummary) for step in STEPS if directory.summary(step).exists()
    ]
    return tuple(_flow(summary) for summary in summaries if summary.step != "report")


def read_cases(directory: RunDirectory, evaluation: Evaluation | None) -> dict[str, list[CaseResult]]:
    """What each evaluated policy did, by policy in the order of the evaluation."""
    policies = evaluation.policies if evaluation else ()
    return {policy: read_records(directory.cases(policy), CaseResult) for policy in policies}


def _flow(summary: StepSummary) -> StageFlow:
    return StageFlow(
        stage=summary.step,
        takes=summary.takes,
        gives=summary.gives,
        records_in=summary.items_in,
        records_out=summary.records_out,
        used=summary.items_used,
        discards=summary.discards,
        # The evaluation has its own table on the page.
        note="" if summary.step == "evaluate" else "; ".join(f"{k} {v}" for k, v in summary.facts.items()),
        seconds=summary.seconds,
    )
