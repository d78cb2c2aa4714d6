"""A generator behind any OpenAI-compatible endpoint (`OPENAI_API_KEY`, `OPENAI_BASE_URL`)."""

import hashlib
import time
import warnings
import weakref
from collections.abc import Iterator, Sequence
from functools import partial

import openai
from httpx2 import HTTPError, Response, SyncByteStream
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel, Field, ValidationError
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from ttpa.errors import ModelError
from ttpa.models.base import ChatReply
from ttpa.models.throttle import Throttle
from ttpa.records.messages import AssistantMessage, Message, UserMessage
from ttpa.redaction import cut_addresses, hide_keys

_SECONDS_OF_SILENCE = 120.0
"""Within a request; an endpoint that sends something now and then, as some do while a model thinks, gets more."""
_LONGEST_WAIT = 60.0
_GREETING = (UserMessage(content="Say yes as a JSON object."),)
_JITTER = wait_random_exponential(multiplier=1, max=_LONGEST_WAIT)
_SUSPECTS = {
    401: "OPENAI_API_KEY",
    403: "OPENAI_API_KEY and what it may use",
    404: "OPENAI_BASE_URL and generator.model",
}
"""By status: what is likely wrong."""
_PASSING = (408, 409)
"""Statuses of a fault that may pass, beside those of a server's own."""
_NOT_EVERYWHERE = ("response_format", "max_tokens", "temperature", "seed")
"""Parameters that some models refuse: reasoning models take `max_completion_tokens` and their own temperature alone."""


class PassingFault(Exception):
    """The endpoint failed in a way that may pass: it is asked again."""

    def __init__(self, reason: str, retry_after: float | None = None, *, nobody_listens: bool = False) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        """Seconds that the endpoint asks to be left alone."""
        self.nobody_listens = nobody_listens


class _Part(BaseModel):
    text: str = ""
    """Of other kinds, such as the reasoning of Mistral's models, nothing is read."""


class _Message(BaseModel):
    content: str | list[_Part] | None = None

    def text(self) -> str:
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class _Choice(BaseModel):
    message: _Message


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(BaseModel):
    """What is read of a reply. The SDK builds its own classes unchecked, so the body is read here."""

    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class OpenAIChatModel:
    """Chat completions of one model; retries here and nowhere else.

    What the endpoint says that the model does not take (structured output, `max_tokens`, a temperature, a seed) it is
    not sent again.
    """

    def __init__(
        self,
        model: str,
        *,
        temperature: float = 1.0,
        attempts: int = 10,
        seconds: float = 600.0,
        max_tokens: int = 2048,
        in_flight: int = 1,
    ) -> None:
        """Reads key and base URL from the environment. Raises `ModelError` where there is no key.

        No attempt is begun after so many `attempts` or `seconds`, and no reply that has begun takes longer than that.
        """
        # The SDK reads the body of an error by itself, so the limit stands where any body is read.
        bounded = openai.DefaultHttpxClient(event_hooks={"response": [partial(_end_within, seconds)]})
        weakref.finalize(self, bounded.close)  # the SDK closes only a client of its own making
        try:
            self._client = openai.OpenAI(max_retries=0, timeout=_SECONDS_OF_SILENCE, http_client=bounded)
        except openai.OpenAIError as error:
            raise ModelError("no key for the generator: set OPENAI_API_KEY (and OPENAI_BASE_URL)") from error
        self._model = model
        self._temperature = temperature
        self._attempts = attempts
        self._seconds = seconds
        self._max_tokens = max_tokens
        self._throttle = Throttle(in_flight, f"the endpoint at {cut_addresses(str(self._client.base_url)).rstrip('/')}")
        self._refused: set[str] = set()
        endpoint = hashlib.sha256(str(self._client.base_url).encode()).hexdigest()[:8]  # an address may tell too much
        self.identity = f"{model} temperature={temperature:g} max_tokens={max_tokens} endpoint={endpoint}"

    def chat(self, messages: Sequence[Message], *, seed: int) -> ChatReply:
        """The reply; an empty one where the endpoint fails at this request every time and answers others.

        Raises `ModelError` when the endpoint refuses the request, or still fails after all attempts.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(PassingFault),
            wait=_wait,
            stop=stop_after_attempt(self._attempts) | stop_after_delay(self._seconds),
            reraise=True,
        )
        try:
            return retrying(self._try, messages, seed)
        except PassingFault as error:
            if error.retry_after is None and (sign := self._sign_of_life()) is not None:
                return sign
            raise ModelError(
                f"the generator {self._model!r} did not answer in {self._attempts} attempts: {error}; "
                "nothing is lost: check OPENAI_BASE_URL, or run the same command later"
            ) from error

    def _sign_of_life(self) -> ChatReply | None:
        """An empty reply, at the cost of asking whether the endpoint answers at all; none where it does not."""
        try:
            cost = self._ask(_GREETING, 0)
        except PassingFault:
            return None
        self._throttle.succeeded()
        return ChatReply("", prompt_tokens=cost.prompt_tokens, completion_tokens=cost.completion_tokens)

    def _try(self, messages: Sequence[Message], seed: int) -> ChatReply:
        """One attempt, when there is room for it; the last before giving up asks only whether the endpoint lives."""
        with self._throttle.slot() as is_last:
            try:
                reply = self._ask(_GREETING if is_last else messages, seed)
            except PassingFault as fault:
                if fault.retry_after is None:
                    self._throttle.failed(str(fault), nobody_listens=fault.nobody_listens)
                else:
                    self._throttle.refused()
                raise
            self._throttle.succeeded()
        if is_last:
            raise PassingFault("failed, though the endpoint answers others")
        return reply

    def _ask(self, messages: Sequence[Message], seed: int) -> ChatReply:
        refused = frozenset(self._refused)
        try:
            with self._client.chat.completions.with_streaming_response.create(
                model=self._model,
                messages=[_shape(message) for message in messages],
                temperature=openai.omit if "temperature" in refused else self._temperature,
                max_tokens=openai.omit if "max_tokens" in refused else self._max_tokens,
                max_completion_tokens=self._max_tokens if "max_tokens" in refused else openai.omit,
                seed=openai.omit if "seed" in refused else seed % 2**31,
                response_format=openai.omit if "response_format" in refused else {"type": "json_object"},
            ) as response:
                body = response.read()
        except openai.RateLimitError as error:
            if error.code == "insufficient_quota":
                raise ModelError(
                    "the generator's quota is used up; raise it and run the same command again: nothing is lost"
                ) from error
            raise PassingFault("too many requests", _retry_after(error)) from error
        except openai.InternalServerError as error:
            raise PassingFault(f"status {error.status_code}") from error
        except (openai.APIConnectionError, HTTPError) as error:
            reason = _find_reason(error)
            told = type(error).__name__ if reason is None else str(reason.strerror).lower()
            raise PassingFault(told, nobody_listens=isinstance(reason, ConnectionRefusedError)) from error
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            if error.code == "content_filter" or _is_too_long(error):
                return ChatReply("", 0, 0)  # this one prompt is refused; its instance becomes a discard
            parameter = _refused_parameter(error)
            if parameter is None or parameter in refused:
                told = hide_keys(", ".join(str(part) for part in (error.code, error.param) if part))
                raise ModelError(
                    f"the endpoint refused the request with status {error.status_code}" + (f" ({told})" if told else "")
                ) from error
            self._do_without(parameter)
            return self._ask(messages, seed)
        except openai.APIStatusError as error:
            if error.status_code in _PASSING:
                raise PassingFault(f"status {error.status_code}") from error
            # The body is left out: a 401 echoes the key.
            raise ModelError(
                f"the endpoint refused the request with status {error.status_code}; "
                f"check {_SUSPECTS.get(error.status_code, 'what it serves')}"
            ) from error
        return _read(body)

    def _do_without(self, parameter: str) -> None:
        is_new = parameter not in self._refused
        self._refused.add(parameter)
        if is_new and parameter in ("temperature", "seed"):
            warnings.warn(f"{self._model!r} takes no {parameter} of ours; it is asked without", stacklevel=2)


def _end_within(seconds: float, response: Response) -> None:
    """Limits the time in which the response's body may come."""
    assert isinstance(response.stream, SyncByteStream)
    response.stream = _Ending(response.stream, time.monotonic() + seconds)


