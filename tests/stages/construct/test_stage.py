"""Construct with a scripted generator and real tools: how an instruction comes to be, and every way it fails."""

import json
import textwrap
from collections.abc import Callable, Iterator, Sequence

import pytest
from pydantic import JsonValue

from ttpa.models.scripted import ScriptedChatModel
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import Instruction, InstructionKind
from ttpa.records.messages import Message, UserMessage
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.construct import ConstructConfig, Plan, construct
from ttpa.tools.python_toolset import PythonToolset

TOOLS = '''
    """Trains in a small country."""

    def find_station(city: str) -> dict[str, object]:
        """Find the station of a city."""
        if city == "Atlantis":
            raise LookupError("no such city")
        return {"station": "OSL-47", "keeper": "Sigrid Undset"}

    def list_departures(station: str, hour: int = 8) -> list[str]:
        """List the departures of a station."""
        return [f"{hour:02}:20 platform 19 north"]

    def book_seat(train: str) -> str:
        """Book a seat in a train."""
        return "booked"

    def tell_time() -> str:
        """Tell the time."""
        return "12:00"

    def draw_ticket(hall: str) -> str:
        """Draw a ticket."""
        import os
        return os.urandom(8).hex()

    BOARDED: list[str] = []

    def reset() -> None:
        BOARDED.clear()

    def board(passenger: str) -> str:
        """Let somebody board."""
        BOARDED.append(passenger)
        return f"{len(BOARDED)} on board"
'''
Script = dict[str, list[JsonValue]]
SCENARIO: JsonValue = {
    "situation": "A traveller wants to leave Oslo.",
    "constraints": ["The city is Oslo.", "It is 9 o'clock."],
    "tools": ["find_station", "list_departures"],
}
FIND: JsonValue = {"name": "find_station", "arguments": {"city": "Oslo"}}
LIST: JsonValue = {"name": "list_departures", "arguments": {"station": "OSL-47", "hour": 9}}
SCRIPT: Script = {
    "scenario": [SCENARIO],
    "calls": [{"calls": [FIND]}, {"calls": [LIST]}, {"calls": []}],
    "answer": [{"answer": "At 09:20 from platform 19."}],
    "question": [{"question": "I am in Oslo. Which trains leave from 9 on?"}],
    "no_call": [{"situation": "Somebody is late.", "question": "Which train can I take?", "answer": "Where are you?"}],
}


@pytest.fixture(scope="module")
def toolset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PythonToolset]:
    path = tmp_path_factory.mktemp("tools") / "train_tools.py"
    path.write_text(textwrap.dedent(TOOLS), encoding="utf-8")
    with PythonToolset(str(path), timeout_seconds=5) as opened:
        yield opened


class Generator:
    """Gives the replies of each task one after another, the last one for ever; keeps what it was asked."""

    def __init__(self, **changes: list[JsonValue]) -> None:
        self._script = {**SCRIPT, **changes}
        self.asked: list[tuple[str, dict[str, JsonValue], int]] = []

    def answer(self, messages: Sequence[Message], seed: int) -> str:
        payload: dict[str, JsonValue] = json.loads(messages[-1].content)
        task = str(payload["task"])
        replies = self._script[task]
        reply = replies[min(len(self.payloads(task)), len(replies) - 1)]
        self.asked.append((task, payload, seed))
        return reply if isinstance(reply, str) else json.dumps(reply)

    def payloads(self, task: str) -> list[dict[str, JsonValue]]:
        return [payload for asked, payload, _ in self.asked if asked == task]


@pytest.fixture
def build(toolset: PythonToolset) -> Callable[..., Instruction | Discard]:
    def run(generator: Generator, kind: InstructionKind = "calls", **changes: object) -> Instruction | Discard:
        specs = tuple(toolset.specs)
        wanted = None if kind == "calls" else specs[0]
        withheld = "city" if kind == "missing_value" else None
        plan = Plan(
            id="c7",
            split="test",
            kind=kind,
            shown=specs,
            pool=specs,
            calls=2,
            shape="chain",
            setting="a harbour",
            manner="as a question",
            wanted=wanted,
            withheld=withheld,
            seed=11,
        )
        config = ConstructConfig.model_validate({"tools_offered": 3, **changes})
        return construct(plan, generator=ScriptedChatModel(generator.answer), toolset=toolset, config=config)

    return run


Build = Callable[..., Instruction | Discard]


