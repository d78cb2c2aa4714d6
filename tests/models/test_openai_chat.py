"""The OpenAI-compatible generator against a real endpoint on this machine that misbehaves in every usual way."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import tenacity
from pydantic import JsonValue

from ttpa.errors import ModelError
from ttpa.models.openai_chat import OpenAIChatModel
from ttpa.records.messages import AssistantMessage, SystemMessage, UserMessage

KEY = "sk-canary-0123456789"
HELLO = [SystemMessage(content="Be brief."), UserMessage(content="Hi"), AssistantMessage(content="Yes?")]


@dataclass(frozen=True)
class Answer:
    body: str
    status: int = 200
    content_type: str = "application/json"
    cut: bool = False
    """Whether the connection ends before the whole body was sent."""
    drips: bool = False
    """Whether it comes after blanks without an end, as some endpoints send them while a model thinks."""


@dataclass
class Endpoint:
    """Gives its answers one after another, the last one for ever; keeps what it was asked."""

    answers: list[Answer] = field(default_factory=list[Answer])
    asked: list[dict[str, JsonValue]] = field(default_factory=list[dict[str, JsonValue]])
    keys: list[str] = field(default_factory=list[str])

    def next_answer(self) -> Answer:
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def completion(content: JsonValue = "Hello!", **more: JsonValue) -> Answer:
    message: JsonValue = {"role": "assistant", "content": content}
    usage: JsonValue = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    choice: JsonValue = {"index": 0, "finish_reason": "stop", "message": message}
    return Answer(json.dumps({"id": "c", "object": "chat.completion", "choices": [choice], "usage": usage, **more}))


def refusal(status: int, code: str = "none", message: str = "no", param: str | None = None) -> Answer:
    return Answer(json.dumps({"error": {"message": message, "code": code, "type": "x", "param": param}}), status)


def do_not_wait(seconds: float) -> None:
    assert 0 <= seconds <= 60


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    played = Endpoint()
    pause = threading.Event()  # `sleep` does not wait here

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            played.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            played.keys.append(self.headers["Authorization"])
            answer = played.next_answer()
            body = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            if not answer.drips:
                self.send_header("Content-Length", str(len(body) + (50 if answer.cut else 0)))
            self.end_headers()
            with suppress(OSError):  # whoever asked has hung up
                while answer.drips:
                    self.wfile.write(b" ")
                    pause.wait(0.01)
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            """Stays silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setattr(tenacity.nap.time, "sleep", do_not_wait)
    yield played
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_reply_has_its_text_and_its_cost(endpoint: Endpoint) -> None:
    endpoint.answers = [completion("Grüße \N{GRINNING FACE}")]
    reply = OpenAIChatModel("small", temperature=0.25).chat(HELLO, seed=2**31 + 5)
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("Grüße \N{GRINNING FACE}", 12, 3)
    assert endpoint.keys == [f"Bearer {KEY}"]
    assert endpoint.asked == [
        {
            "model": "small",
            "temperature": 0.25,
            "max_tokens": 2048,
            "response_format": {"type": "json_object"},
            "seed": 5,
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Yes?"},
            ],
        }
    ]


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": None, "completion_tokens": None, "total_tokens": None}])
def test_a_reply_without_its_cost_has_an_unknown_one(endpoint: Endpoint, usage: JsonValue) -> None:
    endpoint.answers = [completion(usage=usage)]
    reply = OpenAIChatModel("small").chat(HELLO, seed=1)
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("Hello!", None, None)


@pytest.mark.parametrize("content", [None, ""])
def test_a_reply_without_content_is_an_empty_text_and_not_asked_again(endpoint: Endpoint, content: str | None) -> None:
    endpoint.answers = [completion(content)]
    assert OpenAIChatModel("small").chat(HELLO, seed=1).text == ""
    assert len(endpoint.asked) == 1


def test_a_reply_in_parts_is_its_texts(endpoint: Endpoint) -> None:
    thought: JsonValue = {"type": "thinking", "thinking": [{"type": "text", "text": "Whom do I greet?"}]}
    endpoint.answers = [completion([thought, {"type": "text", "text": "Hel"}, {"type": "text", "text": "lo!"}])]
    assert OpenAIChatModel("small").chat(HELLO, seed=1).text == "Hello!"
    assert len(endpoint.asked) == 1


