"""Config -> real models, tools, dialect, engine: the only place that chooses by kind.

What is large (torch, TRL, openai, the quickstart's knowledge) is imported late here, so that commands that need none
of it start at once.
"""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from ttpa.config import GeneratorConfig, PolicyConfig, RunConfig
from ttpa.dialects import DIALECTS, Dialect
from ttpa.engines.base import Engine
from ttpa.engines.local import LocalEngine
from ttpa.errors import ModelError, RunError, ToolError, looked_up
from ttpa.models.base import ChatModel, ChatTokenizer, TokenModel
from ttpa.models.hub import Hub
from ttpa.models.recorded_chat import RecordedChatModel, ReplyStore
from ttpa.models.spending import MeteredChatModel, Purse
from ttpa.quickstart.embedded import policy_path
from ttpa.runs.layout import Step
from ttpa.stages.train import Learners, TrainConfig, refuse_rates_that_forget
from ttpa.tools.base import Toolset
from ttpa.tools.config import ToolsConfig, ToolSource

OpenChat = Callable[[str, float], ChatModel]
"""Opens a model at the generator's endpoint, by its name and temperature."""
_PAID = "generator.kind = 'openai'"


class Check(Protocol):
    """Looks whether what steps to come ask for is there; for a policy on the hub only with `asks_hub`."""

    def __call__(self, steps: Collection[Step], *, asks_hub: bool) -> None: ...


@dataclass(frozen=True)
class Parts:
    """What a run works with; each part is made when it is asked for."""

    base: str
    """The checkpoint directory or hub name of the policy that the run starts from."""
    open_toolset: Callable[[ReplyStore, Purse], Toolset]
    tools_origin: str
    """What tells the tools' results from those of another source."""
    make_generator: Callable[[ReplyStore, Purse], ChatModel]
    open_chat: Callable[[str, str, float, ReplyStore, Purse], ChatModel]
    """Opens a model at the generator's endpoint: who wants it, its name, its temperature."""
    load_tokenizer: Callable[[str], ChatTokenizer]
    load_model: Callable[[str], TokenModel]
    read_context: Callable[[str], int | None]
    """How many tokens a policy reads at most; none where its config does not say."""
    load_learners: Callable[[], Learners]
    check: Check
    """Raises `ModelError` where steps to come ask for what is not there, before the first of them is taken."""
    open_hub: Callable[[], Hub]
    dialect: Dialect
    generator_engine: Engine
    """Where constructions and a judge's looks run."""
    engine: Engine
    """Where the policy runs."""
    pure_engine: Engine
    """Where what needs no model runs."""


def assemble(config: RunConfig) -> Parts:
    """The parts that a config asks for; nothing is loaded yet."""
    return Parts(
        base=policy_path(config.policy.base),
        open_toolset=partial(_open_toolset, config),
        tools_origin=config.tools.origin,
        make_generator=partial(_make_generator, config.generator),
        open_chat=partial(_open_chat, config.generator),
        load_tokenizer=partial(_load_tokenizer, config.policy),
        load_model=partial(_load_model, config.policy),
        read_context=_read_context,
        load_learners=partial(_load_learners, config.train),
        check=partial(_check, config),
        open_hub=_open_hub,
        dialect=DIALECTS[config.policy.dialect],
        generator_engine=_open_engine(config, threads=config.generator.workers),
        engine=_open_engine(config, holds_policy=True),
        pure_engine=_open_engine(config),
    )


def _make_generator(generator: GeneratorConfig, journal: ReplyStore, spending: Purse) -> ChatModel:
    if generator.kind == "offline":
        from ttpa.quickstart.generator import OfflineGenerator

        return OfflineGenerator()
    if generator.kind == "schema":
        from ttpa.quickstart.schema_generator import SchemaGenerator

        return SchemaGenerator()
    return _open_chat(generator, _PAID, generator.model, generator.temperature, journal, spending)


def _open_chat(
    generator: GeneratorConfig,
    wanted_by: str,
    model: str,
    temperature: float,
    journal: ReplyStore,
    spending: Purse,
) -> ChatModel:
    """A model behind an OpenAI-compatible endpoint: what it costs is metered, and its replies are journaled."""
    chat = _connect(generator, wanted_by, model, temperature)
    return RecordedChatModel(MeteredChatModel(chat, spending, max_tokens=generator.max_tokens), journal)


