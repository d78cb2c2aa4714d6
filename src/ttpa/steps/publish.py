"""A trained policy -> a folder that plain `transformers` loads, with a card; and that folder on a hub."""

import json
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import JsonValue

from ttpa.errors import RunError
from ttpa.quickstart.embedded import EMBEDDED
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.evaluations import Evaluation
from ttpa.redaction import cut_addresses, hide_keys
from ttpa.runs.manifest import MANIFEST, sha256, write_manifest
from ttpa.runs.record_files import read_record, write_text
from ttpa.stages.publish import CardInputs, write_model_card
from ttpa.steps.origin import tell_origin
from ttpa.steps.run import Run

CONFIG = "run_config.json"
"""Everything the run was told, beside the weights."""
_RECORD = "checkpoint.json"
"""Names paths of this machine, so the card tells what it says."""
_PACKAGES = ("ttpa", "torch", "transformers", "trl", "peft")
_CODE = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".py")
"""What could run code where it is loaded."""


def publish(
    run: Run,
    *,
    policy: str | None = None,
    to: Path | None = None,
    hub: str | None = None,
    public: bool = False,
    license_name: str = "other",
) -> list[str]:
    """Writes the policy, the run's last aligned one by default, to a folder or a hub's name, or both; says where.

    Raises `RunError` for a policy that is not there or not whole, for a folder that is there already, and for a file
    that is no plain data; `ModelError` where the hub does not take it.
    """
    if to is None and hub is None:
        raise RunError("publish where? --to DIR writes a folder, --hub NAME uploads, privately")
    if to is not None and to.exists():
        raise RunError(f"{str(to)!r} is there already; give the policy a folder of its own")
    chosen = policy or _last(run)
    with TemporaryDirectory() as temporary:
        draft = Path(temporary) / "policy"
        _write(run, chosen, draft, name=hub or run.config.name, license_name=license_name)
        told: list[str] = []
        if to is not None:
            shutil.copytree(draft, to)
            told.append(f"{chosen} of run {run.config.name!r}: {to}")
        if hub is not None:
            message = f"{chosen} of run {run.config.name}"
            address = run.parts.open_hub().upload(draft, hub, public=public, message=message)
            told.append(f"{chosen} of run {run.config.name!r}: {address} ({'public' if public else 'private'})")
    return told


def _last(run: Run) -> str:
    """The name of the policy that the run is about: the last one, controls left aside."""
    made = [name for name in run.directory.trained if not name.startswith("sft_continued")]
    if not made:
        raise RunError(f"run {run.config.name!r} has trained no policy yet; ttpa run {run.config.name} does")
    return made[-1]


def _write(run: Run, policy: str, output: Path, *, name: str, license_name: str) -> None:
    """The weights and the tokenizer, the card, the config, and the manifest of it all."""
    if policy not in run.directory.trained:
        known = ", ".join(run.directory.trained) or "none yet"
        raise RunError(f"run {run.config.name!r} has trained no policy {policy!r}; it has {known}")
    source = Path(run.checkpoint(policy))
    unsafe = next((path.name for path in sorted(source.rglob("*")) if path.suffix in _CODE), None)
    if unsafe is not None:
        raise RunError(f"{str(source)!r} holds {unsafe!r}, which could run code: only safetensors are published")
    shutil.copytree(source, output, ignore=shutil.ignore_patterns(_RECORD, MANIFEST))
    told = run.config.as_json()
    told = {**told, "runs": "runs", "policy": {**told["policy"], "base": _told_base(run)}}
    config = hide_keys(json.dumps(_shorten(told), indent=1))
    write_text(output / CONFIG, config + "\n")
    write_text(output / "README.md", hide_keys(write_model_card(_gather(run, policy, name, license_name, config))))
    write_manifest(output, identity=sha256(source / MANIFEST))


def _gather(run: Run, policy: str, name: str, license_name: str, config: str) -> CardInputs:
    directory = run.directory
    evaluation = read_record(directory.evaluation, Evaluation) if directory.evaluation.exists() else None
    base = _told_base(run)
    return CardInputs(
        name=name,
        policy=policy,
        base="the small policy that comes with the package" if base == EMBEDDED else f"`{base}`",
        base_on_hub=None if base == EMBEDDED or _is_folder(run.config.policy.base) else base,
        license=license_name,
        ancestry=_ancestry(run, policy),
        parameters=run.config.train.parameters,
        evaluation=evaluation if evaluation and policy in evaluation.policies else None,
        config=config,
        facts={"seed": str(run.config.seed), **tell_origin(run), **_versions()},
    )


def _told_base(run: Run) -> str:
    """What the run started from; of a folder of this machine the last name alone."""
    base = run.config.policy.base
    return Path(base).resolve().name if base != EMBEDDED and _is_folder(base) else base


def _is_folder(base: str) -> bool:
    """Whether a policy is named by its folder, be it there or not, and not by its name on a hub."""
    return Path(base).is_absolute() or Path(base).exists()


def _shorten(value: JsonValue) -> JsonValue:
    """The same with the last name alone of every absolute path, and of addresses neither user nor query."""
    if isinstance(value, dict):
        return {key: _shorten(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_shorten(below) for below in value]
    if not isinstance(value, str):
        return value
    return Path(value).name if Path(value).is_absolute() else cut_addresses(value)


def _ancestry(run: Run, policy: str) -> dict[str, Checkpoint]:
    """The trainings that led to a policy, in order.

    A base is known by the end of its path, since the run may have been moved; only what the run trained before can be
    one, since another run's policies have the same names.
    """
    directory = run.directory
    trained = directory.trained
    places = {name: directory.checkpoint(name).relative_to(directory.path).parts for name in trained}
    found: dict[str, Checkpoint] = {}
    name: str | None = policy
    while name is not None:
        found[name] = read_record(directory.checkpoint_record(name), Checkpoint)
        base = Path(found[name].base).parts
        likely = [known for known in trained[: trained.index(name)] if base[-len(places[known]) :] == places[known]]
        name = max(likely, key=lambda known: len(places[known]), default=None)
    return dict(reversed(found.items()))


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
