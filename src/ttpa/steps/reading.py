"""What several readers of a finished run want: its accounts, and what its policies did."""

from collections.abc import Sequence

from ttpa.records.evaluations import CaseResult, Evaluation
from ttpa.records.summaries import StepSummary
from ttpa.runs.layout import ROUND_STEPS, STEPS, RunDirectory, Step
from ttpa.runs.record_files import read_record, read_records
from ttpa.stages.report import StageFlow


def read_summaries(directory: RunDirectory) -> list[StepSummary]:
    """The accounts of the steps that are done, in order; those of later rounds before the one of all rounds."""
    found: list[StepSummary] = []
    for step in STEPS:
        if step == "rounds":
            for number in directory.rounds:
                found.extend(_read(directory.in_round(number), ROUND_STEPS))
        found.extend(_read(directory, (step,)))
    return found


def read_flow(directory: RunDirectory) -> tuple[StageFlow, ...]:
    """The accounts as the report shows them: without its own, and without that of the rounds, which sums others up."""
    return tuple(_flow(summary) for summary in read_summaries(directory) if summary.step not in ("rounds", "report"))


def read_cases(directory: RunDirectory, evaluation: Evaluation | None) -> dict[str, list[CaseResult]]:
    """What each evaluated policy did, by policy in the order of the evaluation."""
    policies = evaluation.policies if evaluation else ()
    return {policy: read_records(directory.cases(policy), CaseResult) for policy in policies}


def _read(directory: RunDirectory, steps: Sequence[Step]) -> list[StepSummary]:
    paths = [directory.summary(step) for step in steps]
    return [read_record(path, StepSummary) for path in paths if path.exists()]


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