class _Ending(SyncByteStream):
    """A body's parts. Raises `PassingFault` where they still come after the deadline, a time of `time.monotonic`."""

    def __init__(self, parts: SyncByteStream, deadline: float) -> None:
        self._parts, self._deadline = parts, deadline

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if time.monotonic() > self._deadline:
                self.close()  # the SDK leaves the body of an error open where it cannot be read
                raise PassingFault("a reply that does not end")
            yield part

    def close(self) -> None:
        self._parts.close()


def _find_reason(error: BaseException | None) -> OSError | None:
    """What the system said of a connection that failed; none where it said nothing."""
    while error is not None:
        if isinstance(error, OSError) and error.strerror:
            return error
        error = error.__cause__ or error.__context__
    return None


def _refused_parameter(error: openai.APIStatusError) -> str | None:
    """Which of those that not every model takes the refusal names; some endpoints name it in their text alone."""
    named = error.param or str(error.body)
    return next((parameter for parameter in _NOT_EVERYWHERE if parameter in named), None)


def _is_too_long(error: openai.APIStatusError) -> bool:
    """Whether the prompt does not fit; vLLM and llama.cpp have no code of their own for it."""
    told = error.message.lower()
    return error.code == "context_length_exceeded" or "context length" in told or "context size" in told


def _wait(state: RetryCallState) -> float:
    """Seconds until the next attempt: what the endpoint asks for, else at random, ever longer; never over a minute."""
    fault = state.outcome.exception() if state.outcome else None
    asked = fault.retry_after if isinstance(fault, PassingFault) else None
    return _JITTER(state) if asked is None else min(asked + _JITTER(state) / 4, _LONGEST_WAIT)


def _retry_after(error: openai.APIStatusError) -> float:
    """What a refusal asks for; 0 where it asks for nothing."""
    try:
        return max(0.0, float(error.response.headers.get("retry-after", "0")))
    except ValueError:
        return 0.0


def _read(body: bytes) -> ChatReply:
    """The reply in a body. Raises `PassingFault` where a gateway sent a page, an error or a part with status 200."""
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError as error:
        raise PassingFault("a reply without content, or no JSON") from error
    usage = completion.usage or _Usage()
    return ChatReply(
        text=hide_keys(completion.choices[0].message.text()),  # an endpoint may echo what it was sent
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
    )


def _shape(message: Message) -> ChatCompletionMessageParam:
    if message.role == "system":
        return {"role": "system", "content": message.content}
    if message.role == "user":
        return {"role": "user", "content": message.content}
    assert isinstance(message, AssistantMessage)
    assert not message.tool_calls, "the generator is asked without tools"
    return {"role": "assistant", "content": message.content}
