"""Another run's records, for a report that holds a run against it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ttpa.config import changed_keys, read_stored, with_defaults
from ttpa.errors import RunError
from ttpa.records.evaluations import CaseResult, Evaluation
from ttpa.runs.layout import RunDirectory
from ttpa.runs.record_files import read_record
from ttpa.stages.evaluate import compare, find_shared
from ttpa.stages.report import OtherRun
from ttpa.steps.reading import read_cases, read_flow
from ttpa.steps.run import Run


def find_other(run: Run, cases: Mapping[str, Sequence[CaseResult]]) -> OtherRun:
    """The run that `report.against` names, with its last policy against this run's on the turns that both were asked.

    Raises `RunError` where there is none, and `ConfigError` where its config cannot be read.
    """
    against = run.config.report.against
    directory = RunDirectory(Path(against) if "/" in against else Path(run.config.runs) / against)
    if not directory.config.is_file():
        raise RunError(f"report.against = {against!r} is no run: there is no {str(directory.config)!r}")
    theirs = read_record(directory.evaluation, Evaluation) if directory.evaluation.exists() else None
    told = with_defaults(read_stored(directory.config))
    changed = changed_keys(told, run.config.as_json())
    other = OtherRun(
        run=directory.name,
        flow=read_flow(directory),
        changed=tuple(line for line in changed if not line.startswith(("name:", "runs:", "report."))),
    )
    return _side_by_side(run, read_cases(directory, theirs), cases, other)


def _side_by_side(
    run: Run, theirs: Mapping[str, Sequence[CaseResult]], ours: Mapping[str, Sequence[CaseResult]], other: OtherRun
) -> OtherRun:
    """The other run with both last policies on the turns that both were asked, where both were evaluated."""
    if not theirs or not ours:
        return other
    (their_policy, their_cases), (our_policy, our_cases) = list(theirs.items())[-1], list(ours.items())[-1]
    shared = find_shared(_questions(their_cases), _questions(our_cases))
    asked = set(shared.ids)
    this = run.config.name if run.config.name != other.run else "this run"
    evaluation = compare(
        {
            f"{other.run}: {their_policy}": [case for case in their_cases if case.id in asked],
            f"{this}: {our_policy}": [case for case in our_cases if case.id in asked],
        },
        prompt_hash="",
        resamples=run.config.evaluate.resamples,
        seed=run.config.seed,
    )
    left_out = {"only_theirs": shared.only_a, "only_ours": shared.only_b, "differing": shared.differing}
    return other.model_copy(update={"evaluation": evaluation if asked else None, **left_out})


def _questions(cases: Sequence[CaseResult]) -> dict[str, str]:
    return {case.id: case.question_hash for case in cases}
