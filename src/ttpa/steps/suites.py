"""The run's policies on a benchmark: asked, judged, summed up; a run that was cut off goes on item by item."""

import hashlib
from collections.abc import Sequence

from ttpa.errors import RunError
from ttpa.models.base import ChatModel
from ttpa.models.spending import Spending
from ttpa.records.discards import Discard
from ttpa.records.instructions import Instruction
from ttpa.records.suites import SuiteAnswer, SuiteEvaluation
from ttpa.runs.journal import Journal
from ttpa.runs.outcomes import Outcomes
from ttpa.runs.record_files import read_record, read_records, write_record, write_records
from ttpa.runs.stopwatch import Stopwatch
from ttpa.stages.construct import name_nondeterministic
from ttpa.steps.run import Run
from ttpa.steps.suite_results import SuiteFiles
from ttpa.steps.suite_settings import describe_settings, keep_settings
from ttpa.suites import SUITES
from ttpa.suites.base import Setting, Suite
from ttpa.suites.episodes import Item, play
from ttpa.suites.sample import describe_sample, draw_sample
from ttpa.suites.summary import summarise
from ttpa.tools.base import Toolset


def evaluate_suite(
    run: Run, name: str, policies: Sequence[str] = (), *, redo: bool = False
) -> list[tuple[SuiteEvaluation, list[Discard]]]:
    """Each policy's evaluation and the items without a verdict; all policies where none is named.

    Raises `RunError` for a suite or policy that is not there, for one that is not what was trained, and where one was
    begun with other settings.
    """
    refuse_unknown(run, name, policies)
    paths = {policy: run.policy_path(policy) for policy in policies or run.policies}
    journal = Journal(run.directory.journal)
    try:
        with run.directory.lock(), SUITES[name](suite_setting(run, name, journal)) as suite:
            if not run.directory.config.exists():  # a run may begin with a suite
                run.keep_config()
            return [_evaluate(run, name, suite, policy, path, redo=redo) for policy, path in paths.items()]
    finally:
        journal.close()


def refuse_unknown(run: Run, name: str, policies: Sequence[str]) -> None:
    """Raises `RunError` for a suite that there is not, and for a policy that the run has not."""
    if name not in SUITES:
        raise RunError(f"there is no suite {name!r}; the suites are {', '.join(SUITES)}")
    unknown = next((policy for policy in policies if policy not in run.policies), None)
    if unknown is not None:
        raise RunError(f"run {run.config.name!r} has no policy {unknown!r}; it has {', '.join(run.policies)}")


def _evaluate(
    run: Run, name: str, suite: Suite, policy: str, path: str, *, redo: bool
) -> tuple[SuiteEvaluation, list[Discard]]:
    config = run.config.suites
    files = SuiteFiles(run.directory.suite(name), policy)
    items = draw_sample(suite.items, config.limit, seed=run.config.seed)
    settings = describe_settings(
        run, suite, policy, path, describe_sample(suite.items, config.limit, seed=run.config.seed)
    )
    outcomes, spent = Outcomes(files.answers, SuiteAnswer), Stopwatch(files.seconds)
    if redo:
        outcomes.clear()
        spent.clear()
        for file in (files.settings, files.evaluation):
            file.unlink(missing_ok=True)
    keep_settings(run, name, policy, files.settings, settings)
    if files.evaluation.exists():
        return read_record(files.evaluation, SuiteEvaluation), read_records(files.missing, Discard)
    _ask(run, name, policy, path, items, outcomes, spent)
    answers, missing = outcomes.in_order([item.id for item in items])
    write_records(files.answers, answers)
    judgement = suite.judge(answers, files.program)
    missing += judgement.missing
    write_records(files.missing, missing)
    write_records(files.cases, judgement.cases)
    categories, total = summarise(items, judgement.cases, missing, resamples=config.resamples, seed=run.config.seed)
    hashes = "".join(answer.prompt_hash for answer in answers)
    evaluation = SuiteEvaluation(
        suite=name,
        policy=policy,
        categories=categories,
        total=total,
        official=judgement.official,
        refused_golds=judgement.refused_golds,
        settings=settings,
        prompt_hash=hashlib.sha256(hashes.encode()).hexdigest(),
        prompt_tokens=sum(answer.prompt_tokens for answer in answers),
        completion_tokens=sum(answer.completion_tokens for answer in answers),
        seconds=spent.seconds(),
    )
    write_record(files.evaluation, evaluation)
    outcomes.clear()
    spent.clear()
    return evaluation, missing


def _ask(
    run: Run,
    name: str,
    policy: str,
    path: str,
    items: Sequence[Item],
    outcomes: Outcomes[SuiteAnswer],
    spent: Stopwatch,
) -> None:
    """Asks the policy what it was not asked yet."""
    waiting = [item for item in items if item.id not in outcomes.by_id]
    run.reporter.start(name, len(items))
    run.reporter.advance(len(items) - len(waiting), policy)
    if not waiting:
        return
    played = play(
        waiting,
        model=run.parts.load_model(path),
        dialect=run.parts.dialect,
        max_new_tokens=run.config.suites.max_new_tokens,
        batch=run.config.suites.batch,
    )
    for outcome in played:
        outcomes.add([outcome])
        spent.keep()
        run.reporter.advance(1, policy)


def suite_setting(run: Run, name: str, journal: Journal) -> Setting:
    """What a suite of this run is opened with; paid replies are kept in `journal`."""
    generator = run.config.generator

    spending = Spending(generator.budget, generator.prices, before=journal.spent())

    def open_tools() -> Toolset:
        return run.parts.open_toolset(journal, spending)

    def open_chat(model: str, temperature: float) -> ChatModel:
        return run.parts.open_chat(f"the suite {name!r}", model, temperature, journal, spending)

    def held_out() -> list[Instruction]:
        found = [*run.instructions("test"), *run.instructions("test_unseen")]
        if not found:
            raise RunError(f"run {run.config.name!r} has no instruction in test or test_unseen")
        return found

    return Setting(
        config=run.config.suites,
        scoring=run.config.score,
        dialect=run.parts.dialect,
        held_out=held_out,
        open_tools=open_tools,
        nondeterministic=lambda toolset: name_nondeterministic(run.config.construct_, toolset).nondeterministic,
        open_chat=open_chat,
        tell=run.reporter.finish,
    )
