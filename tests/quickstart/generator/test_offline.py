"""The offline generator, asked as construction asks it, over 2,000 instances that are really executed."""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

import jsonschema_rs
import pytest
from pydantic import JsonValue

from ttpa.errors import ModelError
from ttpa.models.base import ChatModel
from ttpa.quickstart.generator import OfflineGenerator
from ttpa.quickstart.tools import TOOLS, reset
from ttpa.records.instructions import Scenario, Step
from ttpa.records.messages import SystemMessage, UserMessage
from ttpa.records.strict_json import read_json
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.stages.construct.trajectory import memory as memory_of
from ttpa.tools.python_tools import read_specs
from ttpa.tools.worker import run_call

SPECS = {spec.name: spec for spec in read_specs({tool.__name__: tool for tool in TOOLS})[0]}
FUNCTIONS = {function.__name__: function for function in TOOLS}
INSTANCES = 2000
WANTED: list[JsonValue] = [2, 4]


@dataclass
class Instance:
    scenario: Scenario
    steps: tuple[Step, ...]
    answer: str
    question: str


def ask(task: str, seed: int, **payload: JsonValue) -> dict[str, JsonValue]:
    model: ChatModel = OfflineGenerator()
    content = json.dumps({"task": task, **payload})
    reply = read_json(model.chat([SystemMessage(content="Be brief."), UserMessage(content=content)], seed=seed).text)
    assert isinstance(reply, dict)
    return reply


def shown(names: Sequence[str]) -> list[JsonValue]:
    return [SPECS[name].model_dump(mode="json") for name in names]


def construct(names: Sequence[str], seed: int) -> Instance:
    """A whole instance as construction asks for it, its calls executed."""
    reset()
    scenario = Scenario.model_validate(ask("scenario", seed, tools=shown(names), calls_wanted=WANTED))
    facts: JsonValue = scenario.model_dump(mode="json")
    steps: list[Step] = []
    while calls := next_calls(facts, steps, seed):
        results = [run_call(FUNCTIONS[call.name], call.arguments) for call in calls]
        steps.append(Step(calls=calls, results=tuple(ToolResult(content=text, ok=ok) for text, ok in results)))
    memory = memory_of(steps)
    answer = ask("answer", seed, scenario=facts, memory=memory)["answer"]
    question = ask("question", seed, scenario=facts, memory=memory, answer=answer, missing=[])["question"]
    return Instance(scenario, tuple(steps), str(answer), str(question))


def next_calls(scenario: JsonValue, steps: Sequence[Step], seed: int) -> tuple[ToolCall, ...]:
    reply = ask("calls", seed, scenario=scenario, tools=[], memory=memory_of(steps), calls_wanted=WANTED)
    assert isinstance(reply["calls"], list)
    return tuple(ToolCall.model_validate(call) for call in reply["calls"])


@cache
def constructed() -> tuple[Instance, ...]:
    rng = Random(7)
    return tuple(construct(rng.sample(sorted(SPECS), rng.randint(4, 8)), seed) for seed in range(INSTANCES))


def leaves(value: JsonValue) -> Iterator[JsonValue]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from leaves(item)
    else:
        yield value


def is_told(name: str, value: JsonValue, question: str) -> bool:
    if isinstance(value, bool):
        return any(word in question for word in name.split("_") if len(word) >= 4)
    return re.search(rf"(?<!\w){re.escape(str(value).replace('_', ' '))}(?!\w)", question) is not None


def read_elsewhere(scenario: Scenario) -> set[tuple[str, str]]:
    facts = (re.match(r"(\w+).*\.(\w+) <- ", fact) for fact in scenario.constraints)
    return {(fact[1], fact[2]) for fact in facts if fact}


def test_calls_fit_their_schemas_and_nearly_all_succeed() -> None:
    validators = {name: jsonschema_rs.validator_for(spec.parameters) for name, spec in SPECS.items()}
    outcomes: Counter[bool] = Counter()
    for instance in constructed():
        for step in instance.steps:
            for call, result in zip(step.calls, step.results, strict=True):
                validators[call.name].validate(call.arguments)
                outcomes[result.ok] += 1
    assert outcomes[True] / outcomes.total() >= 0.97


def test_instances_have_the_calls_wanted_over_the_tools_chosen() -> None:
    for instance in constructed():
        calls = [call for step in instance.steps for call in step.calls]
        assert all(result.ok for step in instance.steps for result in step.results)
        assert 2 <= len(calls) <= 4
        assert {call.name for call in calls} == set(instance.scenario.tools)
        assert len(instance.scenario.tools) >= 2
        assert "?" not in instance.scenario.situation


def test_questions_hold_every_value_that_no_result_tells() -> None:
    for instance in constructed():
        elsewhere = read_elsewhere(instance.scenario)
        for step in instance.steps:
            for call in step.calls:
                for name, value in call.arguments.items():
                    if (call.name, name) not in elsewhere:
                        assert all(is_told(name, leaf, instance.question) for leaf in leaves(value)), instance


def test_questions_name_no_tool_and_tell_no_id_that_only_results_tell() -> None:
    for instance in constructed():
        assert not [name for name in SPECS if name in instance.question]
        elsewhere = read_elsewhere(instance.scenario)
        for step in instance.steps:
            for call in step.calls:
                for name, value in call.arguments.items():
                    if (call.name, name) in elsewhere and name.endswith("_id"):
                        assert str(value) not in instance.question


def test_questions_and_answers_are_short_and_clean() -> None:
    for instance in constructed():
        assert 5 <= len(instance.question.split()) <= 60
        assert 1 <= len(instance.answer.split()) <= 30
        assert not re.search(r"[{}]|,,| ,|\.\.|  |None|True|False", instance.question + instance.answer)


