"""The report: a run's directory -> one page."""

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

from ttpa.errors import RunError
from ttpa.models.base import ChatTokenizer
from ttpa.records.candidates import CandidateTree, Origin
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.evaluations import CaseResult, Evaluation
from ttpa.records.instructions import Instruction
from ttpa.records.pairs import PreferencePair
from ttpa.records.scores import ScoredTurn
from ttpa.records.suites import SuiteEvaluation
from ttpa.runs.record_files import read_record, write_text
from ttpa.stages.evaluate import group_of
from ttpa.stages.report import (
    ErrorShares,
    ReportInputs,
    ScoreSpread,
    SuiteResult,
    TreeView,
    count_data,
    count_errors,
    count_forks,
    report,
    spread_scores,
)
from ttpa.steps.origin import tell_origin
from ttpa.steps.other_run import find_other
from ttpa.steps.reading import read_cases, read_flow
from ttpa.steps.run import Account, Run
from ttpa.steps.suite_results import suite_cases, suite_evaluations
from ttpa.steps.suite_settings import is_outdated

_PACKAGES = ("ttpa", "torch", "transformers", "trl", "peft")
_ORIGINS: dict[Origin, str] = {
    "policy": "sampled: the policy's own turn",
    "reference": "sampled: the reference turn",
    "branch": "sampled: branches",
    "drawn": "sampled: drawn at random",
}

Cases = Mapping[str, Sequence[CaseResult]]
"""By policy."""


def write_report(run: Run) -> None:
    """The whole run -> `7-report/report.html`."""
    account = Account(run, "report", takes="run", gives="page")
    run.reporter.start("report", 1)
    write_text(run.directory.report, report(gather(run), run.config.report))
    account.close(1, 1, 1, [], {"at": str(run.directory.report)})


def gather(run: Run) -> ReportInputs:
    """What the report shows, read from the run's directory."""
    directory = run.directory
    samples = run.config.train.samples
    where = "where it wavers" if samples else "by the probability of its calls"
    turns = run.read(directory.scored, ScoredTurn, "score") if samples else []
    trees = {tree.id: tree for tree in run.read(directory.trees, CandidateTree, "sample")} if samples else {}
    kinds = Counter(error.kind.value for turn in turns for c in turn.candidates for error in c.errors)
    checkpoints = {name: read_record(directory.checkpoint_record(name), Checkpoint) for name in directory.trained}
    evaluation = read_record(directory.evaluation, Evaluation) if directory.evaluation.exists() else None
    cases = read_cases(directory, evaluation)
    return ReportInputs(
        run=run.config.name,
        title=f"A policy from {run.config.policy.base!r}, aligned {where}.",
        flow=read_flow(directory),
        data=count_data(run.read(directory.instructions, Instruction, "construct")),
        instructions=tuple(_examples(run.instructions("train"), run.config.report.dialogues)),
        samples=samples,
        trees=tuple(_views(run, trees, turns)),
        sampled=len(turns),
        wavering=count_forks(trees.values(), {turn.tree_id: turn for turn in turns}),
        pairs=tuple(run.read(directory.pairs, PreferencePair, "pair")) if samples else (),
        checkpoints=checkpoints,
        evaluation=evaluation,
        errors=_shares(cases, evaluation),
        spreads=_spreads(turns, trees, cases),
        suites=tuple(_suite_result(run, each) for each in suite_evaluations(directory)),
        other=find_other(run, cases) if run.config.report.against else None,
        candidate_errors=dict(kinds.most_common()),
        facts=_facts(run),
    )


def _shares(cases: Cases, evaluation: Evaluation | None) -> tuple[ErrorShares, ...]:
    return tuple(
        count_errors(group, policy, [case for case in results if group_of(case) == group])
        for group in (evaluation.groups if evaluation else ())
        for policy, results in cases.items()
    )


def _suite_result(run: Run, evaluation: SuiteEvaluation) -> SuiteResult:
    """An evaluation with the errors that its cases hold; a suite without reference calls has none to count."""
    cases = suite_cases(run, evaluation.suite, evaluation.policy) if evaluation.total.errors else []
    return SuiteResult(
        evaluation=evaluation,
        errors=tuple(
            count_errors(name, evaluation.policy, [case for case in cases if case.category == name])
            for name in evaluation.categories
            if cases
        ),
        outdated=is_outdated(run, evaluation),
    )


def _spreads(turns: Sequence[ScoredTurn], trees: Mapping[str, CandidateTree], cases: Cases) -> tuple[ScoreSpread, ...]:
    """The scores of what was sampled, by where it comes from, and of what the evaluated policies did."""
    scores: dict[str, list[float]] = {}
    for turn in turns:
        leaves = trees[turn.tree_id].leaves
        for candidate in turn.candidates:
            scores.setdefault(_ORIGINS[leaves[candidate.leaf].origin], []).append(candidate.score)
    for policy, results in cases.items():
        scores[f"held out: {policy}"] = [case.score for case in results]
    return tuple(spread_scores(name, found) for name, found in scores.items())


def _examples(instructions: Sequence[Instruction], count: int) -> list[Instruction]:
    """A few instructions to show: those with most steps and calls first, of each kind at least one."""
    ranked = sorted(instructions, key=lambda item: -len(item.steps) - sum(len(step.calls) for step in item.steps))
    first = {item.kind: item.id for item in reversed(ranked)}
    return sorted(ranked, key=lambda item: item.id != first[item.kind])[:count]


def _views(run: Run, trees: Mapping[str, CandidateTree], turns: Sequence[ScoredTurn]) -> list[TreeView]:
    """The trees that tell most: those where right and wrong candidates stand side by side, most forks first."""
    points = {point.id: point for point in run.points("train")}

    def interest(turn: ScoredTurn) -> tuple[bool, int]:
        right = sum(not candidate.errors for candidate in turn.candidates)
        return 0 < right < len(turn.candidates), len(trees[turn.tree_id].forks)

    chosen = sorted(turns, key=interest, reverse=True)[: run.config.report.trees]
    tokenizer = _load_tokenizer(run)
    return [
        TreeView(
            tree=(tree := trees[turn.tree_id]),
            scored=turn,
            point=points[turn.tree_id],
            pieces=tuple(_leaf_pieces(tree, leaf, tokenizer) for leaf in range(len(tree.leaves))),
        )
        for turn in chosen
    ]


def _load_tokenizer(run: Run) -> ChatTokenizer:
    """That of the policy that was sampled, or of its base, which is the same, where the checkpoint is not whole."""
    try:
        policy = run.policy()
    except RunError:
        policy = run.parts.base
    return run.parts.load_tokenizer(policy)


def _leaf_pieces(tree: CandidateTree, leaf: int, tokenizer: ChatTokenizer) -> tuple[str, ...]:
    """The text of a leaf's tokens, from its fork on."""
    fork = tree.leaves[leaf].fork
    start = 0 if fork is None else tree.forks[fork].position
    return tuple(tokenizer.pieces(tree.token_ids(leaf))[start:])


def _facts(run: Run) -> dict[str, str]:
    facts = {"seed": str(run.config.seed), "policy": run.config.policy.base, "Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            continue
    if run.directory.rounds:
        facts["rounds"] = f"{max(run.directory.rounds)}; turns and pairs are shown of the first"
    return facts | tell_origin(run)
