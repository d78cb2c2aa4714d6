"""The config of a run: one section a stage, TOML in, complete JSON out."""

import difflib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ttpa.dialects import DIALECTS
from ttpa.engines.config import EngineConfig
from ttpa.errors import ConfigError
from ttpa.quickstart.embedded import EMBEDDED
from ttpa.records.costs import Budget, Prices
from ttpa.records.record import Record
from ttpa.redaction import cut_addresses
from ttpa.stages.construct import ConstructConfig
from ttpa.stages.evaluate import EvaluateConfig
from ttpa.stages.importing import ImportConfig
from ttpa.stages.pair import PairConfig
from ttpa.stages.report import ReportConfig
from ttpa.stages.sample import SampleConfig
from ttpa.stages.score import ScoreConfig
from ttpa.stages.train import TrainConfig
from ttpa.suites.config import SuitesConfig
from ttpa.tools.config import ToolsConfig

_RUN_NAME = r"^\w[\w.-]*$"
NAME_RULE = "a run's name has letters, digits, _ . -"


class GeneratorConfig(Record):
    """Who writes scenarios, calls, answers and questions."""

    kind: Literal["offline", "schema", "openai"] = "offline"
    """`offline` knows the bundled tools only, `schema` nothing but the schemas of any tools; `openai` is any
    OpenAI-compatible endpoint."""
    model: str = ""
    """The endpoint's name for the model."""
    temperature: float = 1.0
    workers: int = Field(default=1, ge=1)
    """Instances in flight; the endpoint gets fewer requests at once while it refuses some."""
    max_tokens: int = Field(default=2048, ge=1)
    """Tokens of a reply at most."""
    budget: Budget = Budget()
    prices: Prices = Prices()


_OF_EVERY_TURN = frozenset({"messages", "tools", "add_generation_prompt", "chat_template", "tokenize"})


class PolicyConfig(Record):
    """The model that learns."""

    base: str = EMBEDDED
    """A checkpoint directory, a hub name, or `embedded`: the small pretrained policy that comes with the package."""
    dialect: str = "hermes"
    """How it writes tool calls: hermes (Qwen's, too), llama3_json, llama3_pythonic, mistral or json; `ttpa doctor` says
    which one fits."""
    chat_template_kwargs: dict[str, bool | int | float | str] = {}
    """What its chat template is told besides messages and tools, such as `enable_thinking = false` for Qwen3."""
    batch_size: int = Field(default=32, ge=1)
    """Turns, and branches, that are decoded together, or are in flight to a server."""
    engine: Literal["local", "vllm", "server"] = "local"
    """What runs it: transformers in this process, vLLM in this process, or a vLLM server."""
    url: str | tuple[str, ...] = ""
    """Of the server, as in `http://localhost:8000`, or of several that serve the same policy; the key, where they want
    one, is `VLLM_API_KEY`."""

    @field_validator("chat_template_kwargs")
    @classmethod
    def _leaves_the_dialogue_alone(
        cls, told: dict[str, bool | int | float | str]
    ) -> dict[str, bool | int | float | str]:
        if taken := sorted(_OF_EVERY_TURN.intersection(told)):
            raise ValueError(f"{taken[0]!r} is not for a config to say: every turn is rendered with its own")
        return told


class RunConfig(Record):
    """Everything a run is told. The defaults are the quickstart's."""

    # `construct` is a method of pydantic's models and `import` a keyword: these two sections have an alias.
    model_config = ConfigDict(validate_by_alias=True, validate_by_name=False)

    name: str = Field(default="quickstart", pattern=_RUN_NAME)
    """The run's folder below `runs`. A config file that leaves it out is the run of its own name: `shop.toml` is
    `shop`."""
    runs: str = "runs"
    """The folder of all runs."""
    seed: int = 0
    rounds: int = Field(default=1, ge=1)
    """How often the policy is sampled, scored, paired and aligned; a round begins with the policy of the one before."""
    tools: ToolsConfig = ToolsConfig()
    generator: GeneratorConfig = GeneratorConfig()
    policy: PolicyConfig = PolicyConfig()
    engine: EngineConfig = EngineConfig()
    construct_: ConstructConfig = Field(default=ConstructConfig(), alias="construct")
    import_: ImportConfig = Field(default=ImportConfig(), alias="import")
    sample: SampleConfig = SampleConfig()
    score: ScoreConfig = ScoreConfig()
    pair: PairConfig = PairConfig()
    train: TrainConfig = TrainConfig()
    evaluate: EvaluateConfig = EvaluateConfig()
    suites: SuitesConfig = SuitesConfig()
    report: ReportConfig = ReportConfig()

    @model_validator(mode="after")
    def _fits_together(self) -> "RunConfig":
        if self.policy.dialect not in DIALECTS:
            raise ValueError(f"policy.dialect = {self.policy.dialect!r} is none of {', '.join(sorted(DIALECTS))}")
        if self.policy.engine == "server" and not self.policy.url:
            raise ValueError("policy.url is empty; with policy.engine = 'server' it is the address of a vLLM server")
        if self.generator.kind == "openai" and not self.generator.model:
            raise ValueError("generator.model is empty; with generator.kind = 'openai' it names the endpoint's model")
        generator = self.generator
        if generator.budget.money is not None and None in (generator.prices.prompt, generator.prices.completion):
            raise ValueError("generator.budget.money needs generator.prices.prompt and .completion, per million tokens")
        if self.rounds > 1 and not self.train.samples:
            raise ValueError(
                "rounds are of what is sampled; train.method = 'probability' samples nothing: leave them 1"
            )
        return self

    @property
    def path(self) -> Path:
        """The run's folder."""
        return Path(self.runs) / self.name

    def as_json(self) -> dict[str, Any]:
        """All values, defaults included."""
        return self.model_dump(mode="json", by_alias=True)


