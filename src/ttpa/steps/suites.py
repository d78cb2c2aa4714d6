"""The run's policies on a benchmark: asked, judged, summed up; a run that was cut off goes on item by item."""

import hashlib
import json
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ttpa.errors import RunError
from ttpa.models.base import ChatModel, ChatTokenizer
from ttpa.models.spending import Spending
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.discards import Discard
from ttpa.records.instructions import Instruction
from ttpa.records.messages import AssistantMessage, ToolMessage, UserMessage
from ttpa.records.suites import SuiteAnswer, SuiteCase, SuiteEvaluation
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.runs.journal import Journal
from ttpa.runs.record_files import Outcomes, read_record, read_records, write_record, write_records
from ttpa.steps.run import Run
from ttpa.suites import SUITES
from ttpa.suites.base import Setting, Suite
from ttpa.suites.episodes import Item, play
from ttpa.suites.sample import describe_sample, draw_sample
from ttpa.suites.summary import summarise
from ttpa.tools.base import Toolset

_PACKAGES = ("ttpa", "torch", "transformers", "vllm")


class SuiteFiles:
    """What one policy has on one suite, on disk."""

    def __init__(self, folder: Path, policy: str) -> None:
        self.evaluation = folder / f"{policy}.json"
        self.cases = folder / f"{policy}.cases.jsonl"
        self.answers = folder / f"{policy}.answers.jsonl"
        self.missing = folder / f"{policy}.missing.jsonl"
        self.settings = folder / f"{policy}.settings.json"
        self.program = folder / policy
        """What the benchmark's own program reads and writes."""


def suite_policies(run: Run) -> dict[str, str]:
    """The policies that a suite can ask, by name: the one the run starts from, and each that it has trained."""
    policies = {"base": run.parts.base}
    for method in ("sft", "sft_continued", "dpo", "grpo"):
        if run.directory.checkpoint_record(method).exists():
            policies[method] = str(run.directory.checkpoint(method))
    return policies


def evaluate_suite(
    run: Run, name: str, policies: Sequence[str] = (), *, redo: bool = False
) -> list[tuple[SuiteEvaluation, list[Discard]]]:
    """Each policy's evaluation and the items it has no answer to; all policies where none is named.

    Raises `RunError` for a suite or policy that is not there, and where one was begun with other settings.
    """
    if name not in SUITES:
        raise RunError(f"there is no suite {name!r}; the suites are {', '.join(SUITES)}")
    known = suite_policies(run)
    unknown = next((policy for policy in policies if policy not in known), None)
    if unknown is not None:
        raise RunError(f"run {run.config.name!r} has no policy {unknown!r}; it has {', '.join(known)}")
    journal = Journal(run.directory.journal)
    try:
        with run.directory.lock(), SUITES[name](suite_setting(run, name, journal)) as suite:
            if not run.directory.config.exists():  # a run may begin with a suite
                run.keep_config()
            chosen = policies or list(known)
            return [_evaluate(run, name, suite, policy, known[policy], redo=redo) for policy in chosen]
    finally:
        journal.close()


def _evaluate(
    run: Run, name: str, suite: Suite, policy: str, path: str, *, redo: bool
) -> tuple[SuiteEvaluation, list[Discard]]:
    config = run.config.suites
    files = SuiteFiles(run.directory.suite(name), policy)
    items = draw_sample(suite.items, config.limit, seed=run.config.seed)
    settings = _settings(run, suite, policy, path, describe_sample(suite.items, config.limit, seed=run.config.seed))
    outcomes = Outcomes(files.answers, SuiteAnswer)
    if redo:
        outcomes.clear()
        outcomes = Outcomes(files.answers, SuiteAnswer)
        for file in (files.settings, files.evaluation):
            file.unlink(missing_ok=True)
    _keep_settings(run, name, policy, files.settings, settings)
    if files.evaluation.exists():
        return read_record(files.evaluation, SuiteEvaluation), read_records(files.missing, Discard)
    started = time.monotonic()
    _ask(run, name, policy, path, items, outcomes)
    answers, missing = outcomes.in_order([item.id for item in items])
    write_records(files.answers, answers)
    write_records(files.missing, missing)
    judgement = suite.judge(answers, files.program)
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
        seconds=round(time.monotonic() - started, 3),
    )
    write_record(files.evaluation, evaluation)
    outcomes.clear()
    return evaluation, missing


