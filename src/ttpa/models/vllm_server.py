"""A vLLM server over HTTP: token-id prompts, log-probabilities of tokens, many requests in flight."""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import cast

import httpx2

from ttpa.errors import ModelError
from ttpa.models.base import ChatTokenizer
from ttpa.models.served_tokens import Reply, Request, Seen
from ttpa.records.record import JsonValue

_WAY_OUT = (
    "token-level sampling needs a server that continues token ids and tells their log-probabilities, as "
    "`vllm serve {model}` does; or take policy.engine = 'local'"
)
_OWN_DISTRIBUTION: Mapping[str, JsonValue] = MappingProxyType(
    {
        "top_p": 1.0,
        "top_k": 0,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
    }
)
"""The policy's, unchanged; what is not said a server takes from the checkpoint's `generation_config.json`."""
_PROBE = 'Find <tool_call> {"name": "x"} in Zürich, 12.5 °C!'
_LEAST = -9000.0
"""vLLM's JSON has no minus infinity; it says -9999 instead."""


class VllmServer:
    """A `TokenEngine` at an address. Whether it can do what sampling needs is asked before anything else."""

    def __init__(
        self, url: str, model: str, tokenizer: ChatTokenizer, *, key: str | None = None, in_flight: int = 32
    ) -> None:
        """`model` is the checkpoint or name that the server must serve; `key` is sent as a bearer token.

        Raises `ModelError` where the server cannot be reached, serves another model or tokenizer, or cannot continue
        token ids and tell their log-probabilities; the message says what to do.
        """
        self._url = url.rstrip("/").removesuffix("/v1")
        self._headers = {"authorization": f"Bearer {key}"} if key else {}
        self._in_flight = in_flight
        with self._connect() as client:
            self._model, self.max_length = self._find(client, model)
            self._check(client, model, tokenizer)

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """A reply to each request, in order."""
        with self._connect() as client, ThreadPoolExecutor(self._in_flight) as pool:
            return list(pool.map(self._answer, [client] * len(requests), requests))

    def _connect(self) -> httpx2.Client:
        limits = httpx2.Limits(max_connections=self._in_flight)
        return httpx2.Client(headers=self._headers, timeout=httpx2.Timeout(600.0, connect=10.0), limits=limits)

    def _find(self, client: httpx2.Client, model: str) -> tuple[str, int]:
        """The name under which the server serves `model`, and its context."""
        served = _items(self._ask(client, "GET", "/v1/models"), "data")
        names = [str(one.get("id")) for one in served]
        for one, name in zip(served, names, strict=True):
            if model in (name, one.get("root")):
                length = one.get("max_model_len")
                if not isinstance(length, int):
                    raise ModelError(f"{self._url} does not say how long a context it serves; {_way_out(model)}")
                return name, length
        raise ModelError(f"{self._url} serves {', '.join(names) or 'nothing'}; {model!r} was due: vllm serve {model}")

    def _check(self, client: httpx2.Client, model: str, tokenizer: ChatTokenizer) -> None:
        """Tries one request, and whether server and tokenizer agree on what a token is."""
        said = self._ask(
            client, "POST", "/tokenize", {"model": self._model, "prompt": _PROBE, "add_special_tokens": False}
        )
        token_ids = said.get("tokens")
        if not isinstance(token_ids, list) or not all(isinstance(token_id, int) for token_id in token_ids):
            raise ModelError(f"{self._url} does not tell its tokens; {_way_out(model)}")
        ids = cast("list[int]", token_ids)
        if tokenizer.text(ids) != _PROBE:
            raise ModelError(f"{self._url} has another tokenizer than {model!r}: the same ids spell another text there")
        try:
            reply = self._answer(client, Request(tuple(ids), 1, top_k=2, reads=True))
        except _Unable as error:
            raise ModelError(f"{self._url} {error}; {_way_out(model)}") from error
        if not reply.token_ids or len(reply.read) != len(ids):
            raise ModelError(f"{self._url} does not read token ids; {_way_out(model)}")

    def _answer(self, client: httpx2.Client, request: Request) -> Reply:
        body: dict[str, JsonValue] = {
            "model": self._model,
            "prompt": list(request.token_ids),
            "max_tokens": request.max_new_tokens,
            "temperature": request.temperature,
            **_OWN_DISTRIBUTION,
            "logprobs": max(1, request.top_k),
            "return_token_ids": True,
            "return_tokens_as_token_ids": True,
            "add_special_tokens": False,
            "skip_special_tokens": False,
        }
        if request.seed is not None:
            body["seed"] = request.seed
        if request.reads:
            body["prompt_logprobs"] = max(1, request.top_k)
        choices = _items(self._ask(client, "POST", "/v1/completions", body), "choices")
        if len(choices) != 1:
            raise _Unable(f"gives {len(choices)} choices where one is due")
        choice = choices[0]
        token_ids = choice.get("token_ids")
        if not isinstance(token_ids, list):
            raise _Unable("does not tell the ids of the tokens that it says")
        ids = tuple(int(cast("int", token_id)) for token_id in token_ids)
        return Reply(ids, _said(choice.get("logprobs"), ids, request.top_k), _read(choice, request))

    def _ask(
        self, client: httpx2.Client, method: str, path: str, body: dict[str, JsonValue] | None = None
    ) -> dict[str, JsonValue]:
        """The JSON object that the server says."""
        try:
            response = client.request(method, self._url + path, json=body)
        except httpx2.HTTPError as error:
            raise ModelError(f"{self._url}{path} cannot be reached: {error or type(error).__name__}") from error
        try:
            said: object = response.json()
        except ValueError as error:
            raise ModelError(f"{self._url}{path} says no JSON (status {response.status_code})") from error
        if not response.is_success or not isinstance(said, dict):
            raise ModelError(f"{self._url}{path} refuses (status {response.status_code}): {str(said)[:300]}")
        return cast("dict[str, JsonValue]", said)