def is_run_name(text: str) -> bool:
    """Whether a run may be called so."""
    return re.fullmatch(_RUN_NAME, text) is not None


def load_config(source: str | None, overrides: Sequence[str] = ()) -> RunConfig:
    """The config in a TOML file, or the one an existing run was started with, with `section.key=value` overrides.

    Without a source these are the defaults. A file that names no run is one of its own name.

    Raises `ConfigError` that names the key, the file or the value that is wrong.
    """
    path = Path(source or "")
    runs = _folder_of_runs(overrides)
    is_folder = "/" in (source or "")  # a path forgets `./` and a slash at its end
    stored = (path if is_folder else Path(runs) / path) / "config.json"
    values: dict[str, Any] = {}
    if source is None:
        pass
    elif path.suffix == ".toml" or (path.is_file() and path.name != "config.json"):
        values = _read_toml(path)
    elif stored.is_file():
        # A run goes on where it lies, also when its folder was moved or copied.
        values = {**read_stored(stored), "runs": str(stored.parent.parent), "name": stored.parent.name}
    else:
        raise ConfigError(f"{source!r} is neither a TOML file nor a run: there is no {str(stored)!r}")
    for override in overrides:
        _apply(values, override)
    if source is not None:
        values.setdefault("name", path.stem)
    return make_config(values)


def read_stored(path: Path) -> dict[str, Any]:
    """What a run's `config.json` holds. Raises `ConfigError` where that is no JSON object."""
    try:
        values: object = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"config {str(path)!r} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"config {str(path)!r} is no JSON: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"config {str(path)!r} is no JSON object")
    return cast("dict[str, Any]", values)


def make_config(values: Mapping[str, Any]) -> RunConfig:
    """The config with these values. Raises `ConfigError` that names the first wrong key."""
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_explain(error, values)) from error


def with_defaults(stored: Mapping[str, Any]) -> dict[str, Any]:
    """What an older version has written, with the defaults of the keys that it did not have."""
    return _over(RunConfig().as_json(), stored)


def changed_keys(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[str]:
    """The keys whose values differ, as `section.key: old -> new`; of addresses neither user nor query is told."""
    lines: list[str] = []
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            lines.extend(changed_keys(cast("dict[str, Any]", before), cast("dict[str, Any]", after), f"{prefix}{key}."))
        elif before != after:
            lines.append(cut_addresses(f"{prefix}{key}: {before!r} -> {after!r}"))
    return lines


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**below, **above}
    for key in set(below) & set(above):
        one, other = below[key], above[key]
        if isinstance(one, dict) and isinstance(other, dict):
            merged[key] = _over(cast("dict[str, Any]", one), cast("dict[str, Any]", other))
    return merged


def _folder_of_runs(overrides: Sequence[str]) -> str:
    values: dict[str, Any] = {}
    for override in overrides:
        _apply(values, override)
    return str(values.get("runs", "runs"))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"config {str(path)!r} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"config {str(path)!r} is no TOML: {error}") from error


def _apply(values: dict[str, Any], override: str) -> None:
    name, equals, text = override.partition("=")
    keys = name.strip().split(".")
    if not equals or not all(keys):
        raise ConfigError(f"{override!r} is no override; section.key=value is due, as in train.dpo.beta=0.2")
    try:
        value: Any = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    section = values
    for key in keys[:-1]:
        below = section.setdefault(key, {})
        if not isinstance(below, dict):
            raise ConfigError(f"{override!r}: {key!r} is a value, not a section")
        section = cast("dict[str, Any]", below)
    section[keys[-1]] = value


def _explain(error: ValidationError, values: Mapping[str, Any]) -> str:
    first = error.errors()[0]
    where = _keys_among(first["loc"], values)
    name = ".".join(where)
    if first["type"] == "extra_forbidden":
        known = _known_keys(where[:-1])
        near = difflib.get_close_matches(where[-1], known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known there: {', '.join(known)}"
        return f"unknown key {name!r}; {hint}"
    if name == "name" and first["type"] == "string_pattern_mismatch":
        return f"name = {first['input']!r}: {NAME_RULE}; give one with --run, or as name in the config"
    if first["type"] == "value_error":
        return first["msg"].removeprefix("Value error, ")
    return f"{name} = {first['input']!r}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def _keys_among(place: Sequence[str | int], values: Any) -> list[str]:
    """The keys and numbers that lead to a place in `values`; a union puts the names of its members between them."""
    keys: list[str] = []
    for part in place:
        in_list = isinstance(values, list | tuple) and isinstance(part, int)
        if in_list or (isinstance(values, Mapping) and part in values):
            keys.append(str(part))
            values = cast("Any", values)[part]
    return keys


def _known_keys(section: Sequence[str]) -> list[str]:
    kind: Any = RunConfig
    for key in section:
        fields = cast("type[BaseModel]", kind).model_fields
        field = next((field for name, field in fields.items() if key in (name, field.alias)), None)
        if field is None:
            return []
        kind = next(
            (t for t in getattr(field.annotation, "__args__", (field.annotation,)) if isinstance(t, type)), None
        )
        if kind is None or not issubclass(kind, BaseModel):
            return []
    return sorted(field.alias or name for name, field in cast("type[BaseModel]", kind).model_fields.items())