def test_instances_are_various() -> None:
    instances = constructed()
    calls = [f"{call.name} {call.arguments}" for i in instances for step in i.steps for call in step.calls]
    assert {call.split()[0] for call in calls} == set(SPECS)
    assert len(set(calls)) > 0.8 * len(calls)
    assert len({instance.question for instance in instances}) > 0.99 * INSTANCES
    parallel = sum(any(len(step.calls) > 1 for step in i.steps) for i in instances) / INSTANCES
    chained = sum(bool(read_elsewhere(i.scenario)) for i in instances) / INSTANCES
    assert 0.3 < parallel < 0.8
    assert 0.3 < chained < 0.8


def test_equal_prompts_and_seeds_give_equal_replies() -> None:
    tools = shown(["find_hotels", "book_hotel", "get_weather"])
    replies = [ask("scenario", seed, tools=tools, calls_wanted=WANTED) for seed in (1, 1, 2)]
    assert replies[0] == replies[1] != replies[2]


def test_an_instance_takes_less_than_two_milliseconds() -> None:
    names = ["find_hotels", "book_hotel", "get_weather", "find_trains", "reserve_seat", "convert_currency"]
    construct(names, 0)
    best = 1.0
    for _ in range(5):
        start = time.process_time()
        for seed in range(40):
            construct(names, seed)
        best = min(best, (time.process_time() - start) / 40)
    assert best < 0.002


def test_values_said_to_be_missing_stand_in_the_new_question() -> None:
    instance = construct(["get_weather", "find_contact"], 3)
    facts: JsonValue = instance.scenario.model_dump(mode="json")
    missing: list[JsonValue] = ["city = Atlantis", "43"]
    memory = memory_of(instance.steps)
    question = ask("question", 3, scenario=facts, memory=memory, answer="", missing=missing)["question"]
    assert str(question).endswith(" Keep in mind: Atlantis, 43.")


def test_an_unusable_result_ends_the_calls() -> None:
    facts: JsonValue = {
        "situation": "Mara is away.",
        "constraints": [
            'find_hotels.city = "Rome"',
            'book_hotel.check_in = "2026-05-03"',
            "book_hotel.nights = 2",
            "book_hotel.hotel_id <- first of find_hotels",
        ],
        "tools": ["find_hotels", "book_hotel"],
    }
    searched = (ToolCall(name="find_hotels", arguments={"city": "Rome"}),)
    for content, ok, booked in (
        ('[{"hotel_id": "H200"}, {"hotel_id": "H300"}]', True, ["H200"]),
        ("[]", True, []),
        ("ValueError: no", False, []),
        ("not json", True, []),
    ):
        step = Step(calls=searched, results=(ToolResult(content=content, ok=ok),))
        assert [call.arguments["hotel_id"] for call in next_calls(facts, [step], 0)] == booked


@pytest.mark.parametrize("name", sorted(SPECS))
def test_every_tool_can_be_wanted_where_no_tool_fits(name: str) -> None:
    replies = [
        ask("no_call", seed, reason="no_tool_fits", tools=[], wanted=shown([name])[0], withheld=None)
        for seed in range(20)
    ]
    assert all({"situation", "question", "answer"} == set(reply) for reply in replies)
    assert not [reply for reply in replies if name in str(reply["question"])]
    assert len({str(reply["answer"]) for reply in replies}) >= 3
    assert len({str(reply["question"]) for reply in replies}) >= 15


@pytest.mark.parametrize("name", sorted(SPECS))
def test_every_required_value_can_be_withheld(name: str) -> None:
    required = SPECS[name].parameters["required"]
    assert isinstance(required, list)
    for withheld in required:
        replies = [
            ask("no_call", seed, reason="missing_value", tools=[], wanted=shown([name])[0], withheld=withheld)
            for seed in range(10)
        ]
        assert not [reply for reply in replies if re.search(r"[{}]|  | ,", str(reply["question"]))]
        assert all(len(str(reply["answer"]).split()) >= 4 for reply in replies)


def test_the_withheld_value_is_not_in_the_question() -> None:
    wanted = shown(["get_forecast"])[0]
    for seed in range(30):
        reply = ask("no_call", seed, reason="missing_value", tools=[wanted], wanted=wanted, withheld="days")
        assert not re.search(r"\d", str(reply["question"]))
        assert "number of days" in str(reply["answer"])


def test_an_unknown_tool_is_refused_by_name() -> None:
    foreign: JsonValue = {"name": "launch_rocket", "description": "", "parameters": {"type": "object"}}
    with pytest.raises(ModelError, match=r"'launch_rocket'.*bundled"):
        ask("scenario", 0, tools=[foreign], calls_wanted=WANTED)
    with pytest.raises(ModelError, match="'launch_rocket'"):
        ask("no_call", 0, reason="no_tool_fits", tools=[], wanted=foreign, withheld=None)


def test_a_prompt_that_is_no_request_is_refused() -> None:
    with pytest.raises(ModelError, match="cannot read its prompt"):
        OfflineGenerator().chat([UserMessage(content="hello")], seed=0)
    with pytest.raises(ModelError, match="cannot read its prompt"):
        ask("poem", 0)


def test_a_memory_of_other_calls_is_refused() -> None:
    facts: JsonValue = {"situation": "", "constraints": ['find_contact.name = "Theo Blom"'], "tools": ["find_contact"]}
    other = Step(calls=(ToolCall(name="get_weather", arguments={}),), results=(ToolResult(content="{}", ok=True),))
    with pytest.raises(ModelError, match="not the scenario's"):
        next_calls(facts, [other], 0)
