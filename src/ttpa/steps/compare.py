"""Two runs on the same cases, paired: by category, and the cases that flipped, both ways."""

from collections.abc import Sequence
from dataclasses import dataclass

from ttpa.errors import RunError
from ttpa.records.comparisons import CategoryComparison, Flip, RunComparison
from ttpa.records.evaluations import CaseResult, Evaluation
from ttpa.records.scores import CallError
from ttpa.records.suites import SuiteAnswer, SuiteEvaluation
from ttpa.runs.record_files import read_record, read_records, stream_records
from ttpa.stages.evaluate import bootstrap, dialogue_of, find_shared, group_of
from ttpa.stages.score import explain
from ttpa.steps.run import Run
from ttpa.steps.suite_results import SuiteFiles, suite_cases


@dataclass(frozen=True, slots=True)
class _Side:
    """What one policy did, case by case."""

    label: str
    verdicts: dict[str, bool]
    questions: dict[str, str]
    """A hash of what each case asks."""
    categories: dict[str, str]
    errors: dict[str, tuple[CallError, ...]]
    prompt_hash: str
    resamples: int


def compare_runs(
    first: Run, second: Run, *, suite: str | None = None, policy_a: str | None = None, policy_b: str | None = None
) -> RunComparison:
    """The second run held against the first by category, over the cases that both were asked, and every flipped case.

    Intervals are paired bootstraps, 95 %; the turns of one dialogue are resampled together. Without `suite` the
    held-out turns are compared. Raises `RunError` where a run was not evaluated so, or no case is in both.
    """
    a, b = _read(first, suite, policy_a), _read(second, suite, policy_b)
    shared = find_shared(a.questions, b.questions)
    if not shared.ids:
        told = f": {shared.differing} have the same id, but ask something else" if shared.differing else ""
        raise RunError(f"{a.label} and {b.label} have no case in common{told}")
    groups: dict[str, list[str]] = {}
    for case_id in shared.ids:
        groups.setdefault(a.categories[case_id], []).append(case_id)
    if len(groups) > 1:
        groups["all"] = list(shared.ids)
    return RunComparison(
        a=a.label,
        b=b.label,
        same_prompts=a.prompt_hash == b.prompt_hash,
        only_a=shared.only_a,
        only_b=shared.only_b,
        differing=shared.differing,
        categories=tuple(_compare(category, ids, a, b) for category, ids in groups.items()),
        gained=_flips(shared.ids, right=b, wrong=a),
        lost=_flips(shared.ids, right=a, wrong=b),
    )


def _read(run: Run, suite: str | None, policy: str | None) -> _Side:
    if suite is None:
        return _read_held_out(run, policy)
    chosen = policy or next(
        (name for name in reversed(run.policies) if SuiteFiles(run.directory.suite(suite), name).evaluation.exists()),
        "base",
    )
    cases = suite_cases(run, suite, chosen)
    files = SuiteFiles(run.directory.suite(suite), chosen)
    evaluation = read_record(files.evaluation, SuiteEvaluation)
    verdicts = {case.id: case.right for case in cases}
    answers = stream_records(files.answers, SuiteAnswer)
    return _Side(
        label=f"{run.config.name}/{chosen}",
        verdicts=verdicts,
        questions={answer.id: answer.question_hash for answer in answers if answer.id in verdicts},
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
        questions={case.id: case.question_hash for case in cases},
        categories={case.id: group_of(case) for case in cases},
        errors={case.id: case.errors for case in cases},
        prompt_hash=evaluation.prompt_hash,
        resamples=run.config.evaluate.resamples,
    )


def _compare(category: str, ids: Sequence[str], a: _Side, b: _Side) -> CategoryComparison:
    clusters: dict[str, list[float]] = {}
    for case_id in ids:
        difference = float(b.verdicts[case_id]) - float(a.verdicts[case_id])
        clusters.setdefault(dialogue_of(case_id), []).append(difference)
    return CategoryComparison(
        category=category,
        cases=len(ids),
        right_a=sum(a.verdicts[case_id] for case_id in ids),
        right_b=sum(b.verdicts[case_id] for case_id in ids),
        difference=bootstrap(list(clusters.values()), resamples=a.resamples, seed=0),
        gained=sum(b.verdicts[case_id] and not a.verdicts[case_id] for case_id in ids),
        lost=sum(a.verdicts[case_id] and not b.verdicts[case_id] for case_id in ids),
    )


def _flips(ids: Sequence[str], *, right: _Side, wrong: _Side) -> tuple[Flip, ...]:
    flipped = [case_id for case_id in ids if right.verdicts[case_id] and not wrong.verdicts[case_id]]
    return tuple(Flip(id=case_id, wrong=explain(wrong.errors[case_id])) for case_id in flipped)
