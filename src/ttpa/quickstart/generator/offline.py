"""A generator without a model: it answers the prompts of construction from what it knows about the bundled tools."""

import json
from collections.abc import Iterable, Sequence
from random import Random

from pydantic import JsonValue

from ttpa.errors import ModelError
from ttpa.models.base import ChatReply
from ttpa.quickstart.generator import samplers
from ttpa.quickstart.generator.entry import Entry
from ttpa.quickstart.generator.knowledge import DOMAIN_OF, ENTRIES
from ttpa.quickstart.generator.payloads import (
    AnswerRequest,
    CallsRequest,
    NoCallRequest,
    QuestionRequest,
    Request,
    ScenarioRequest,
    read_request,
)
from ttpa.quickstart.generator.phrasing import write_answer, write_question, write_request
from ttpa.quickstart.generator.plan import Plan, PlannedCall, Reading, read_facts, write_facts
from ttpa.quickstart.generator.planning import draw_alone, draw_plan
from ttpa.records.instructions import Scenario, Step
from ttpa.records.messages import Message, UserMessage
from ttpa.records.strict_json import InvalidJson, read_json

_UNABLE = (
    "I am sorry, but none of my tools can {}.",
    "Sorry, I have no tool to {}.",
    "I am afraid I cannot {} with the tools I have.",
    "Unfortunately, none of the tools here lets me {}.",
    "I would like to help, but I have no way to {}.",
)
_ASKING = (
    "Could you tell me the {}?",
    "I still need the {}. What is it?",
    "Please give me the {} first.",
    "What is the {}?",
    "Before I can do that, I need the {}.",
)
_ASKING_WHICH = ("Which {} should it be?", "Which {} do you have in mind?")
"""For nouns of one word."""


def require_known(tools: Iterable[str]) -> None:
    """Raises `ModelError` for the first of the tools that is not bundled."""
    for tool in tools:
        _entry(tool)


class OfflineGenerator:
    """A `ChatModel` that knows the bundled tools and no others. Equal messages and seed give an equal reply."""

    @property
    def identity(self) -> str:
        return "offline-generator-1"

    def chat(self, messages: Sequence[Message], *, seed: int) -> ChatReply:
        """A JSON object for the request in the last user message.

        Raises `ModelError` for a tool that is not bundled, and for a message that is no request of construction.
        """
        prompt = next((m.content for m in reversed(messages) if isinstance(m, UserMessage)), "")
        rng = Random(f"{seed}|{prompt}")
        return ChatReply(json.dumps(_reply(rng, read_request(prompt)), ensure_ascii=False))


def _reply(rng: Random, request: Request) -> dict[str, JsonValue]:
    match request:
        case ScenarioRequest():
            return _write_scenario(rng, request)
        case CallsRequest():
            return _next_calls(request)
        case AnswerRequest():
            return _write_answer(rng, request)
        case QuestionRequest():
            plan = _read_plan(request.scenario)
            turns = _made_turns(plan, request.memory)
            return {"question": write_question(rng, plan, turns, request.missing)}
        case NoCallRequest():
            return _decline(rng, request)


def _write_scenario(rng: Random, request: ScenarioRequest) -> dict[str, JsonValue]:
    low, high = request.calls_wanted
    plan = draw_plan(rng, [_entry(spec.name) for spec in request.tools], low, high)
    tools = list(dict.fromkeys(call.tool for call in plan.calls))
    return {"situation": _situation(rng, tools), "constraints": [*write_facts(plan)], "tools": [*tools]}


def _next_calls(request: CallsRequest) -> dict[str, JsonValue]:
    """The calls of the first turn that is not in memory; none when all are made or an earlier result is of no use."""
    plan = _read_plan(request.scenario)
    turns = plan.turns()
    made = _made_turns(plan, request.memory)
    if len(made) == len(turns) or not all(result.ok for step in request.memory for result in step.results):
        return {"calls": []}
    room = request.calls_wanted[1] - sum(len(turn) for turn in made)
    calls: list[JsonValue] = []
    for index in turns[len(made)][: max(0, room)]:
        arguments = _arguments(plan, plan.calls[index], request.memory, made)
        if arguments is None:
            return {"calls": []}
        calls.append({"name": plan.calls[index].tool, "arguments": arguments})
    return {"calls": calls}


