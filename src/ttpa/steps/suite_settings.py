"""What the figures of a suite depend on, written down when it is begun: other settings are refused later."""

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ttpa.errors import RunError
from ttpa.models.base import ChatTokenizer
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.messages import AssistantMessage, ToolMessage, UserMessage
from ttpa.records.strict_json import canonical_json
from ttpa.records.suites import SuiteEvaluation
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.runs.record_files import read_record, write_text
from ttpa.steps.run import Run
from ttpa.suites.base import Suite

_PACKAGES = ("ttpa", "torch", "transformers", "vllm")


def describe_settings(run: Run, suite: Suite, policy: str, path: str, sample: str) -> dict[str, str]:
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
        "scoring": canonical_json(run.config.score.model_dump(mode="json")),
        **{package: told for package, told in packages.items() if told},
        **suite.facts,
    }


def keep_settings(run: Run, name: str, policy: str, file: Path, settings: dict[str, str]) -> None:
    """Writes the settings down; raises `RunError` where answers were begun with others."""
    if file.exists():
        before = _read_settings(file)
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
    write_text(file, json.dumps(settings, indent=1, ensure_ascii=False) + "\n")


def _read_settings(file: Path) -> dict[str, str]:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunError(f"{file} cannot be read: {error}; take the suite again with --redo") from error


def is_outdated(run: Run, evaluation: SuiteEvaluation) -> bool:
    """Whether the run has trained another policy of this name since, or has none any more."""
    if evaluation.policy == "base":  # it is as the config says
        return False
    is_there = run.directory.checkpoint_record(evaluation.policy).exists()
    return not is_there or _hash_trained(run, evaluation.policy) != evaluation.settings["policy"]


def _hash_policy(run: Run, policy: str, path: str) -> str:
    """What tells a policy's weights from another's: its checkpoint's hashes, else those of its files, else its name."""
    if policy != "base":
        return _hash_trained(run, policy)
    weights = sorted(Path(path).glob("*.safetensors"))
    if not weights:
        return path
    digest = hashlib.sha256()
    for file in weights:
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def _hash_trained(run: Run, policy: str) -> str:
    checkpoint = read_record(run.directory.checkpoint_record(policy), Checkpoint)
    told = json.dumps([checkpoint.files, checkpoint.examples, checkpoint.steps, checkpoint.tokens], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


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
