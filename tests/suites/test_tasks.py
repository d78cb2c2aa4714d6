"""Whole tasks with real execution: the gold solves all of them, each mistake costs its task, and nothing else."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from pydantic import JsonValue

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.dialects import DIALECTS
from ttpa.errors import RunError, ToolError
from ttpa.models.base import Completion
from ttpa.models.scripted import ScriptedTokenModel
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.instructions import Instruction, Step
from ttpa.records.messages import AssistantMessage
from ttpa.records.suites import SuiteAnswer, SuiteEvaluation
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.runs.manifest import write_manifest
from ttpa.runs.record_files import read_records, write_record, write_records
from ttpa.steps.compare import compare_runs
from ttpa.steps.run import Run
from ttpa.steps.suite_results import SuiteFiles, suite_cases, suite_evaluations
from ttpa.steps.suite_settings import is_outdated
from ttpa.steps.suites import evaluate_suite
from ttpa.suites.config import TasksConfig
from ttpa.suites.episodes import Said
from ttpa.suites.scripted import script_policy
from ttpa.suites.tasks import OwnTasks
from ttpa.tools.python_toolset import PythonToolset

MakeRun = Callable[..., Run]
SECTIONS = {
    "construct": {"instances": 40, "test_share": 0.5},
    "suites": {"resamples": 50, "max_new_tokens": 2000, "batch": 2},
}


@pytest.fixture(scope="module")
def instructions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run's instructions, constructed once."""
    values = {**SECTIONS, "name": "scripted", "runs": str(tmp_path_factory.mktemp("runs"))}
    run = Run(make_config(values), assemble(make_config(values)), SilentReporter())
    take_steps(run, ["construct"])
    return run.directory.instructions.parent


@pytest.fixture
def constructed(instructions: Path, make_run: MakeRun) -> Run:
    run = make_run(sections=SECTIONS)
    shutil.copytree(instructions, run.directory.instructions.parent)
    return run


@pytest.fixture(scope="module")
def toolset() -> Iterator[PythonToolset]:
    with PythonToolset("ttpa.quickstart.tools") as opened:
        yield opened


def tasks_of(run: Run, toolset: PythonToolset) -> OwnTasks:
    held_out = [*run.instructions("test"), *run.instructions("test_unseen")]
    return OwnTasks(held_out, toolset, TasksConfig(), run.config.score)


def spoken(turn: AssistantMessage) -> Said:
    text = DIALECTS["hermes"].write_turn(turn)
    return Said(text, DIALECTS["hermes"].read_turn(text), ended=True)


def played(suite: OwnTasks, item_id: str, turns: Sequence[AssistantMessage]) -> SuiteAnswer:
    """The answer of a policy that says these turns."""
    item = next(item for item in suite.items if item.id == item_id)
    episode = item.start()
    next(episode)
    for turn in turns[:-1]:
        episode.send(spoken(turn))
    with pytest.raises(StopIteration) as stop:
        episode.send(spoken(turns[-1]))
    ended = stop.value.value
    return SuiteAnswer(
        id=item.id,
        category=item.category,
        said=ended.said,
        notes=ended.notes,
        question_hash="",
        prompt_hash="",
        prompt_tokens=0,
        completion_tokens=0,
    )


def evaluate(run: Run, make_run: MakeRun, model: ScriptedTokenModel | None) -> tuple[Run, SuiteEvaluation]:
    again = make_run(model, SECTIONS)
    assert again.directory.path == run.directory.path
    [(evaluation, _)] = evaluate_suite(again, "tasks")
    return again, evaluation


def test_the_gold_solves_every_task(constructed: Run, toolset: PythonToolset, make_run: MakeRun) -> None:
    items = tasks_of(constructed, toolset).items
    _, evaluation = evaluate(constructed, make_run, script_policy(items))
    assert len(items) > 15
    assert (evaluation.total.items, evaluation.total.right) == (len(items), len(items))
    assert {measure.value for measure in evaluation.total.measures.values()} == {1.0}
    assert evaluation.total.errors == {}
    assert set(evaluation.categories) >= {"test: calls", "test_unseen: calls"}


