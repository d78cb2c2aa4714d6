"""Config -> real models, tools, dialect, engine: the only place that chooses by kind.

What is large (torch, TRL, openai, the quickstart's knowledge) is imported late here, so that commands that need none
of it start at once.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from ttpa.config import RunConfig
from ttpa.dialects import DIALECTS, Dialect
from ttpa.engines.base import Engine
from ttpa.engines.local import LocalEngine
from ttpa.errors import ModelError
from ttpa.models.base import ChatModel, ChatTokenizer, TokenModel
from ttpa.models.recorded_chat import RecordedChatModel, ReplyStore
from ttpa.quickstart.embedded import policy_path
from ttpa.stages.train import Learners
from ttpa.tools.toolset import PythonToolset


@dataclass(frozen=True)
class Parts:
    """What a run works with; each part is made when it is asked for."""

    base: str
    """The checkpoint directory or hub name of the policy that the run starts from."""
    open_toolset: Callable[[], PythonToolset]
    make_generator: Callable[[ReplyStore], ChatModel]
    load_tokenizer: Callable[[str], ChatTokenizer]
    load_model: Callable[[str], TokenModel]
    load_learners: Callable[[], Learners]
    dialect: Dialect
    generator_engine: Engine


def assemble(config: RunConfig) -> Parts:
    """The parts that a config asks for; nothing is loaded yet."""

    def open_toolset() -> PythonToolset:
        tools = config.tools
        return PythonToolset(tools.module, timeout_seconds=tools.timeout_seconds, only=tools.only)

    def make_generator(journal: ReplyStore) -> ChatModel:
        if config.generator.kind == "offline":
            from ttpa.quickstart.generator import OfflineGenerator

            return OfflineGenerator()
        try:
            from ttpa.models.openai_chat import OpenAIChatModel
        except ImportError as error:
            raise ModelError("generator.kind = 'openai' needs an extra: pip install 'ttpa[openai]'") from error
        model = OpenAIChatModel(config.generator.model, temperature=config.generator.temperature)
        return RecordedChatModel(model, journal)

    def load_tokenizer(path: str) -> ChatTokenizer:
        _require_training_extra()
        from ttpa.models.transformers_tokenizer import TransformersTokenizer

        return TransformersTokenizer(path)

    def load_model(path: str) -> TokenModel:
        _require_training_extra()
        if config.policy.engine == "local":
            from ttpa.models.transformers_tokens import TransformersModel

            return TransformersModel(path, batch_size=config.policy.batch_size)
        from ttpa.models.served_tokens import ServedModel

        tokenizer = load_tokenizer(path)
        if config.policy.engine == "server":
            from ttpa.models.vllm_server import VllmServer

            key = os.environ.get("VLLM_API_KEY")
            in_flight = config.policy.batch_size
            return ServedModel(tokenizer, VllmServer(config.policy.url, path, tokenizer, key=key, in_flight=in_flight))
        if find_spec("vllm") is None:
            raise ModelError("policy.engine = 'vllm' needs vLLM in this environment: pip install vllm")
        from ttpa.models.vllm_engine import VllmEngine

        return ServedModel(tokenizer, VllmEngine(path))

    def load_learners() -> Learners:
        _require_training_extra()
        from ttpa.stages.train.trl_learners import TrlLearners

        return TrlLearners()

    return Parts(
        base=policy_path(config.policy.base),
        open_toolset=open_toolset,
        make_generator=make_generator,
        load_tokenizer=load_tokenizer,
        load_model=load_model,
        load_learners=load_learners,
        dialect=DIALECTS[config.policy.dialect],
        generator_engine=LocalEngine(config.generator.workers),
    )


def _require_training_extra() -> None:
    """Raises `ModelError` without the extra; with it, quiets transformers' own bars, a run shows one of its own."""
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise ModelError("a policy needs torch, transformers and TRL: pip install 'ttpa[train]'")
    from transformers.utils import logging

    logging.disable_progress_bar()