def _connect(generator: GeneratorConfig, wanted_by: str, model: str, temperature: float) -> ChatModel:
    """The model itself; nothing is asked of it yet. Raises `ModelError` without the extra, and without a key."""
    try:
        from ttpa.models.openai_chat import OpenAIChatModel
    except ImportError as error:
        raise ModelError(f"{wanted_by} needs an extra: pip install '.[openai]' in a clone") from error
    return OpenAIChatModel(model, temperature=temperature, max_tokens=generator.max_tokens, in_flight=generator.workers)


def _load_tokenizer(policy: PolicyConfig, path: str) -> ChatTokenizer:
    _require_training_extra()
    from ttpa.models.transformers_tokenizer import TransformersTokenizer

    return TransformersTokenizer(path, policy.chat_template_kwargs)


def _load_model(policy: PolicyConfig, path: str) -> TokenModel:
    _require_training_extra()
    if policy.engine == "local":
        from ttpa.models.transformers_tokens import TransformersModel

        told = policy.chat_template_kwargs
        return TransformersModel(path, batch_size=policy.batch_size, chat_template_kwargs=told)
    from ttpa.models.served_tokens import ServedModel

    tokenizer = _load_tokenizer(policy, path)
    if policy.engine == "server":
        from ttpa.models.replicas import Replicas
        from ttpa.models.vllm_server import VllmServer

        key, urls = os.environ.get("VLLM_API_KEY"), (policy.url,) if isinstance(policy.url, str) else policy.url
        servers = [VllmServer(url, path, tokenizer, key=key, in_flight=policy.batch_size) for url in urls]
        return ServedModel(tokenizer, servers[0] if len(servers) == 1 else Replicas(servers))
    _require_vllm()
    from ttpa.models.vllm_engine import VllmEngine

    return ServedModel(tokenizer, VllmEngine(path))


def _load_learners(train: TrainConfig) -> Learners:
    _require_training_extra()
    if train.launch:
        from ttpa.stages.train.launched_learners import LaunchedLearners

        return LaunchedLearners(train.launch)
    from ttpa.stages.train.trl_learners import TrlLearners

    return TrlLearners()


def _require_vllm() -> None:
    if find_spec("vllm") is None:
        raise ModelError("policy.engine = 'vllm' needs vLLM in this environment: pip install vllm")


def _check(config: RunConfig, steps: Collection[Step], *, asks_hub: bool) -> None:
    generator = config.generator
    if "construct" in steps and generator.kind == "openai" and config.engine.kind == "local":
        _connect(generator, _PAID, generator.model, generator.temperature)  # elsewhere the workers need the key
    judge = config.construct_.judge
    if "construct" in steps and judge.model:
        _connect(generator, "construct.judge", judge.model, judge.temperature)
    asks = bool({"sample", "rounds", "evaluate"}.intersection(steps))
    trains = bool({"sft", "align", "rounds"}.intersection(steps))
    if not asks and not trains:
        return
    _require_training_extra()
    base = policy_path(config.policy.base)
    if not _may_be_on_a_hub(base) and not Path(base).is_dir():
        raise ModelError(f"policy.base = {config.policy.base!r}: there is no such folder{looked_up(base)}")
    if asks and config.policy.engine == "vllm" and config.engine.kind == "local":
        _require_vllm()  # elsewhere the workers need it, and this machine does not
    if trains:
        from ttpa.stages.train.arguments import refuse_unable

        refuse_rates_that_forget(config.train, base)
        refuse_unable(config.train)
        if config.train.launch:
            _load_learners(config.train)  # looks for the launcher
    if asks_hub or Path(base).is_dir():
        _check_policy(config, base, steps)


def _check_policy(config: RunConfig, base: str, steps: Collection[Step]) -> None:
    """Looks at the policy's tokenizer and config, which are read in no time; its weights are not."""
    from ttpa.models.transformers_layers import load_config, require_branches, require_forest

    _load_tokenizer(config.policy, base)
    form = load_config(base)
    if config.policy.engine == "local" and {"sample", "rounds", "evaluate"}.intersection(steps):
        require_branches(form)
    train = config.train
    if train.packing == "tree" and train.method != "probability" and {"align", "rounds"}.intersection(steps):
        require_forest(form)