PASSING = {
    "too many requests": refusal(429),
    "a request that took too long to read": refusal(408),
    "a conflict": refusal(409),
    "server error": refusal(500),
    "bad gateway": Answer("<html>Bad gateway</html>", 502, "text/html"),
    "a page with status 200": Answer("<html>Please log in</html>", 200, "text/html"),
    "a page that says it is JSON": Answer("<html>Please log in</html>"),
    "cut JSON": Answer(completion().body[:60]),
    "cut connection": Answer(completion().body, cut=True),
    "an empty body": Answer(""),
    "no choices": Answer('{"choices": []}'),
    "null choices": Answer('{"choices": null}'),
    "no choices at all": Answer("{}"),
    "an error with status 200": Answer('{"error": {"message": "overloaded"}}'),
    "null": Answer("null"),
    "a list": Answer("[]"),
    "choices that are text": Answer('{"choices": "x"}'),
    "a choice that is null": Answer('{"choices": [null]}'),
    "a choice without message": Answer('{"choices": [{}]}'),
    "a null message": Answer('{"choices": [{"message": null}]}'),
    "content of another type": completion({"type": "text", "text": "Hello!"}),
    "a number as content": completion(5),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_fault_that_may_pass_is_asked_again(endpoint: Endpoint, fault: Answer) -> None:
    endpoint.answers = [fault, fault, completion()]
    assert OpenAIChatModel("small").chat(HELLO, seed=1).text == "Hello!"
    assert len(endpoint.asked) == 3


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_fault_that_stays_stops_the_run_after_all_attempts(endpoint: Endpoint, fault: Answer) -> None:
    endpoint.answers = [fault]
    with pytest.raises(ModelError, match=r"'small' did not answer in 2 attempts: ."):
        OpenAIChatModel("small", attempts=2).chat(HELLO, seed=1)
    assert len(endpoint.asked) == (2 if fault.status == 429 else 3)  # one more, to see whether it is down


def test_a_request_that_always_fails_where_others_are_answered_gives_an_empty_reply(endpoint: Endpoint) -> None:
    endpoint.answers = [refusal(500), refusal(500), completion("yes"), completion()]
    model = OpenAIChatModel("small", attempts=2)
    reply = model.chat(HELLO, seed=1)
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("", 12, 3)
    assert model.chat(HELLO, seed=2).text == "Hello!"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_stops_at_once_and_leaks_no_key(
    endpoint: Endpoint, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.answers = [refusal(status, message=f"Incorrect API key provided: {KEY}")]
    with pytest.raises(ModelError, match=f"status {status}") as caught:
        OpenAIChatModel("small").chat(HELLO, seed=1)
    assert len(endpoint.asked) == 1
    assert KEY not in str(caught.value)
    assert KEY not in "".join(capsys.readouterr())


def test_a_quota_that_is_used_up_is_not_waited_for(endpoint: Endpoint) -> None:
    endpoint.answers = [refusal(429, code="insufficient_quota")]
    with pytest.raises(ModelError, match="quota is used up"):
        OpenAIChatModel("small").chat(HELLO, seed=1)
    assert len(endpoint.asked) == 1


def test_an_endpoint_that_is_not_there_stops_the_run(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(ModelError, match="did not answer in 2 attempts: connection refused"):
        OpenAIChatModel("small", attempts=2).chat(HELLO, seed=1)


def test_an_address_where_nobody_listens_is_told_soon_without_what_may_be_secret_in_it(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:hidden@127.0.0.1:9/v1")
    told = "the endpoint at http://127.0.0.1:9/v1 failed 3 times in a row, last: connection refused; check OPENAI_BASE"
    with pytest.raises(ModelError, match=told):
        OpenAIChatModel("small", in_flight=8).chat(HELLO, seed=1)


def test_without_a_key_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelError, match="set OPENAI_API_KEY"):
        OpenAIChatModel("small")


def test_its_identity_tells_what_decides_its_replies(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = OpenAIChatModel("small").identity
    others = {
        OpenAIChatModel("large").identity,
        OpenAIChatModel("small", temperature=0.5).identity,
        OpenAIChatModel("small", max_tokens=512).identity,
    }
    monkeypatch.setenv("OPENAI_BASE_URL", "http://someone:secret@127.0.0.1:9/v1")
    elsewhere = OpenAIChatModel("small").identity
    assert len({mine, elsewhere, *others}) == 5
    assert KEY not in mine
    assert "secret" not in elsewhere


def test_structured_output_is_given_up_where_the_endpoint_knows_none(endpoint: Endpoint) -> None:
    endpoint.answers = [refusal(400, message="unknown parameter: response_format"), completion(), completion()]
    model = OpenAIChatModel("small")
    assert model.chat(HELLO, seed=1).text == "Hello!"
    model.chat(HELLO, seed=2)
    assert ["response_format" in asked for asked in endpoint.asked] == [True, False, False]


def test_a_reasoning_model_is_asked_for_as_many_tokens_by_their_other_name(endpoint: Endpoint) -> None:
    endpoint.answers = [refusal(400, code="unsupported_parameter", param="max_tokens"), completion()]
    model = OpenAIChatModel("small", max_tokens=99)
    assert model.chat(HELLO, seed=1).text == model.chat(HELLO, seed=2).text == "Hello!"
    told = [(asked.get("max_tokens"), asked.get("max_completion_tokens")) for asked in endpoint.asked]
    assert told == [(99, None), (None, 99), (None, 99)]


@pytest.mark.parametrize("parameter", ["temperature", "seed"])
def test_a_model_with_a_temperature_of_its_own_is_asked_without_and_it_is_told_once(
    endpoint: Endpoint, parameter: str
) -> None:
    endpoint.answers = [refusal(400, code="unsupported_value", param=parameter), completion()]
    model = OpenAIChatModel("small", temperature=0.7)
    with pytest.warns(UserWarning, match=f"'small' takes no {parameter} of ours") as told:
        assert model.chat(HELLO, seed=1).text == model.chat(HELLO, seed=2).text == "Hello!"
    assert len(told) == 1
    assert [parameter in asked for asked in endpoint.asked] == [True, False, False]


@pytest.mark.parametrize(
    "problem",
    [
        {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
        {"object": "error", "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'seed')}]", "param": None},
        {"error": {"message": "unprocessable", "code": "unsupported", "param": "seed"}},
    ],
)
def test_a_parameter_may_be_refused_as_unprocessable(endpoint: Endpoint, problem: JsonValue) -> None:
    endpoint.answers = [Answer(json.dumps(problem), 422), completion()]
    with pytest.warns(UserWarning, match="'small' takes no seed of ours"):
        assert OpenAIChatModel("small").chat(HELLO, seed=1).text == "Hello!"
    assert ["seed" in asked for asked in endpoint.asked] == [True, False]


@pytest.mark.parametrize("status", [200, 400, 429, 500])
def test_a_reply_that_does_not_end_is_given_up(endpoint: Endpoint, status: int) -> None:
    endpoint.answers = [Answer(completion().body, status, drips=True), completion("yes"), completion()]
    model = OpenAIChatModel("small", seconds=0.1)
    began = time.monotonic()
    assert model.chat(HELLO, seed=1).text == ""  # the endpoint answers others
    assert time.monotonic() - began < 2
    assert model.chat(HELLO, seed=2).text == "Hello!"


def test_a_reply_may_begin_with_signs_of_life(endpoint: Endpoint) -> None:
    endpoint.answers = [Answer(" \n" * 2000 + completion().body)]
    assert OpenAIChatModel("small").chat(HELLO, seed=1).text == "Hello!"


def test_a_refusal_that_stays_tells_its_code_and_parameter(endpoint: Endpoint) -> None:
    endpoint.answers = [refusal(400, code="integer_above_max_value", param="max_tokens", message=KEY)]
    with pytest.raises(ModelError, match=r"status 400 \(integer_above_max_value, max_tokens\)") as caught:
        OpenAIChatModel("small").chat(HELLO, seed=1)
    assert len(endpoint.asked) == 2
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "too_long",
    [
        refusal(400, code="context_length_exceeded", param="messages"),
        refusal(400, message="This model's maximum context length is 4096 tokens. Lower max_tokens or the messages."),
        refusal(400, message="the request exceeds the available context size"),
    ],
)
def test_a_prompt_that_is_too_long_gives_an_empty_reply_and_others_go_on(endpoint: Endpoint, too_long: Answer) -> None:
    endpoint.answers = [too_long, completion()]
    model = OpenAIChatModel("small")
    assert model.chat(HELLO, seed=1).text == ""
    assert model.chat(HELLO, seed=2).text == "Hello!"
    assert "max_tokens" in endpoint.asked[1]


def test_an_endpoint_that_answers_others_is_not_given_up_for_a_request_that_always_fails(endpoint: Endpoint) -> None:
    endpoint.answers = [*[refusal(500)] * 9, completion("yes"), completion()]
    model = OpenAIChatModel("small", attempts=50)
    assert model.chat(HELLO, seed=1).text == "Hello!"
    asked = [body["messages"] for body in endpoint.asked]
    assert asked[8] == asked[10] != asked[9]  # the tenth only asked whether the endpoint lives


def test_an_endpoint_that_is_down_is_left_alone(endpoint: Endpoint) -> None:
    endpoint.answers = [refusal(503)]
    model = OpenAIChatModel("small", attempts=50, in_flight=6)
    with pytest.raises(ModelError, match="failed 12 times in a row, last: status 503; check OPENAI_BASE_URL"):
        model.chat(HELLO, seed=1)
    assert len(endpoint.asked) == 12
