"""The step that constructs: until enough is kept, with a judge, over remote tools, over tools that change."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from ttpa.assemble import Parts, assemble
from ttpa.config import make_config
from ttpa.errors import ConfigError, ModelError, RunError
from ttpa.models.recorded_chat import ReplyStore
from ttpa.models.scripted import ScriptedChatModel
from ttpa.models.spending import Spending
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.records.discards import Discard
from ttpa.records.diversity import Diversity
from ttpa.records.instructions import Instruction
from ttpa.records.judgements import Judgement
from ttpa.records.messages import Message
from ttpa.records.summaries import StepSummary
from ttpa.records.tools import ToolCall, ToolResult
from ttpa.runs.record_files import read_record, read_records
from ttpa.steps.construction import estimate_construction
from ttpa.steps.run import Run
from ttpa.tools.base import Toolset
from ttpa.tools.offer import Definition
from ttpa.tools.python_toolset import PythonToolset
from ttpa.tools.worker_process import Worker

WriteTools = Callable[[str], str]
TOOLS = """
    import random

    def find_shop(city: str) -> dict[str, str]:
        '''Finds a shop in a city.'''
        return {"shop_id": f"S{len(city)}77"}

    def order_paint(shop_id: str, cans: int) -> dict[str, int]:
        '''Orders paint from a shop.'''
        return {"total": cans * 3}

    def draw_lot(hall: str) -> str:
        '''Draws a lot in a hall.'''
        return str(random.SystemRandom().random())

    def count_cans(colour: str) -> int:
        '''Counts the cans of a colour.'''
        return len(colour)