def test_calls_are_executed_and_the_question_comes_last(build: Build) -> None:
    generator = Generator()
    made = build(generator)
    assert isinstance(made, Instruction)
    first, second = made.steps
    assert first.calls == (ToolCall(name="find_station", arguments={"city": "Oslo"}),)
    assert json.loads(first.results[0].content) == {"station": "OSL-47", "keeper": "Sigrid Undset"}
    assert second.calls == (ToolCall(name="list_departures", arguments={"station": "OSL-47", "hour": 9}),)
    assert json.loads(second.results[0].content) == ["09:20 platform 19 north"]
    assert (made.id, made.source, made.split, made.kind) == ("c7", "construct", "test", "calls")
    assert made.context == (UserMessage(content="I am in Oslo. Which trains leave from 9 on?"),)
    assert made.answer == "At 09:20 from platform 19."
    assert made.scenario is not None
    assert made.scenario.tools == ("find_station", "list_departures")
    assert [task for task, _, _ in generator.asked] == ["scenario", "calls", "calls", "calls", "answer", "question"]


def test_the_used_tools_are_offered_beside_distractors(build: Build) -> None:
    made = build(Generator())
    assert isinstance(made, Instruction)
    names = {tool.name for tool in made.tools}
    assert {"find_station", "list_departures"} < names
    assert len(names) == 3


def test_the_generator_sees_results_before_its_next_call(build: Build) -> None:
    generator = Generator()
    build(generator)
    first, second, third = generator.payloads("calls")
    assert first["memory"] == []
    assert "OSL-47" in json.dumps(second["memory"])
    assert "platform 19" in json.dumps(third["memory"])
    assert [ToolSpec.model_validate(tool).name for tool in as_list(second["tools"])] == [
        "find_station",
        "list_departures",
    ]


def as_list(value: JsonValue) -> list[JsonValue]:
    assert isinstance(value, list)
    return value


def test_the_same_plan_gives_the_same_instruction_and_no_seed_is_used_twice_for_a_task(build: Build) -> None:
    one, other = Generator(), Generator()
    assert build(one) == build(other)
    assert one.asked == other.asked
    assert len({(task, seed) for task, _, seed in one.asked}) == len(one.asked)


def test_independent_calls_may_stand_in_one_turn(build: Build) -> None:
    both: JsonValue = {"calls": [FIND, {"name": "list_departures", "arguments": {"station": "BGO-1"}}]}
    question: JsonValue = {"question": "Where is the station of Oslo, and what leaves from BGO-1?"}
    made = build(Generator(calls=[both, {"calls": []}], question=[question]))
    assert isinstance(made, Instruction)
    assert [len(step.calls) for step in made.steps] == [2]
    assert [result.ok for result in made.steps[0].results] == [True, True]


def test_no_more_calls_are_made_than_allowed(build: Build) -> None:
    generator = Generator()
    made = build(generator, max_calls=2)
    assert isinstance(made, Instruction)
    assert len(generator.payloads("calls")) == 2


@pytest.mark.parametrize("around", ["Here it is:\n```json\n{}\n```\nDone.", "{}", "<think>so</think> {}"])
def test_prose_around_a_reply_is_read_over(build: Build, around: str) -> None:
    question = around.replace("{}", json.dumps(SCRIPT["question"][0]))
    assert isinstance(build(Generator(question=[question])), Instruction)


def test_a_reply_that_cannot_be_read_is_asked_for_again_under_another_seed(build: Build) -> None:
    generator = Generator(answer=["I would rather not.", {"answer": "At 09:20."}])
    made = build(generator)
    assert isinstance(made, Instruction)
    assert made.answer == "At 09:20."
    seeds = [seed for task, _, seed in generator.asked if task == "answer"]
    assert len(set(seeds)) == 2


def test_a_question_that_leaves_a_value_out_is_repaired(build: Build) -> None:
    replies: list[JsonValue] = [{"question": "Which trains leave Oslo?"}, *SCRIPT["question"]]
    generator = Generator(question=replies)
    assert isinstance(build(generator), Instruction)
    assert [payload["missing"] for payload in generator.payloads("question")] == [[], ["hour = 9"]]


