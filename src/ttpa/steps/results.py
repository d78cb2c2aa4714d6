"""What came of it: the policies evaluated side by side, and the report."""

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from ttpa.models.base import ChatTokenizer
from ttpa.records.candidates import CandidateTree
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.discards import Discard
from ttpa.records.evaluations import CaseResult, Evaluation, Measures
from ttpa.records.instructions import DecisionPoint, Instruction
from ttpa.records.pairs import PreferencePair
from ttpa.records.scores import ScoredTurn
from ttpa.records.summaries import StepSummary
from ttpa.runs.layout import STEPS
from ttpa.runs.record_files import Outcomes, read_record, write_record, write_records, write_text
from ttpa.stages.evaluate import compare, evaluate
from ttpa.stages.report import ReportInputs, StageFlow, TreeView, count_forks, report
from ttpa.steps.run import Account, Run, batched

_PACKAGES = ("ttpa", "torch", "transformers", "trl", "peft")


def evaluate_policies(run: Run) -> None:
    """Held-out decision points -> `6-evaluate/POLICY.jsonl` and `evaluation.json`."""
    account = Account(run, "evaluate", takes="turns", gives="cases")
    config = run.config.evaluate
    points = [*run.points("test")[: config.points], *run.points("test_unseen")[: config.points]]
    if not points:
        account.close(0, 0, 0, [], {"nothing is held out": "no instruction is in test or test_unseen"})
        return
    policies = _policies(run)
    run.reporter.start("evaluate", len(points) * len(policies))
    cases: dict[str, list[CaseResult]] = {}
    discards: list[Discard] = []
    for policy, path in policies.items():
        outcomes = Outcomes(run.directory.cases(policy), CaseResult)
        waiting = [point for point in points if point.id not in outcomes.by_id]
        run.reporter.advance(len(points) - len(waiting))
        if waiting:
            model = run.parts.load_model(path)
            for batch in batched(waiting, config.batch):
                judged = evaluate(
                    batch, model=model, dialect=run.parts.dialect, config=config, scoring=run.config.score
                )
                outcomes.add(judged)
                run.reporter.advance(len(batch), policy)
        cases[policy], given_up = outcomes.in_order([point.id for point in points])
        discards.extend(given_up)
        write_records(run.directory.cases(policy), cases[policy])
    evaluation = compare(
        cases,
        prompt_hash=_hash_prompts(points, run.parts.load_tokenizer(run.policy())),
        resamples=config.resamples,
        seed=run.config.seed,
    )
    write_record(run.directory.evaluation, evaluation)
    judged_cases = sum(len(results) for results in cases.values())
    account.close(len(points) * len(policies), judged_cases, judged_cases, discards, _describe(evaluation))
    for policy in policies:
        Outcomes(run.directory.cases(policy), CaseResult).clear()


def write_report(run: Run) -> None:
    """The whole run -> `7-report/report.html`."""
    account = Account(run, "report", takes="run", gives="page")
    run.reporter.start("report", 1)
    write_text(run.directory.report, report(_gather(run), run.config.report))
    account.close(1, 1, 1, [], {"at": str(run.directory.report)})


def _policies(run: Run) -> dict[str, str]:
    """The policies by name: the one that was sampled, its control, the aligned one."""
    policies = {"sft" if run.config.train.sft else "base": run.policy()}
    for method in ("sft_continued", "dpo", "grpo"):
        if run.directory.checkpoint_record(method).exists():
            policies[method] = run.checkpoint(method)
    return policies


def _describe(evaluation: Evaluation) -> dict[str, str]:
    return {
        f"exact on {group}": ", ".join(f"{policy} {_shares(m)}" for policy, m in by_policy.items())
        for group, by_policy in evaluation.groups.items()
    }


def _shares(measures: Measures) -> str:
    """Strict, and tolerant beside it where that says something else."""
    strict = f"{100 * measures.exact.value:.1f} %"
    tolerant = strict if measures.tolerant is None else f"{100 * measures.tolerant.value:.1f} %"
    return strict if tolerant == strict else f"{strict} (strings folded: {tolerant})"


def _hash_prompts(points: Sequence[DecisionPoint], tokenizer: ChatTokenizer) -> str:
    prompts = [list(tokenizer.prompt_ids(point.history, point.tools)) for point in points]
    return hashlib.sha256(json.dumps(prompts).encode()).hexdigest()


def _gather(run: Run) -> ReportInputs:
    """What the report shows, read from the run's directory."""
    directory = run.directory
    summaries = [
        read_record(directory.summary(step), StepSummary) for step in STEPS if directory.summary(step).exists()
    ]
    turns = run.read(directory.scored, ScoredTurn, "score")
    trees = run.read(directory.trees, CandidateTree, "sample")
    kinds = Counter(error.kind.value for turn in turns for c in turn.candidates for error in c.errors)
    checkpoints = [
        read_record(path, Checkpoint)
        for method in ("sft", "sft_continued", "dpo", "grpo")
        if (path := directory.checkpoint_record(method)).exists()
    ]
    return ReportInputs(
        run=run.config.name,
        title=f"A policy from {run.config.policy.base!r}, aligned where it wavers.",
        flow=tuple(_flow(summary) for summary in summaries if summary.step != "report"),
        instructions=tuple(_examples(run.instructions("train"), run.config.report.dialogues)),
        trees=tuple(_views(run, trees, turns)),
        wavering=count_forks(trees, {turn.tree_id: turn for turn in turns}),
        pairs=tuple(run.read(directory.pairs, PreferencePair, "pair")),
        checkpoints=tuple(checkpoints),
        evaluation=read_record(directory.evaluation, Evaluation) if directory.evaluation.exists() else None,
        candidate_errors=dict(kinds.most_common()),
        facts=_facts(run),
    )


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


def _examples(instructions: Sequence[Instruction], count: int) -> list[Instruction]:
    """A few instructions to show: those with most steps and calls first, of each kind at least one."""
    ranked = sorted(instructions, key=lambda item: -len(item.steps) - sum(len(step.calls) for step in item.steps))
    first = {item.kind: item for item in reversed(ranked)}
    return [*first.values(), *(item for item in ranked if item not in first.values())][:count]


def _views(run: Run, every_tree: Sequence[CandidateTree], turns: Sequence[ScoredTurn]) -> list[TreeView]:
    """The trees that tell most: those where right and wrong candidates stand side by side, most forks first."""
    trees = {tree.id: tree for tree in every_tree}
    points = {point.id: point for point in run.points("train")}

    def interest(turn: ScoredTurn) -> tuple[bool, int]:
        right = sum(not candidate.errors for candidate in turn.candidates)
        return 0 < right < len(turn.candidates), len(trees[turn.tree_id].forks)

    chosen = sorted(turns, key=interest, reverse=True)[: run.config.report.trees]
    tokenizer = run.parts.load_tokenizer(run.policy())
    return [
        TreeView(
            tree=(tree := trees[turn.tree_id]),
            scored=turn,
            point=points[turn.tree_id],
            pieces=tuple(_leaf_pieces(tree, leaf, tokenizer) for leaf in range(len(tree.leaves))),
        )
        for turn in chosen
    ]


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
    facts["tools"] = run.config.tools.module
    facts["generator"] = run.config.generator.model or run.config.generator.kind
    return facts
