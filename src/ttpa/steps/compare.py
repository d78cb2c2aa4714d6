"""Two runs on the same cases: a paired table, and the cases that flipped, both ways."""

from collections.abc import Sequence
from dataclasses import dataclass

from ttpa.errors import RunError
from ttpa.records.evaluations import CaseResult, Evaluation, Measure
from ttpa.records.scores import CallError
from ttpa.records.suites import SuiteEvaluation
from ttpa.runs.record_files import read_record, read_records
from ttpa.stages.evaluate import bootstrap, group_of
from ttpa.stages.score import explain
from ttpa.steps.run import Run
from ttpa.steps.suites import SuiteFiles, suite_cases, suite_policies

_LONGEST_EXPLANATION = 160


@dataclass(frozen=True, slots=True)
class _Side:
    """What one policy did, case by case."""

    label: str
    verdicts: dict[str, bool]
    categories: dict[str, str]
    errors: dict[str, tuple[CallError, ...]]
    prompt_hash: str
    resamples: int


def compare_runs(
    first: Run, second: Run, *, suite: str | None = None, policy_a: str | None = None, policy_b: str | None = None
) -> list[str]:
    """A table by category of the second run less the first, over the cases of both, and every flipped case.

    Intervals are paired bootstraps, 95 %; the turns of one instruction are resampled together. Without `suite` the
    held-out turns are compared. Raises `RunError` where a run was not evaluated so, or no case is in both.
    """
    a, b = _read(first, suite, policy_a), _read(second, suite, policy_b)
    both = [case_id for case_id in a.verdicts if case_id in b.verdicts]
    if not both:
        raise RunError(f"{a.label} and {b.label} have no case in common")
    lines = [f"A = {a.label}, B = {b.label}"]
    if a.prompt_hash != b.prompt_hash:
        lines.append("the prompts are not the same: the data, the template, or which items have an answer differ")
    only = (len(a.verdicts) - len(both), len(b.verdicts) - len(both))
    if any(only):
        lines.append(f"left out: {only[0]} cases that A alone has, {only[1]} that B alone has")
    lines.extend(["", "| category | cases | A right | B right | B less A, points (95 %) | gained | lost |"])
    lines.append("|---|---|---|---|---|---|---|")
    categories = list(dict.fromkeys(a.categories[case_id] for case_id in both))
    lines.extend(
        _row(category, [case_id for case_id in both if a.categories[case_id] == category], a, b)
        for category in categories
    )
    if len(categories) > 1:
        lines.append(_row("all", both, a, b))
    gained = [case_id for case_id in both if b.verdicts[case_id] and not a.verdicts[case_id]]
    lost = [case_id for case_id in both if a.verdicts[case_id] and not b.verdicts[case_id]]
    lines.extend(["", f"right in B alone ({len(gained)}), with what was wrong in A:"])
    lines.extend(_flipped(gained, a))
    lines.extend(["", f"right in A alone ({len(lost)}), with what is wrong in B:"])
    lines.extend(_flipped(lost, b))
    return lines


def _read(run: Run, suite: str | None, policy: str | None) -> _Side:
    if suite is None:
        return _read_held_out(run, policy)
    chosen = policy or next(
        (
            name
            for name in reversed(suite_policies(run))
            if SuiteFiles(run.directory.suite(suite), name).evaluation.exists()
        ),
        "base",
    )
    cases = suite_cases(run, suite, chosen)
    evaluation = read_record(SuiteFiles(run.directory.suite(suite), chosen).evaluation, SuiteEvaluation)
    return _Side(
        label=f"{run.config.name}/{chosen}",
        verdicts={case.id: case.right for case in cases},
        categories={case.id: case.category for case in cases},
        errors={case.id: case.errors for case in cases},
        prompt_hash=evaluation.prompt_hash,
        resamples=run.config.suites.resamples,
    )


def _read_held_out(run: Run, policy: str | None) -> _Side:
    if not run.directory.evaluation.exists():
        raise RunError(f"run {run.config.name!r} has no evaluation; ttpa evaluate {run.config.name} makes it")
    evaluation = read_record(run.directory.evaluation, Evaluation)
    chosen = policy or evaluation.policies[-1]
    if chosen not in evaluation.policies:
        raise RunError(
            f"run {run.config.name!r} has evaluated no policy {chosen!r}; it has {', '.join(evaluation.policies)}"
        )
    cases = read_records(run.directory.cases(chosen), CaseResult)
    return _Side(
        label=f"{run.config.name}/{chosen}",
        verdicts={case.id: case.exact for case in cases},
        categories={case.id: group_of(case) for case in cases},
        errors={case.id: case.errors for case in cases},
        prompt_hash=evaluation.prompt_hash,
        resamples=run.config.evaluate.resamples,
    )


def _row(category: str, ids: Sequence[str], a: _Side, b: _Side) -> str:
    clusters: dict[str, list[float]] = {}
    for case_id in ids:
        difference = float(b.verdicts[case_id]) - float(a.verdicts[case_id])
        clusters.setdefault(case_id.rpartition("#")[0] or case_id, []).append(difference)
    measure = bootstrap(list(clusters.values()), resamples=a.resamples, seed=0)
    right = [sum(side.verdicts[case_id] for case_id in ids) for side in (a, b)]
    gained = sum(b.verdicts[case_id] and not a.verdicts[case_id] for case_id in ids)
    lost = sum(a.verdicts[case_id] and not b.verdicts[case_id] for case_id in ids)
    return f"| {category} | {len(ids)} | {right[0]} | {right[1]} | {_points(measure)} | {gained} | {lost} |"


def _points(measure: Measure) -> str:
    value, low, high = (f"{100 * number:+.1f}" for number in (measure.value, measure.low, measure.high))
    return f"{value} ({low} to {high})"


def _flipped(ids: Sequence[str], wrong: _Side) -> list[str]:
    return [
        f"  {case_id}: {explain(wrong.errors[case_id])[:_LONGEST_EXPLANATION] or 'no error of ours'}" for case_id in ids
    ]