def test_a_policy_that_errs_in_some_tasks_fails_those_alone(
    constructed: Run, toolset: PythonToolset, make_run: MakeRun
) -> None:
    items = tasks_of(constructed, toolset).items
    due = [item for item in items if item.category.endswith("calls")]
    idle = [item for item in items if item.category.endswith("no call")]
    texts = ["It is done.", "<tool_call>\n{", '<tool_call>\n{"name": "no_such_tool", "arguments": {}}\n</tool_call>']
    changed = {item.id: texts[place % 3] for place, item in enumerate(due[:9])}
    changed.update({item.id: texts[2] for item in idle[:1]})
    run, evaluation = evaluate(constructed, make_run, script_policy(items, changed=changed))
    wrong = {case.id for case in suite_cases(run, "tasks", "base") if not case.right}
    assert wrong == set(changed)
    assert evaluation.total.right == len(items) - len(changed)
    assert evaluation.total.errors["no_call"] == 6  # three said nothing, three could not be read


def test_calls_of_a_turn_that_is_cut_off_are_not_run(
    constructed: Run, toolset: PythonToolset, make_run: MakeRun
) -> None:
    items = tasks_of(constructed, toolset).items
    chosen = next(item for item in items if item.category.endswith("calls"))
    gold = DIALECTS["hermes"].write_turn(chosen.gold[0])
    changed = {chosen.id: gold + " And so on." * 2000}
    run, evaluation = evaluate(constructed, make_run, script_policy(items, changed=changed))
    assert [case.id for case in suite_cases(run, "tasks", "base") if not case.right] == [chosen.id]
    assert set(evaluation.total.errors) == {"no_call"}
    answers = read_records(SuiteFiles(run.directory.suite("tasks"), "base").answers, SuiteAnswer)
    notes = next(answer.notes for answer in answers if answer.id == chosen.id)
    assert (notes["ended"], notes["calls"]) == ("malformed", [])


def test_what_the_policy_leaves_behind_in_the_tools_counts(
    constructed: Run, toolset: PythonToolset, make_run: MakeRun
) -> None:
    """A call too many that books something gives all the gold's results, and yet another state."""
    held_out = [*constructed.instructions("test"), *constructed.instructions("test_unseen")]
    extra = ToolCall(name="order_product", arguments={"product_id": "P2000"})
    chosen = next(each for each in held_out if each.steps and any(tool.name == extra.name for tool in each.tools))
    turn = AssistantMessage(tool_calls=(*chosen.steps[-1].calls, extra))
    suite = tasks_of(constructed, toolset)
    before = [AssistantMessage(tool_calls=step.calls) for step in chosen.steps[:-1]]
    answer = played(suite, chosen.id, [*before, turn, AssistantMessage(content=chosen.answer or "")])
    [case] = suite.judge([answer], Path()).cases
    assert not case.right
    assert (case.measures["state as the gold leaves it"], case.measures["gold results obtained"]) == (0.0, 1.0)
    assert [error.kind for error in case.errors] == ["extra_call"]


def test_calls_that_break_what_tells_the_state_cost_their_task_alone(constructed: Run, tmp_path: Path) -> None:
    module = tmp_path / "shelf.py"
    module.write_text(
        "ITEMS = ['a', 'b']\n"
        "def reset():\n    ITEMS[:] = ['a', 'b']\n"
        "def state():\n    return {'first': ITEMS[0]}\n"
        "def count() -> int:\n    'How many there are.'\n    return len(ITEMS)\n"
        "def clear() -> int:\n    'Takes all away.'\n    ITEMS.clear()\n    return 2\n"
    )
    count, clear = ToolCall(name="count", arguments={}), ToolCall(name="clear", arguments={})
    answered = AssistantMessage(content="There are 2.")
    with PythonToolset(str(module)) as tools:
        step = Step(calls=(count,), results=(ToolResult(content="2", ok=True),))
        changes = {"tools": tuple(tools.specs), "steps": (step,), "answer": answered.content}
        task = constructed.instructions("test")[0].model_copy(update=changes)
        suite = OwnTasks([task], tools, TasksConfig(), constructed.config.score)
        as_gold = played(suite, task.id, [AssistantMessage(tool_calls=(count,)), answered])
        broken = played(suite, task.id, [AssistantMessage(tool_calls=(count, clear)), answered])
        right, wrong = suite.judge([as_gold, broken], Path()).cases
    assert right.right
    assert not wrong.right
    assert (wrong.measures["state as the gold leaves it"], wrong.measures["gold results obtained"]) == (0.0, 1.0)