def _ask(run: Run, name: str, policy: str, path: str, items: Sequence[Item], outcomes: Outcomes[SuiteAnswer]) -> None:
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

    return Setting(run.config.suites, run.config.score, run.parts.dialect, held_out, open_tools, open_chat)


def _settings(run: Run, suite: Suite, policy: str, path: str, sample: str) -> dict[str, str]:
    """What the figures depend on; nothing that only says where things lie."""
    tokenizer = run.parts.load_tokenizer(path)
    packages = {package: _version(package) for package in _PACKAGES}
    return {
        "policy": _hash_policy(run, policy, path),
        "dialect": run.config.policy.dialect,
        "engine": run.config.policy.engine,
        "template hash": _hash_template(tokenizer),
        "decoding": f"greedy, at most {run.config.suites.max_new_tokens} tokens a turn",
        "sample": sample,
        "seed": f"{run.config.seed} (sample and intervals; turns are greedy)",
        "strings": run.config.score.strings,
        **{package: told for package, told in packages.items() if told},
        **suite.facts,
    }


def _keep_settings(run: Run, name: str, policy: str, file: Path, settings: dict[str, str]) -> None:
    """Writes the settings down; raises `RunError` where answers were begun with others."""
    if file.exists():
        before: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        changed = [
            f"{key}: {before.get(key)!r} -> {settings.get(key)!r}"
            for key in {**before, **settings}
            if before.get(key) != settings.get(key)
        ]
        if changed:
            raise RunError(
                f"run {run.config.name!r} has answers of {policy!r} on the suite {name!r} with other settings "
                f"({'; '.join(changed)}); take it again with --redo"
            )
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(settings, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _hash_policy(run: Run, policy: str, path: str) -> str:
    """What tells a policy's weights from another's: its checkpoint's hashes, else those of its files, else its name."""
    if policy != "base":
        checkpoint = read_record(run.directory.checkpoint_record(policy), Checkpoint)  # pyright: ignore[reportArgumentType]
        told = json.dumps([checkpoint.files, checkpoint.examples, checkpoint.steps, checkpoint.tokens], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()
    weights = sorted(Path(path).glob("*.safetensors"))
    if not weights:
        return path
    digest = hashlib.sha256()
    for file in weights:
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def _hash_template(tokenizer: ChatTokenizer) -> str:
    """A hash of what the template makes of a dialogue with a tool, a call, its result and a second question."""
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = ToolSpec.model_validate({"name": "find_rain", "description": "Tells the rain.", "parameters": schema})
    history = (
        UserMessage(content="Rain in Oslo?"),
        AssistantMessage(tool_calls=(ToolCall(name="find_rain", arguments={"city": "Oslo"}),)),
        ToolMessage(content='"none"'),
        AssistantMessage(content="None."),
        UserMessage(content="And in Rome?"),
    )
    return hashlib.sha256(json.dumps(list(tokenizer.prompt_ids(history, (tool,)))).encode()).hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def suite_cases(run: Run, name: str, policy: str) -> list[SuiteCase]:
    """The verdicts that a policy of a run has on a suite. Raises `RunError` where there are none yet."""
    files = SuiteFiles(run.directory.suite(name), policy)
    if not files.evaluation.exists():
        raise RunError(
            f"run {run.config.name!r} has no evaluation of {policy!r} on the suite {name!r}; "
            f"ttpa evaluate {run.config.name} --suite {name} --policy {policy} makes it"
        )
    return read_records(files.cases, SuiteCase)