REFUSED: dict[str, tuple[Script, DiscardReason, str]] = {
    "no JSON": ({"scenario": ["No."]}, DiscardReason.UNREADABLE_REPLY, "scenario: no JSON object"),
    "cut JSON": ({"answer": ['{"answer": "At {', ""]}, DiscardReason.UNREADABLE_REPLY, "answer: no JSON object"),
    "a list": ({"scenario": ["[1, 2]"]}, DiscardReason.UNREADABLE_REPLY, "scenario: no JSON object"),
    "no situation": ({"scenario": [{}]}, DiscardReason.UNREADABLE_REPLY, "scenario: 'situation' is not a text"),
    "no constraints": (
        {"scenario": [{"situation": "x", "tools": []}]},
        DiscardReason.UNREADABLE_REPLY,
        "scenario: Field required",
    ),
    "calls that are no list": ({"calls": [{"calls": "none"}]}, DiscardReason.UNREADABLE_REPLY, "'calls' is not a list"),
    "a call without arguments": (
        {"calls": [{"calls": [{"name": "find_station"}]}]},
        DiscardReason.UNREADABLE_REPLY,
        "calls: Field required",
    ),
    "an empty answer": ({"answer": [{"answer": " "}]}, DiscardReason.UNREADABLE_REPLY, "'answer' is not a text"),
    "no question": ({"question": [{"query": "?"}]}, DiscardReason.UNREADABLE_REPLY, "'question' is not a text"),
    "a scenario over an unknown tool": (
        {"scenario": [{"situation": "x", "constraints": [], "tools": ["find_station", "fly"]}]},
        DiscardReason.UNKNOWN_TOOL,
        "'fly' was not shown",
    ),
    "a call of a tool outside of the scenario": (
        {"calls": [{"calls": [{"name": "tell_time", "arguments": {}}]}]},
        DiscardReason.UNKNOWN_TOOL,
        "'tell_time' is none of the scenario's tools",
    ),
    "a scenario over one tool": (
        {"scenario": [{"situation": "x", "constraints": [], "tools": ["find_station", "find_station"]}]},
        DiscardReason.TOO_FEW_CALLS,
        "1 tools chosen",
    ),
    "no calls": ({"calls": [{"calls": []}]}, DiscardReason.TOO_FEW_CALLS, "0 calls of 0 tools"),
    "one tool alone": (
        {"calls": [{"calls": [FIND, {"name": "find_station", "arguments": {"city": "Bergen"}}]}, {"calls": []}]},
        DiscardReason.TOO_FEW_CALLS,
        "2 calls of 1 tools",
    ),
    "arguments against the schema": (
        {"calls": [{"calls": [{"name": "find_station", "arguments": {"city": 5}}]}]},
        DiscardReason.INVALID_ARGUMENTS,
        "find_station: invalid arguments: city",
    ),
    "an argument that the tool does not have": (
        {"calls": [{"calls": [{"name": "find_station", "arguments": {"city": "Oslo", "zip": 1}}]}]},
        DiscardReason.INVALID_ARGUMENTS,
        "'zip' was unexpected",
    ),
    "a call that fails": (
        {"calls": [{"calls": [{"name": "find_station", "arguments": {"city": "Atlantis"}}]}]},
        DiscardReason.FAILED_EXECUTION,
        "find_station: LookupError: no such city",
    ),
    "a call that fails, after which the generator calls nothing": (
        {"calls": [{"calls": [{"name": "find_station", "arguments": {"city": "Atlantis"}}]}, {"calls": []}]},
        DiscardReason.FAILED_EXECUTION,
        "find_station: LookupError: no such city",
    ),
    "a call that stands twice in one turn": (
        {"calls": [{"calls": [FIND, FIND]}]},
        DiscardReason.DUPLICATE,
        "'find_station' is called twice",
    ),
    "a call that is repeated": (
        {"calls": [{"calls": [FIND]}]},
        DiscardReason.DUPLICATE,
        "'find_station' is called twice",
    ),
    "a value from nowhere": (
        {"question": [{"question": "Which trains leave?"}]},
        DiscardReason.UNGROUNDED_VALUE,
        "city = Oslo; hour = 9",
    ),
    "a question that names a tool": (
        {"question": [{"question": "Use find_station for Oslo at 9."}]},
        DiscardReason.LEAKED_TOOL_NAME,
        "find_station",
    ),
    "a question that knows the result": (
        {"question": [{"question": "Is Sigrid Undset in Oslo at 9?"}]},
        DiscardReason.LEAKED_ANSWER,
        "Sigrid Undset",
    ),
}


