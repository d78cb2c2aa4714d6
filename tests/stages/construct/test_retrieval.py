"""Tool choice at scale: what a scenario is drawn from where a registry has more tools than anybody can be shown."""

import os
import random
import statistics
import time
from pathlib import Path

import pytest

from ttpa.errors import ConfigError
from ttpa.models.scripted import ScriptedChatModel
from ttpa.records.tools import ToolSpec
from ttpa.stages.construct import ConstructConfig, Plan, plan_construction
from ttpa.stages.construct.offered_tools import choose_offer
from ttpa.stages.construct.retrieval import ToolIndex
from ttpa.tools.simulated_toolset import SimulatedToolset

SHARED = Path(os.environ.get("TTPA_SHARED", str(Path(__file__).parents[4] / "shared")))
REGISTRY = SHARED / "data" / "converted" / "tool_registry.jsonl"


def tool(name: str, description: str, *parameters: str) -> ToolSpec:
    properties = {parameter: {"type": "string"} for parameter in parameters}
    schema = {"type": "object", "properties": properties, "required": [*parameters]}
    return ToolSpec.model_validate({"name": name, "description": description, "parameters": schema})


TOPICS = ("weather", "hotel", "parcel", "library", "money", "garden", "music", "train")
TOOLS = [
    tool(f"{verb}{topic.title()}", f"{verb} something about the {topic}, kind {number}", f"{topic}_id")
    for topic in TOPICS
    for number, verb in enumerate(("find", "list", "count", "move", "name", "rate", "sort", "open", "read", "send"))
]


def plans(number: int, tools: list[ToolSpec] = TOOLS, **changes: float) -> list[Plan]:
    config = ConstructConfig.model_validate({"candidates": 20, "tools_shown": 5, **changes})
    return plan_construction(tools, config, seed=1, number=number)


def topic_of(tool: ToolSpec) -> str:
    return next(topic for topic in TOPICS if topic.title() in tool.name)


def test_a_scenario_is_drawn_from_tools_that_belong_together() -> None:
    made = [plan for plan in plans(200, unseen_share=0) if plan.kind == "calls"]
    alike = [max(map([topic_of(one) for one in plan.shown].count, TOPICS)) / len(plan.shown) for plan in made]
    assert statistics.mean(alike) > 0.6
    at_random = plans(200, candidates=200)
    unlike = [max(map([topic_of(one) for one in plan.shown].count, TOPICS)) / 5 for plan in at_random]
    assert statistics.mean(unlike) < 0.4


def test_a_plan_holds_no_more_tools_than_its_candidates() -> None:
    assert all(len(plan.shown) == 5 and len(plan.pool) <= 20 for plan in plans(100))
    assert all(set(map(id, plan.shown)) <= set(map(id, plan.pool)) for plan in plans(100))


def test_each_tool_has_its_turn() -> None:
    made = plans(400)
    known = {spec.name for plan in made if plan.split != "test_unseen" for spec in plan.shown}
    unseen = {spec.name for spec in TOOLS} - known
    assert len(known) == round(0.85 * len(TOOLS))
    assert {spec.name for plan in made if plan.split == "test_unseen" for spec in plan.pool} == unseen


def test_equal_arguments_give_equal_plans_and_more_go_on_where_fewer_ended() -> None:
    assert plans(60) == plans(60)
    assert plans(60)[:40] == plans(40)
    assert plans(40) == plans(40, TOOLS[::-1])


def test_distractors_are_look_alikes_and_others() -> None:
    index = ToolIndex(TOOLS)
    candidates = index.candidates(TOOLS[0], 20, random.Random(0))
    assert candidates.near[0] == TOOLS[0]
    assert len(candidates.near) == 15
    assert len(candidates.drawn) == 5
    assert sum(topic_of(one) == "weather" for one in candidates.near) == 10
    plan = Plan(id="c", split="train", kind="calls", shown=candidates.near[:4], pool=candidates.all, seed=3)
    offered = choose_offer([TOOLS[0].name], plan, 3)
    assert {topic_of(one) for one in offered if one != TOOLS[0]} & {"weather"}


def test_the_most_like_are_the_same_however_many_are_wanted() -> None:
    index = ToolIndex(TOOLS)
    for one in TOOLS[::9]:
        every = index.candidates(one, 4 * len(TOOLS), random.Random(0)).near
        assert len(every) == len(TOOLS)
        for count in (4, 8, 20, 60):
            assert index.candidates(one, count, random.Random(0)).near == every[: count - count // 4]


def test_two_tools_that_are_told_in_the_same_words_are_never_offered_together() -> None:
    twin = tool("weather_finder", TOOLS[0].description, "weather_id")
    found = ToolIndex([*TOOLS, twin]).candidates(TOOLS[0], 20, random.Random(0)).all
    assert TOOLS[0] in found
    assert twin not in found


def test_tools_without_any_word_are_found_too() -> None:
    bare = [tool(f"工具{number}", "") for number in range(9)]
    assert len(ToolIndex(bare).candidates(bare[4], 8, random.Random(0)).all) == 8


def test_fewer_candidates_than_twice_what_is_shown_are_refused() -> None:
    with pytest.raises(ValueError, match=r"construct\.candidates = 9 leaves no choice; it takes at least 16"):
        ConstructConfig(candidates=9)


def test_without_the_package_a_large_registry_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ttpa.stages.construct.retrieval", None)
    with pytest.raises(ConfigError, match=r"more than construct.candidates.*\[registry\]"):
        plans(1)


@pytest.mark.heavy
@pytest.mark.skipif(not REGISTRY.is_file(), reason=f"{REGISTRY} is not there (set TTPA_SHARED)")
def test_thousands_of_third_party_tools_are_one_toolset() -> None:
    toolset = SimulatedToolset(str(REGISTRY), ScriptedChatModel(lambda _, __: "{}"))
    names = [spec.name for spec in toolset.specs]
    assert len(names) == len(set(names)) == len(REGISTRY.read_text(encoding="utf-8").splitlines())
    began = time.process_time()
    index = ToolIndex(toolset.specs)
    built = time.process_time() - began
    seconds: list[float] = []
    for number, spec in enumerate(random.Random(0).sample(list(toolset.specs), 50)):
        began = time.process_time()
        found = index.candidates(spec, 64, random.Random(number))
        seconds.append(time.process_time() - began)
        assert found.near[0] == spec
        assert len(found.all) == len({one.name for one in found.all}) == 64
    assert max(seconds) < built / 4  # it is built once, and asked for every plan