def _write_answer(rng: Random, request: AnswerRequest) -> dict[str, JsonValue]:
    told = [
        (_entry(call.name).tool, call.arguments, _read_result(result.content) if result.ok else None)
        for step in request.memory
        for call, result in zip(step.calls, step.results, strict=False)
    ]
    return {"answer": write_answer(rng, told)}


def _decline(rng: Random, request: NoCallRequest) -> dict[str, JsonValue]:
    entry = _entry(request.wanted.name)
    withheld = request.withheld if request.reason == "missing_value" else None
    if request.reason == "missing_value" and withheld not in {argument.name for argument in entry.arguments}:
        raise ModelError(f"tool {entry.tool!r} has no parameter {withheld!r} that could be withheld")
    given = draw_alone(rng, entry, without=withheld)
    answer = rng.choice(_UNABLE).format(entry.ability)
    if withheld is not None:
        noun = entry.argument(withheld).noun
        answer = rng.choice(_ASKING if " " in noun else _ASKING + _ASKING_WHICH).format(noun)
    question = write_request(rng, entry, given)
    return {"situation": _situation(rng, [entry.tool]), "question": question, "answer": answer}


def _situation(rng: Random, tools: Sequence[str]) -> str:
    domains = list({id(DOMAIN_OF[tool]): DOMAIN_OF[tool] for tool in tools}.values())
    activities = [rng.choice(domain.activities) for domain in domains[:2]]
    return f"{samplers.person(rng)} is {' and '.join(activities)}."


def _entry(tool: str) -> Entry:
    if tool not in ENTRIES:
        raise ModelError(
            f"the offline generator does not know tool {tool!r}: it only knows the bundled tools; "
            'set generator.kind = "schema" or "openai"'
        )
    return ENTRIES[tool]


def _read_plan(scenario: Scenario) -> Plan:
    plan = read_facts(scenario.constraints)
    for call in plan.calls:
        entry = _entry(call.tool)
        try:
            for name in call.given:
                entry.argument(name)
            for name, reading in call.readings.items():
                entry.argument(name).source(plan.calls[reading.call].tool)
        except KeyError as error:
            raise ModelError(f"the scenario's constraints on {call.tool!r} do not fit the tool: {error}") from error
    return plan


def _made_turns(plan: Plan, memory: Sequence[Step]) -> list[list[int]]:
    """The plan's turns that are in memory. Raises `ModelError` where memory holds other calls than the plan."""
    turns = plan.turns()
    if len(memory) > len(turns):
        raise ModelError(f"memory holds {len(memory)} turns, the scenario's plan has {len(turns)}")
    made: list[list[int]] = []
    for step, turn in zip(memory, turns, strict=False):
        names = [call.name for call in step.calls]
        if names != [plan.calls[index].tool for index in turn][: len(names)]:
            raise ModelError(f"memory holds the calls {names}, which are not the scenario's")
        made.append(turn[: len(names)])
    return made


def _arguments(
    plan: Plan, call: PlannedCall, memory: Sequence[Step], made: Sequence[Sequence[int]]
) -> dict[str, JsonValue] | None:
    """The call's arguments in the order of the signature; none where a result does not hold what is read from it."""
    arguments: dict[str, JsonValue] = {}
    for argument in ENTRIES[call.tool].arguments:
        if argument.name in call.given:
            arguments[argument.name] = call.given[argument.name]
        elif argument.name in call.readings:
            reading = call.readings[argument.name]
            field = argument.source(plan.calls[reading.call].tool).field
            value = _read_field(_result_of(reading.call, memory, made), reading, field)
            if value is None:
                return None
            arguments[argument.name] = value
    return arguments


def _result_of(call: int, memory: Sequence[Step], made: Sequence[Sequence[int]]) -> JsonValue:
    for step, turn in zip(memory, made, strict=True):
        if call in turn and turn.index(call) < len(step.results):
            return _read_result(step.results[turn.index(call)].content)
    return None


def _read_result(content: str) -> JsonValue:
    try:
        return read_json(content)
    except InvalidJson:
        return None


def _read_field(result: JsonValue, reading: Reading, field: str) -> JsonValue:
    if isinstance(result, list):
        result = (result[-1] if reading.pick == "last" else result[0]) if result else None
    return result.get(field) if isinstance(result, dict) else None