@pytest.mark.parametrize(("changes", "reason", "detail"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_made_is_a_discard_with_its_reason(
    build: Build, changes: Script, reason: DiscardReason, detail: str
) -> None:
    made = build(Generator(**changes))
    assert isinstance(made, Discard)
    assert (made.id, made.stage, made.reason) == ("c7", "construct", reason)
    assert detail in made.detail


@pytest.mark.parametrize("kind", ["no_tool_fits", "missing_value"])
def test_a_request_that_needs_no_call_has_an_answer_and_no_steps(build: Build, kind: InstructionKind) -> None:
    generator = Generator()
    made = build(generator, kind=kind)
    assert isinstance(made, Instruction)
    assert (made.kind, made.steps, made.question, made.answer) == (
        kind,
        (),
        "Which train can I take?",
        "Where are you?",
    )
    assert ("find_station" in {tool.name for tool in made.tools}) == (kind == "missing_value")
    [payload] = generator.payloads("no_call")
    assert (payload["reason"], payload["withheld"]) == (kind, "city" if kind == "missing_value" else None)
    [point] = made.decision_points()
    assert point.reference == ()


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("Sorry.", DiscardReason.UNREADABLE_REPLY),
        ({"situation": "x", "question": "Call find_station?", "answer": "y"}, DiscardReason.LEAKED_TOOL_NAME),
        ({"situation": "x", "question": "Which?"}, DiscardReason.UNREADABLE_REPLY),
        ({"question": "Which?", "answer": "y"}, DiscardReason.UNREADABLE_REPLY),
    ],
)
def test_a_spoilt_request_without_call_is_a_discard(build: Build, reply: JsonValue, reason: DiscardReason) -> None:
    made = build(Generator(no_call=[reply]), kind="no_tool_fits")
    assert isinstance(made, Discard)
    assert made.reason is reason


def test_calls_that_give_something_else_the_second_time_spoil_an_instance_unless_that_is_allowed(build: Build) -> None:
    scenario: JsonValue = {"situation": "A hall.", "constraints": [], "tools": ["find_station", "draw_ticket"]}
    draw: JsonValue = {"name": "draw_ticket", "arguments": {"hall": "OSL-47"}}
    calls: list[JsonValue] = [{"calls": [FIND]}, {"calls": [draw]}, {"calls": []}]

    def made(**settings: object) -> Instruction | Discard:
        return build(Generator(scenario=[scenario], calls=calls), **settings)

    spoilt = made()
    assert isinstance(spoilt, Discard)
    assert spoilt.reason is DiscardReason.NOT_REPRODUCIBLE
    assert spoilt.detail.startswith("draw_ticket: it gave ")
    assert isinstance(made(nondeterministic=["draw_ticket"]), Instruction)
    assert isinstance(made(replay=False), Instruction)


def test_calls_that_fail_are_taken_back_and_the_generator_is_told_why(build: Build) -> None:
    fails: JsonValue = {"name": "find_station", "arguments": {"city": "Atlantis"}}
    generator = Generator(calls=[{"calls": [FIND]}, {"calls": [fails]}, {"calls": [LIST]}, {"calls": []}])
    made = build(generator)
    assert isinstance(made, Instruction)
    assert [call.arguments.get("city") for step in made.steps for call in step.calls] == ["Oslo", None]
    told = [payload.get("failed") for payload in generator.payloads("calls")]
    assert told == [None, None, [{"calls": [fails], "why": "find_station: LookupError: no such city"}], None]


def test_what_a_failed_turn_did_is_forgotten(build: Build, toolset: PythonToolset) -> None:
    board: JsonValue = {"name": "board", "arguments": {"passenger": "Ann"}}
    fails: JsonValue = {"name": "find_station", "arguments": {"city": "Atlantis"}}
    scenario: JsonValue = {"situation": "A train.", "constraints": [], "tools": ["find_station", "board"]}
    calls: list[JsonValue] = [{"calls": [board, fails]}, {"calls": [FIND]}, {"calls": [board]}, {"calls": []}]
    question: JsonValue = {"question": "Find what Oslo has, and let Ann board."}
    made = build(Generator(scenario=[scenario], calls=calls, question=[question]))
    assert isinstance(made, Instruction)
    assert made.steps[1].results[0].content == "1 on board"


def test_a_generator_may_begin_anew_once_and_then_gives_up(build: Build) -> None:
    anew: JsonValue = {"restart": True}
    generator = Generator(calls=[{"calls": [FIND]}, anew, {"calls": [FIND]}, {"calls": [LIST]}, {"calls": []}])
    made = build(generator)
    assert isinstance(made, Instruction)
    assert len(made.steps) == 2
    assert generator.payloads("calls")[2]["memory"] == []
    spoilt = build(Generator(calls=[{"calls": [FIND]}, anew]))
    assert isinstance(spoilt, Discard)
    assert (spoilt.reason, spoilt.detail) == (DiscardReason.GIVEN_UP, "calls: no use in what 0 turns gave")


def test_the_generator_is_told_how_many_calls_in_which_shape_and_manner(build: Build) -> None:
    generator = Generator()
    build(generator)
    [scenario], [question] = generator.payloads("scenario"), generator.payloads("question")
    assert (scenario["calls_wanted"], scenario["shape"], scenario["setting"]) == ([2, 2], "chain", "a harbour")
    assert question["manner"] == "as a question"
