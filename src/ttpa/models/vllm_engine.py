"""vLLM in this process: one engine that keeps the prefixes of all requests."""

# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingParameterType=false

import math
from collections.abc import Mapping, Sequence
from typing import Any

from vllm import LLM, SamplingParams, TokensPrompt

from ttpa.errors import ModelError
from ttpa.models.device_memory import release_memory
from ttpa.models.served_tokens import Reply, Request, Seen


class VllmEngine:
    """A `TokenEngine` of vLLM's offline engine."""

    def __init__(self, path: str, **options: Any) -> None:
        """Loads a checkpoint directory or hub model; `options` are vLLM's own.

        Raises `ModelError` where vLLM does not start: for want of memory, or because it does not know the model's form.
        """
        release_memory()  # vLLM wants most of the GPU, and an engine before this one ends only then
        try:
            self._engine = LLM(model=path, enable_prefix_caching=True, **options)
        except (ValueError, RuntimeError) as error:
            raise ModelError(
                f"vLLM does not start with {path!r}: {error}; what it has logged says more, "
                "and policy.engine = 'local' does without it"
            ) from error
        self.max_length = int(self._engine.llm_engine.model_config.max_model_len)

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """A reply to each request, in order."""
        outputs = self._engine.generate(
            [TokensPrompt(prompt_token_ids=list(request.token_ids)) for request in requests],
            [_parameters(request) for request in requests],
            use_tqdm=False,
        )
        return [_reply(request, output) for request, output in zip(requests, outputs, strict=True)]


def _parameters(request: Request) -> SamplingParams:
    top_k = max(1, request.top_k)
    return SamplingParams(
        max_tokens=request.max_new_tokens,
        temperature=request.temperature,
        seed=request.seed,
        logprobs=top_k,
        prompt_logprobs=top_k if request.reads else None,
        skip_special_tokens=False,
        detokenize=False,
    )


def _reply(request: Request, output: Any) -> Reply:
    said = output.outputs[0]
    seen = [_seen(token_id, told, request.top_k) for token_id, told in zip(said.token_ids, said.logprobs, strict=True)]
    read: list[Seen | None] = []
    if request.reads:
        for token_id, told in zip(request.token_ids, output.prompt_logprobs, strict=True):
            read.append(_seen(token_id, told, request.top_k) if told else None)
    return Reply(tuple(said.token_ids), tuple(seen), tuple(read))


def _seen(token_id: int, told: Mapping[int, Any], top_k: int) -> Seen:
    named = {other: float(one.logprob) for other, one in told.items()}
    ranked = sorted(named.items(), key=lambda one: (-one[1], one[0]))
    return named.get(token_id, math.nan), tuple(ranked[:top_k])