class _Unable(ModelError):
    """The server lacks what sampling needs."""


def _said(logprobs: JsonValue, ids: tuple[int, ...], top_k: int) -> tuple[Seen, ...]:
    """What is told of the tokens that the server says."""
    if not isinstance(logprobs, dict):
        raise _Unable("tells no log-probabilities")
    own, top = logprobs.get("token_logprobs"), logprobs.get("top_logprobs")
    if not isinstance(own, list) or not isinstance(top, list) or len(own) != len(ids) or len(top) != len(ids):
        raise _Unable("tells no log-probabilities of single tokens")
    seen: list[Seen] = []
    for value, others in zip(own, top, strict=True):
        named = {
            int(name.removeprefix("token_id:")): _number(other)
            for name, other in cast("dict[str, JsonValue]", others or {}).items()
            if name.startswith("token_id:")
        }
        seen.append((_number(value), _rank(named, top_k)))
    return tuple(seen)


def _read(choice: Mapping[str, JsonValue], request: Request) -> tuple[Seen | None, ...]:
    """What is told of the request's own tokens."""
    if not request.reads:
        return ()
    told = choice.get("prompt_logprobs")
    if not isinstance(told, list) or len(told) != len(request.token_ids):
        raise _Unable("tells no log-probabilities of the tokens that it is given")
    seen: list[Seen | None] = []
    for token_id, others in zip(request.token_ids, told, strict=True):
        if not isinstance(others, dict):
            seen.append(None)
            continue
        named = {int(name): _number(cast("dict[str, JsonValue]", one).get("logprob")) for name, one in others.items()}
        seen.append((named.get(token_id, math.nan), _rank(named, request.top_k)))
    return tuple(seen)


def _rank(named: Mapping[int, float], top_k: int) -> tuple[tuple[int, float], ...]:
    return tuple(sorted(named.items(), key=lambda one: (-one[1], one[0]))[:top_k])


def _number(value: JsonValue) -> float:
    if not isinstance(value, int | float):
        return math.nan
    return -math.inf if value <= _LEAST else float(value)


def _items(said: Mapping[str, JsonValue], key: str) -> list[dict[str, JsonValue]]:
    found = said.get(key)
    if not isinstance(found, list):
        raise ModelError(f"the server's answer holds no list of {key}")
    return [one for one in found if isinstance(one, dict)]


def _way_out(model: str) -> str:
    return _WAY_OUT.format(model=model)