def _may_be_on_a_hub(base: str) -> bool:
    return not base.startswith((".", "~", "/")) and base.count("/") <= 1


def _read_context(path: str) -> int | None:
    _require_training_extra()
    from ttpa.models.transformers_context import read_context

    return read_context(path)


def _open_engine(config: RunConfig, *, threads: int = 1, holds_policy: bool = False) -> Engine:
    if config.engine.kind == "local":
        return LocalEngine(threads)
    try:
        from ttpa.engines.ray_engine import RayEngine
    except ImportError as error:
        raise RunError("engine.kind = 'ray' needs an extra: pip install '.[ray]' in a clone") from error
    return RayEngine(config.engine, threads=threads, holds_policy=holds_policy)


def _open_python(tools: ToolsConfig, _: OpenChat) -> Toolset:
    from ttpa.tools.python_toolset import PythonToolset

    return PythonToolset(
        tools.module,
        timeout_seconds=tools.timeout_seconds,
        memory_gb=tools.memory_gb,
        environment=tools.environment,
        only=tools.only,
        allow_write=tools.allow_write,
    )


def _open_mcp(tools: ToolsConfig, _: OpenChat) -> Toolset:
    if find_spec("mcp") is None:
        raise ToolError("tools.source = 'mcp' needs an extra: pip install '.[mcp]' in a clone")
    from ttpa.tools.mcp_toolset import McpToolset

    return McpToolset(
        tools.mcp.url or tools.mcp.command,
        environment=tools.mcp.environment,
        headers=tools.mcp.headers,
        timeout_seconds=tools.timeout_seconds,
        only=tools.only,
        allow_write=tools.allow_write,
    )


def _open_openapi(tools: ToolsConfig, _: OpenChat) -> Toolset:
    if find_spec("httpx2") is None or find_spec("yaml") is None:
        raise ToolError("tools.source = 'openapi' needs an extra: pip install '.[openapi]' in a clone")
    from ttpa.tools.openapi_toolset import OpenApiToolset

    missing = [name for name in tools.openapi.keys.values() if name not in os.environ]
    if missing:
        raise ToolError(f"tools.openapi.keys names {missing[0]}, which is not set in the environment")
    return OpenApiToolset(
        tools.openapi.document,
        server=tools.openapi.server,
        keys={scheme: os.environ[name] for scheme, name in tools.openapi.keys.items()},
        timeout_seconds=tools.timeout_seconds,
        only=tools.only,
        allow_write=tools.allow_write,
    )


def _open_toolbench(tools: ToolsConfig, _: OpenChat) -> Toolset:
    from ttpa.tools.toolbench_toolset import ToolBenchToolset

    return ToolBenchToolset(tools.toolbench.folder, categories=tools.toolbench.categories, only=tools.only)


def _open_simulated(tools: ToolsConfig, open_chat: OpenChat) -> Toolset:
    from ttpa.tools.simulated_toolset import SimulatedToolset

    model = open_chat(tools.simulated.model, tools.simulated.temperature)
    return SimulatedToolset(tools.simulated.definitions, model, only=tools.only)


OPEN_TOOLS: dict[ToolSource, Callable[[ToolsConfig, OpenChat], Toolset]] = {
    "python": _open_python,
    "mcp": _open_mcp,
    "openapi": _open_openapi,
    "toolbench": _open_toolbench,
    "simulated": _open_simulated,
}
"""Every source of tools; a new one is a file in `tools/` and a line here."""


def _open_toolset(config: RunConfig, journal: ReplyStore, spending: Purse) -> Toolset:
    def open_chat(model: str, temperature: float) -> ChatModel:
        return _open_chat(config.generator, "tools.source = 'simulated'", model, temperature, journal, spending)

    return OPEN_TOOLS[config.tools.source](config.tools, open_chat)


def _open_hub() -> Hub:
    _require_training_extra()
    from ttpa.models.hugging_face_hub import HuggingFaceHub

    return HuggingFaceHub()


def _require_training_extra() -> None:
    """Raises `ModelError` without the extra; with it, quiets transformers' own bars, a run shows one of its own."""
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise ModelError("a policy needs torch, transformers and TRL: pip install '.[train]' in a clone")
    from transformers.utils import logging

    logging.disable_progress_bar()