def test_tools_that_no_longer_open_are_an_error_and_no_wrong_answer(
    constructed: Run, toolset: PythonToolset, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = tasks_of(constructed, toolset)

    def refuse() -> None:
        raise ToolError("the tools do not start")

    monkeypatch.setattr(toolset, "session", refuse)
    unknown = AssistantMessage(tool_calls=(ToolCall(name="no_such_tool", arguments={}),))
    episode = suite.items[0].start()
    next(episode)
    episode.send(spoken(unknown))
    with pytest.raises(ToolError, match="do not start"):
        episode.send(spoken(AssistantMessage(content="It is done.")))


SERVICE = """
from pathlib import Path
DOWN, COUNT = Path({down!r}), iter(range(1000))
def find(name: str) -> str:
    'Tells where a thing is.'
    if DOWN.exists():
        raise ConnectionError('no answer')
    return name + ' is at home'
def stamp() -> int:
    'Tells a number, another each time.'
    return next(COUNT)
"""
FIND = ToolCall(name="find", arguments={"name": "Ida"})


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """A module whose `find` fails while there is a file `down` beside it."""
    module = tmp_path / "service.py"
    module.write_text(SERVICE.format(down=str(tmp_path / "down")))
    return module


def task_of(run: Run, tools: PythonToolset, *calls: ToolCall) -> Instruction:
    """A held-out task with these gold calls, a step each."""
    steps = tuple(Step(calls=(call,), results=(ToolResult(content="as it was", ok=True),)) for call in calls)
    changes = {"tools": tuple(tools.specs), "steps": steps, "answer": "At home."}
    return run.instructions("test")[0].model_copy(update=changes)


def test_tools_that_fail_at_the_gold_stop_the_suite_and_make_nothing_right(
    constructed: Run, service: Path, make_run: MakeRun
) -> None:
    answered = AssistantMessage(content="At home.")
    wrong = ToolCall(name="find", arguments={"name": "Bo"})
    with PythonToolset(str(service)) as tools:
        task = task_of(constructed, tools, FIND)
        suite = OwnTasks([task], tools, TasksConfig(), constructed.config.score)
        (service.parent / "down").touch()
        answer = played(suite, task.id, [AssistantMessage(tool_calls=(wrong,)), answered])
        for look in (suite.require_answers, lambda: suite.judge([answer], Path())):
            with pytest.raises(RunError, match=rf"gold call of 'find' in '{task.id}' fails now: .*no answer.*--redo"):
                look()
        (service.parent / "down").unlink()
        [case] = suite.judge([answer], Path()).cases
    assert (case.right, case.measures["gold results obtained"]) == (False, 0.0)
    write_records(constructed.directory.instructions, [task])
    (service.parent / "down").touch()
    run = make_run(ScriptedTokenModel(lambda _: {"Done.": 1.0}), {**SECTIONS, "tools": {"module": str(service)}})
    with pytest.raises(RunError, match="gold call of 'find'"):
        evaluate_suite(run, "tasks")
    assert not run.directory.suite("tasks").exists()


def test_of_a_tool_whose_results_differ_the_call_is_due_and_not_its_result(
    constructed: Run, service: Path, make_run: MakeRun
) -> None:
    stamp = ToolCall(name="stamp", arguments={})
    with PythonToolset(str(service)) as tools:
        task = task_of(constructed, tools, stamp, FIND)
        suite = OwnTasks([task], tools, TasksConfig(), constructed.config.score, nondeterministic=["stamp"])
        turns = [AssistantMessage(tool_calls=(call,)) for call in (stamp, FIND)]
        as_gold = played(suite, task.id, [*turns, AssistantMessage(content="At home.")])
        without = played(suite, task.id, [turns[1], AssistantMessage(content="At home.")])
        right, wrong = suite.judge([as_gold, without], Path()).cases
    assert (right.right, right.measures["gold results obtained"]) == (True, 1.0)
    assert (wrong.right, wrong.measures["gold results obtained"]) == (False, 0.5)
    write_records(constructed.directory.instructions, [task])
    named = {"construct": {**SECTIONS["construct"], "nondeterministic": ["stamp"]}, "tools": {"module": str(service)}}
    run = make_run(ScriptedTokenModel(lambda _: {"Done.": 1.0}), {**SECTIONS, **named})
    [(evaluation, _)] = evaluate_suite(run, "tasks")
    assert evaluation.settings["results not compared"] == "stamp"


MESSAGES = """
def find_rooms(city: str, stars: int = 3) -> list[str]:
    'Finds the rooms of a city.'
    return []
def find_cars(city: str) -> list[str]:
    'Finds the cars of a city.'
    return []
def send(to: str) -> dict[str, bool]:
    'Sends a message.'
    return {'sent': True}
def describe(city: str) -> str:
    'Tells of a city.'
    return 'a town'
def portray(city: str) -> str:
    'Tells of a city in a picture.'
    return 'a town'
"""


@pytest.mark.parametrize(
    ("gold", "made", "right"),
    [
        (("find_rooms", {"city": "Lyon"}), ("find_rooms", {"city": "Lyon"}), True),
        (("find_rooms", {"city": "Lyon"}), ("find_rooms", {"city": "lyon", "stars": 3}), True),
        (("find_rooms", {"city": "Lyon"}), ("find_rooms", {"city": "Atlantis"}), False),
        (("find_rooms", {"city": "Lyon"}), ("find_cars", {"city": "Lyon"}), False),
        (("send", {"to": "Ida"}), ("send", {"to": "Ida"}), True),
        (("send", {"to": "Ida"}), ("send", {"to": "Bo"}), False),
        (("describe", {"city": "Lyon"}), ("portray", {"city": "Lyon"}), True),
    ],
)
def test_a_result_that_tells_nothing_is_obtained_by_the_golds_call_alone(
    constructed: Run,
    tmp_path: Path,
    gold: tuple[str, dict[str, JsonValue]],
    made: tuple[str, dict[str, JsonValue]],
    right: bool,
) -> None:
    module = tmp_path / "messages.py"
    module.write_text(MESSAGES)
    due, call = (ToolCall(name=name, arguments=arguments) for name, arguments in (gold, made))
    with PythonToolset(str(module)) as tools:
        task = task_of(constructed, tools, due)
        suite = OwnTasks([task], tools, TasksConfig(), constructed.config.score)
        said = [AssistantMessage(tool_calls=(call,)), AssistantMessage(content="It is done.")]
        [case] = suite.judge([played(suite, task.id, said)], Path()).cases
    assert (case.right, case.measures["gold results obtained"]) == (right, float(right))


def test_settings_that_cannot_be_read_are_named(constructed: Run, toolset: PythonToolset, make_run: MakeRun) -> None:
    evaluate(constructed, make_run, script_policy(tasks_of(constructed, toolset).items))
    settings = SuiteFiles(constructed.directory.suite("tasks"), "base").settings
    settings.write_text("")
    with pytest.raises(RunError, match=r"base\.settings\.json cannot be read: .*--redo"):
        evaluate(constructed, make_run, None)


def test_a_state_that_is_never_told_stops_before_anything_is_asked(
    constructed: Run, make_run: MakeRun, tmp_path: Path
) -> None:
    module = tmp_path / "tools.py"
    module.write_text("from ttpa.quickstart.tools import TOOLS, reset\ndef state():\n    return MISSING\n")
    sections = {**SECTIONS, "tools": {"module": str(module)}}
    run = make_run(ScriptedTokenModel(lambda _: {"Done.": 1.0}), sections)
    with pytest.raises(ToolError, match=r"state.* failed: NameError"):
        evaluate_suite(run, "tasks")
    assert not run.directory.suite("tasks").exists()


def test_a_task_that_goes_on_for_ever_ends_at_the_step_limit(
    constructed: Run, toolset: PythonToolset, make_run: MakeRun
) -> None:
    call = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>'
    sections = {**SECTIONS, "suites": {**SECTIONS["suites"], "limit": 2, "tasks": {"max_steps": 3}}}
    run = make_run(ScriptedTokenModel(lambda _: {call: 1.0}), sections)
    [(evaluation, _)] = evaluate_suite(run, "tasks")
    answers = read_records(SuiteFiles(run.directory.suite("tasks"), "base").answers, SuiteAnswer)
    assert {len(answer.said[0]) for answer in answers} == {3}
    assert {str(answer.notes["ended"]) for answer in answers} == {"at the step limit"}
    assert evaluation.total.right == 0
    assert evaluation.settings["sample"].startswith(f"{len(answers)} of ")


TRAINED = Checkpoint(
    method="sft",
    base="embedded",
    examples=1,
    steps=1,
    tokens=1,
    trainable_parameters=1,
    history=(),
    files={"w": "1"},
)


def train(run: Run, name: str) -> Path:
    """A checkpoint of this name, whole; its folder."""
    folder = run.directory.checkpoint(name)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_text("weights")
    write_manifest(folder, identity="scripted")
    write_record(run.directory.checkpoint_record(name), TRAINED)
    return folder


def test_a_damaged_policy_is_not_asked(constructed: Run, make_run: MakeRun) -> None:
    (train(constructed, "sft") / "model.safetensors").write_text("others")
    for policies in (["sft"], []):  # with none named, the whole ones are not asked before it is found
        with pytest.raises(RunError, match=r"model\.safetensors is damaged: .*make it again with --redo sft"):
            evaluate_suite(make_run(sections=SECTIONS), "tasks", policies)


def test_an_evaluation_knows_whether_its_policy_was_trained_again(
    constructed: Run, toolset: PythonToolset, make_run: MakeRun
) -> None:
    train(constructed, "sft")
    run = make_run(script_policy(tasks_of(constructed, toolset).items), SECTIONS)
    [(evaluation, _)] = evaluate_suite(run, "tasks", ["sft"])
    assert suite_evaluations(run.directory) == [evaluation]
    assert not is_outdated(run, evaluation)
    write_record(constructed.directory.checkpoint_record("sft"), TRAINED.model_copy(update={"files": {"w": "2"}}))
    assert is_outdated(run, evaluation)
    constructed.directory.checkpoint_record("sft").unlink()
    assert is_outdated(run, evaluation)


def test_other_tasks_of_the_same_names_are_not_taken_for_those_that_were_played(
    constructed: Run, toolset: PythonToolset, make_run: MakeRun
) -> None:
    model = script_policy(tasks_of(constructed, toolset).items)
    evaluate(constructed, make_run, model)
    told = read_records(constructed.directory.instructions, Instruction)
    changed = [one.model_copy(update={"answer": "Another."}) if one.split == "test" else one for one in told]
    write_records(constructed.directory.instructions, changed)
    with pytest.raises(RunError, match=r"with other settings \(instructions: .*--redo"):
        evaluate(constructed, make_run, model)


class Killed(Exception):
    pass


class Mortal(ScriptedTokenModel):
    """Dies when it has been asked so often."""

    lives = 0

    def complete(self, prompts: Sequence[Sequence[int]], *, max_new_tokens: int) -> list[Completion]:
        self.lives -= 1
        if self.lives < 0:
            raise Killed
        return super().complete(prompts, max_new_tokens=max_new_tokens)


def test_killed_and_resumed_is_the_same(
    constructed: Run, toolset: PythonToolset, make_run: MakeRun, tmp_path: Path
) -> None:
    items = tasks_of(constructed, toolset).items
    whole = script_policy(items, changed={items[0].id: "It is done."})
    _, straight = evaluate(constructed, make_run, whole)
    files = SuiteFiles(constructed.directory.suite("tasks"), "base")
    before = {file: file.read_bytes() for file in (files.cases, files.answers, files.missing)}
    for file in (*before, files.evaluation, files.settings):
        file.unlink()
    mortal = Mortal(whole._turns)  # pyright: ignore[reportPrivateUsage]
    deaths = 0
    while True:
        mortal.lives = 9
        try:
            _, resumed = evaluate(constructed, make_run, mortal)
            break
        except Killed:
            deaths += 1
    assert deaths > 1
    assert not files.seconds.exists()
    assert {file: file.read_bytes() for file in before} == before
    assert resumed.model_copy(update={"seconds": 0.0}) == straight.model_copy(update={"seconds": 0.0})


def test_a_prompt_that_does_not_fit_is_missing_and_not_wrong(
    constructed: Run, toolset: PythonToolset, make_run: MakeRun
) -> None:
    items = tasks_of(constructed, toolset).items
    model = script_policy(items)
    asks = [next(item.start()) for item in items]
    lengths = sorted(len(model.tokenizer.prompt_ids(ask.history, ask.tools)) for ask in asks)
    model.max_length = lengths[len(lengths) // 2] + 2000
    _, evaluation = evaluate(constructed, make_run, model)
    total = evaluation.total
    assert 0 < total.missing["context_overflow"] < total.items
    assert total.wrong == 0
    assert total.items == total.right + total.wrong + sum(total.missing.values())


def test_other_settings_are_refused_and_redo_takes_them(
    constructed: Run, toolset: PythonToolset, make_run: MakeRun
) -> None:
    model = script_policy(tasks_of(constructed, toolset).items)
    evaluate(constructed, make_run, model)
    other = make_run(model, {**SECTIONS, "suites": {**SECTIONS["suites"], "limit": 1}})
    with pytest.raises(RunError, match=r"sample: 'all .*--redo"):
        evaluate_suite(other, "tasks")
    [(evaluation, _)] = evaluate_suite(other, "tasks", redo=True)
    assert evaluation.total.items == len(evaluation.categories)


def test_what_was_evaluated_is_not_asked_again(constructed: Run, toolset: PythonToolset, make_run: MakeRun) -> None:
    _, first = evaluate(constructed, make_run, script_policy(tasks_of(constructed, toolset).items))
    _, again = evaluate(constructed, make_run, None)
    assert again == first


def test_tasks_over_tools_that_cannot_be_executed_are_refused(
    constructed: Run, make_run: MakeRun, make_instruction: Callable[..., Instruction]
) -> None:
    foreign = make_instruction("foreign", split="test")
    strange = foreign.model_copy(update={"tools": (foreign.tools[0].model_copy(update={"name": "unknown"}),)})
    write_records(constructed.directory.instructions, [strange])
    with pytest.raises(RunError, match="'foreign' offers 'unknown'"):
        evaluate_suite(make_run(sections=SECTIONS), "tasks")


def test_a_suite_and_a_policy_that_are_not_there_are_named(constructed: Run) -> None:
    with pytest.raises(RunError, match="there is no suite 'nothing'; the suites are tasks"):
        evaluate_suite(constructed, "nothing")
    with pytest.raises(RunError, match="no policy 'dpo'; it has base"):
        evaluate_suite(constructed, "tasks", ["dpo"])


def test_two_runs_are_compared_case_by_case(constructed: Run, toolset: PythonToolset, make_run: MakeRun) -> None:
    items = tasks_of(constructed, toolset).items
    changed = {item.id: "It is done." for item in items if item.category.endswith("calls")}
    losing, gaining = dict(list(changed.items())[:3]), dict(list(changed.items())[3:8])
    run, _ = evaluate(constructed, make_run, script_policy(items, changed=gaining))
    values = run.config.as_json()
    other = make_run(script_policy(items, changed=losing), {**SECTIONS, "name": "other"})
    shutil.copytree(run.directory.instructions.parent, other.directory.instructions.parent)
    evaluate_suite(other, "tasks")
    lines = compare_runs(run, other, suite="tasks").lines()
    assert values["name"] in lines[0]
    assert f"right in B alone ({len(gaining)}), with what was wrong in A:" in lines
    assert f"right in A alone ({len(losing)}), with what is wrong in B:" in lines
    flipped = {line.split(":")[0].strip() for line in lines if line.startswith("  ")}
    assert flipped == {*gaining, *losing}
    total = next(line for line in lines if line.startswith("| all"))
    points = 100 * (len(gaining) - len(losing)) / len(items)
    assert f"| {len(items) - len(gaining)} | {len(items) - len(losing)} | {points:+.1f} (" in total
