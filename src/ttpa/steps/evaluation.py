"""What came of it: the policies evaluated side by side."""

import hashlib
import json
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

from ttpa.assemble import Parts
from ttpa.config import RunConfig
from ttpa.errors import DialogueRefused
from ttpa.models.base import ChatTokenizer
from ttpa.records.discards import Discard
from ttpa.records.evaluations import CaseResult, Evaluation, Measures
from ttpa.records.instructions import DecisionPoint
from ttpa.runs.outcomes import Outcomes
from ttpa.runs.record_files import write_record, write_records
from ttpa.stages.evaluate import compare, evaluate
from ttpa.steps.run import Account, Run, batched


def evaluate_policies(run: Run) -> None:
    """Held-out decision points -> `6-evaluate/POLICY.jsonl` and `evaluation.json`."""
    account = Account(run, "evaluate", takes="turns of all policies", gives="cases")
    config = run.config.evaluate
    points = [*run.points("test")[: config.points], *run.points("test_unseen")[: config.points]]
    if not points:
        account.close(0, 0, 0, [], {"nothing is held out": "no instruction is in test or test_unseen"})
        return
    policies = {name: run.policy_path(name) for name in run.policies}
    run.reporter.start("evaluate", len(points) * len(policies))
    cases: dict[str, list[CaseResult]] = {}
    discards: list[Discard] = []
    for policy, path in policies.items():
        outcomes = Outcomes(run.directory.cases(policy), CaseResult)
        waiting = [point for point in points if point.id not in outcomes.by_id]
        run.reporter.advance(len(points) - len(waiting))
        if waiting:
            open_worker = partial(_open_evaluator, run.parts, path, run.config)
            for judged in run.parts.engine.map(open_worker, batched(waiting, config.batch)):
                outcomes.add(judged)
                run.reporter.advance(len(judged), policy)
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


@contextmanager
def _open_evaluator(
    parts: Parts, policy: str, config: RunConfig
) -> Generator[Callable[[Sequence[DecisionPoint]], list[CaseResult | Discard]]]:
    model = parts.load_model(policy)
    yield lambda points: evaluate(
        points, model=model, dialect=parts.dialect, config=config.evaluate, scoring=config.score
    )


def _describe(evaluation: Evaluation) -> dict[str, str]:
    facts = {"policies": str(len(evaluation.policies))}
    for group, by_policy in evaluation.groups.items():
        turns = max(measures.cases for measures in by_policy.values())
        facts[f"exact on {group} ({turns})"] = ", ".join(f"{name} {_shares(m)}" for name, m in by_policy.items())
    return facts


def _shares(measures: Measures) -> str:
    """Strict, and tolerant beside it where that says something else."""
    strict = f"{100 * measures.exact.value:.1f} %"
    tolerant = f"{100 * measures.tolerant.value:.1f} %"
    return strict if tolerant == strict else f"{strict} (strings folded: {tolerant})"


def _hash_prompts(points: Sequence[DecisionPoint], tokenizer: ChatTokenizer) -> str:
    """A hash of what the policies read; a dialogue that the template refuses is read by none."""
    digest = hashlib.sha256()
    for point in points:
        with suppress(DialogueRefused):
            digest.update(json.dumps(list(tokenizer.prompt_ids(point.history, point.tools))).encode())
    return digest.hexdigest()