"""


def make_run(
    tmp_path: Path,
    module: str,
    *,
    change: Callable[[Parts], Parts] = lambda parts: parts,
    generator: str = "schema",
    seed: int = 0,
    **construct: object,
) -> Run:
    settings = {"instances": 30, "max_calls": 2, "unseen_share": 0.0, "tools_shown": 4, **construct}
    config = make_config(
        {
            "name": "made",
            "runs": str(tmp_path / "runs"),
            "seed": seed,
            "tools": {"module": module},
            "generator": {"kind": generator},
            "construct": settings,
        }
    )
    return Run(config, change(assemble(config)), SilentReporter())


def taken(run: Run) -> tuple[StepSummary, list[Instruction]]:
    take_steps(run, ["construct"])
    summary = read_record(run.directory.summary("construct"), StepSummary)
    return summary, read_records(run.directory.instructions, Instruction)


def test_plans_go_on_until_enough_instances_are_kept(tmp_path: Path, write_tools: WriteTools) -> None:
    summary, made = taken(make_run(tmp_path, write_tools(TOOLS), plans_at_most=200))
    assert len(made) == summary.records_out == 30
    assert summary.items_in == 30 + sum(summary.discards.values())
    assert summary.discards["not_reproducible"] > 5
    assert len({one.id for one in made}) == 30
    assert "fewer than wanted" not in summary.facts


def test_where_no_more_may_be_planned_the_account_says_so(tmp_path: Path, write_tools: WriteTools) -> None:
    summary, made = taken(make_run(tmp_path, write_tools(TOOLS), plans_at_most=33))
    assert len(made) < 30
    assert summary.items_in == 33
    assert summary.facts["fewer than wanted"] == f"{len(made)} of 30; construct.plans_at_most = 33"


def test_what_was_made_is_described_beside_it(tmp_path: Path, write_tools: WriteTools) -> None:
    run = make_run(tmp_path, write_tools(TOOLS), nondeterministic=["draw_lot"])
    summary, made = taken(run)
    diversity = read_record(run.directory.diversity, Diversity)
    assert diversity.instructions == len(made)
    assert diversity.grounded == diversity.with_calls > 20
    assert set(diversity.tools) == {"find_shop", "order_paint", "draw_lot", "count_cans"}
    assert summary.facts["made of"] == diversity.line()


def test_tools_that_no_instruction_calls_are_named_with_the_reason(tmp_path: Path, write_tools: WriteTools) -> None:
    closed = """
        def close_shop(shop_id: str) -> str:
            '''Closes a shop.'''
            raise RuntimeError("nobody is there")
    """
    summary, _ = taken(make_run(tmp_path, write_tools(dedent(TOOLS) + dedent(closed)), max_calls=3, tools_shown=5))
    assert summary.facts["never called"] == (
        "draw_lot (shown in 23 plans, 13 not_reproducible), close_shop (shown in 23 plans)"  # its plans went on without
    )
    every_tool_is_called, _ = taken(
        make_run(tmp_path / "other", write_tools(TOOLS), nondeterministic=["draw_lot"], max_calls=3)
    )
    assert "never called" not in every_tool_is_called.facts


def test_a_judge_sees_what_passed_all_other_checks(
    tmp_path: Path, write_tools: WriteTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")

    def answer(messages: Sequence[Message], _: int) -> str:
        asked = json.loads(messages[-1].content)
        is_fair = "certain one" not in asked["question"] and "Counts" not in json.dumps(asked["memory"])
        is_fair = is_fair and "count_cans" not in json.dumps(asked["memory"])
        return json.dumps({"natural": 4, "faithful": 5 if is_fair else 1, "why": "cans again"})

    def with_judge(parts: Parts) -> Parts:
        def open_chat(
            wanted_by: str, model: str, temperature: float, _journal: ReplyStore, _spending: Spending
        ) -> ScriptedChatModel:
            assert (wanted_by, temperature) == ("construct.judge", 0.7)
            return ScriptedChatModel(answer, model)

        return replace(parts, open_chat=open_chat)

    judge = {"model": "strict", "judgements": 2, "controls": 0.5}
    run = make_run(
        tmp_path, write_tools(TOOLS), change=with_judge, judge=judge, nondeterministic=["draw_lot"], plans_at_most=200
    )
    summary, made = taken(run)
    judgements = read_records(run.directory.judgements, Judgement)
    discards = read_records(run.directory.discards("construct"), Discard)
    assert len(made) == 30
    assert not any(call.name == "count_cans" for one in made for step in one.steps for call in step.calls)
    assert summary.discards["judged_unfaithful"] >= 5
    assert all("by strict: cans again" in one.detail for one in discards if one.reason == "judged_unfaithful")
    assert {one.id for one in judgements if not one.is_control} >= {one.id for one in made}
    assert sum(one.is_control for one in judgements) >= 5
    assert summary.facts["judge"].startswith("strict, 2 judgements each, agrees with the checks on ")


class Remote(PythonToolset):
    """Tools that count as far away."""

    is_remote = True


def opening(kind: type[PythonToolset], module: str) -> Callable[[Parts], Parts]:
    """Parts that open the tools as another kind of toolset."""

    def open_toolset(_journal: ReplyStore, _spending: Spending) -> Toolset:
        return kind(module)

    return lambda parts: replace(parts, open_toolset=open_toolset)


def test_remote_calls_are_made_once_and_once_more_and_the_account_tells_it(
    tmp_path: Path, write_tools: WriteTools
) -> None:
    module = write_tools(TOOLS.replace("cans: int", "cans: bool").replace("city: str", "city: bool"))
    run = make_run(tmp_path, module, change=opening(Remote, module))
    summary, made = taken(run)
    told = summary.facts["calls"]
    asked, answered = (int(part.split()[0]) for part in told.split(";")[0].split(", "))
    assert answered > 0
    assert asked > 0
    assert "made once more" in told
    drawn = [one for one in made for step in one.steps for call in step.calls if call.name == "draw_lot"]
    assert not drawn  # the second pass really asks


def test_tools_that_never_answer_stop_it_and_the_same_command_asks_them_again(
    tmp_path: Path, write_tools: WriteTools
) -> None:
    class Service(Remote):
        """Nobody listens at first."""

        is_up = False

        def run(self, worker: Worker, call: ToolCall) -> ToolResult:
            return super().run(worker, call) if self.is_up else ToolResult(content="nobody listens", ok=False)

    module = write_tools(TOOLS)
    run = make_run(tmp_path, module, change=opening(Service, module), nondeterministic=["draw_lot"], no_call_share=0.5)
    with pytest.raises(RunError, match=r"all 16 plans ended .* failed, the last with 'draw_lot: nobody listens'"):
        taken(run)
    assert not run.directory.has_begun("construct")
    Service.is_up = True
    summary, made = taken(run)
    assert len(made) + summary.discards.get("duplicate", 0) == summary.items_in == 30


class Dead(Remote):
    """Nobody listens."""

    def run(self, worker: Worker, call: ToolCall) -> ToolResult:
        del worker, call
        return ToolResult(content="nobody listens", ok=False)


def test_a_few_failed_plans_do_not_stop_it_where_more_may_follow(tmp_path: Path, write_tools: WriteTools) -> None:
    choosy = """
        def find_page(number: int) -> str:
            '''Finds a page.'''
            if number % 2:
                raise ValueError("there are even pages alone")
            return f"page {number}"

        def find_note(page: int) -> str:
            '''Finds the note of a page.'''
            return find_page(page)

        def find_print(page: int) -> str:
            '''Finds the print of a page.'''
            return find_page(page)
    """
    module = write_tools(choosy)
    for seed in range(6):
        folder = tmp_path / str(seed)
        run = make_run(folder, module, seed=seed, instances=2, plans_at_most=80, tools_shown=2, retries=0, restarts=0)
        summary, made = taken(run)
        assert len(made) >= 2
        assert summary.items_in == len(made) + sum(summary.discards.values())


@pytest.mark.parametrize(
    ("wanted", "at_most", "told"), [(10, 0, r"all \d plans"), (4, 12, r"all \d plans"), (10, 1000, r"all 100 plans")]
)
def test_tools_that_never_answer_stop_it_after_a_hundred_plans_or_the_last(
    tmp_path: Path, write_tools: WriteTools, wanted: int, at_most: int, told: str
) -> None:
    module = write_tools(TOOLS)
    run = make_run(
        tmp_path, module, change=opening(Dead, module), instances=wanted, plans_at_most=at_most, no_call_share=0.5
    )
    with pytest.raises(RunError, match=told):
        taken(run)
    assert not run.directory.has_begun("construct")


def test_tools_that_take_nothing_that_the_schema_generator_draws_stop_it(
    tmp_path: Path, write_tools: WriteTools
) -> None:
    bound = """
        from typing import Annotated

        from pydantic import Field

        Grams = Annotated[int, Field(multiple_of=1000)]

        def find_flour(grams: Grams) -> int:
            '''Finds flour.'''
            return grams

        def find_sugar(grams: Grams) -> int:
            '''Finds sugar.'''
            return grams
    """
    run = make_run(tmp_path, write_tools(bound), instances=10, no_call_share=0.3, tools_shown=2, min_tools=1)
    with pytest.raises(RunError, match=r"no arguments that the schema generator draws: all \d+ plans ended .*'find_"):
        taken(run)
    assert not run.directory.has_begun("construct")


def test_a_tool_that_may_differ_and_is_none_is_refused_before_anything_is_made(
    tmp_path: Path, write_tools: WriteTools
) -> None:
    run = make_run(tmp_path, write_tools(TOOLS), nondeterministic=["draw_lots"])
    there = "there are count_cans, draw_lot, find_shop, order_paint"
    with pytest.raises(ConfigError, match=there):
        taken(run)
    with pytest.raises(ConfigError, match=there):
        estimate_construction(run)
    assert not run.directory.has_begun("construct")


def test_where_nothing_was_made_another_config_is_taken(tmp_path: Path, write_tools: WriteTools) -> None:
    module = write_tools(TOOLS)
    with pytest.raises(ModelError, match="does not know tool"):
        taken(make_run(tmp_path, module, generator="offline"))
    taken(make_run(tmp_path, module))
    with pytest.raises(RunError, match="has begun the step 'construct' with another config"):
        taken(make_run(tmp_path, module, generator="offline"))


def test_tools_that_change_while_it_constructs_stop_it_and_are_named(tmp_path: Path, write_tools: WriteTools) -> None:
    class Changing(PythonToolset):
        """Tells something else once it is opened."""

        looks = 0

        def read_definitions(self) -> list[Definition]:
            self.looks += 1
            find, order, *rest = super().read_definitions()
            spec = find.spec.model_copy(update={"description": "Finds another."})
            more = [Definition(spec.model_copy(update={"name": f"find_{number}"}), "none") for number in range(5)]
            return [find, order, *rest] if self.looks == 1 else [*more, Definition(spec, find.effect), *rest]

    module = write_tools(TOOLS)
    run = make_run(tmp_path, module, change=opening(Changing, module))
    told = "(added: 'find_0', 'find_1', 'find_2' and 2 more; gone: 'order_paint'; differing: 'find_shop'); take it"
    with pytest.raises(RunError, match=re.escape(f"changed while it constructed {told} again with --redo construct")):
        taken(run)


def test_tools_that_are_others_than_before_are_named_and_those_not_offered_may_be(
    tmp_path: Path, write_tools: WriteTools
) -> None:
    def take_again(text: str, *only: str) -> None:
        """Constructs anew over what there is of tools, as where it was interrupted."""
        module = write_tools(text)

        def open_toolset(_journal: ReplyStore, _spending: Spending) -> Toolset:
            return PythonToolset(module, only=only, allow_write=True)

        folder = tmp_path / str(len(only))
        run = make_run(folder, module, change=lambda parts: replace(parts, open_toolset=open_toolset))
        run.directory.summary("construct").unlink(missing_ok=True)
        taken(run)

    other = f"""{dedent(TOOLS).replace("Counts the cans", "Counts all cans")}
def look(place: int) -> int:
    'Looks.'
    return place
"""
    take_again(TOOLS, "find_shop", "order_paint", "draw_lot")
    take_again(other, "find_shop", "order_paint", "draw_lot")
    take_again(TOOLS)
    told = "not those that it began with (added: 'look'; differing: 'count_cans'); take it again with --redo construct"
    with pytest.raises(RunError, match=re.escape(told)):
        take_again(other)
    writing = dedent(TOOLS).replace("def find_shop", "@effect('write')\ndef find_shop")
    with pytest.raises(RunError, match="described alike, but what one does, read or write, is another"):
        take_again(f"from ttpa.tools.effects import effect\n{writing}")
