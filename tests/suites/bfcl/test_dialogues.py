"""Dialogues against the package's own handler: the same script hears the same questions, step by step."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from ttpa.dialects import DIALECTS
from ttpa.records.messages import AssistantMessage
from ttpa.runs.journal import Journal
from ttpa.steps.run import Run
from ttpa.steps.suites import suite_setting
from ttpa.suites import SUITES
from ttpa.suites.bfcl.environment import BfclEnvironment
from ttpa.suites.bfcl.suite import find_environment
from ttpa.suites.config import BfclConfig
from ttpa.suites.episodes import Item, Said
from ttpa.suites.sample import draw_sample

MakeRun = Callable[..., Run]
HERMES = DIALECTS["hermes"]
ENVIRONMENT = BfclEnvironment(find_environment(BfclConfig()))
LATE = "I have updated some more functions you can choose from. What about now?"
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not ENVIRONMENT.is_ready, reason=f"no environment with bfcl-eval in {ENVIRONMENT.folder}"),
]


@pytest.fixture(params=["multi_turn_base", "multi_turn_miss_func", "multi_turn_miss_param", "multi_turn_long_context"])
def items(request: pytest.FixtureRequest, make_run: MakeRun, tmp_path: Path) -> Iterator[list[Item]]:
    """Some dialogues of a category."""
    run = make_run(sections={"suites": {"bfcl": {"categories": [request.param]}}})
    with SUITES["bfcl"](suite_setting(run, "bfcl", Journal(tmp_path / "journal.sqlite"))) as suite:
        yield draw_sample(suite.items, 12, seed=0)


def listen(item: Item, turns: list[AssistantMessage]) -> list[JsonValue]:
    """What the item asks a policy that says these turns."""
    episode = item.start()
    asks: list[JsonValue] = []
    ask = next(episode)
    for turn in turns:
        messages: list[JsonValue] = [
            [each.role, "" if each.role == "assistant" else each.content] for each in ask.history
        ]
        asks.append({"messages": messages, "tools": [tool.name for tool in ask.tools]})
        text = HERMES.write_turn(turn)
        try:
            ask = episode.send(Said(text, HERMES.read_turn(text), ended=True))
        except StopIteration:
            return asks
    raise AssertionError(f"{item.id} goes on after {len(turns)} turns")


def asked_by_package(folder: Path, category: str, said: dict[str, list[AssistantMessage]]) -> dict[str, JsonValue]:
    steps = {key: [[call.model_dump() for call in turn.tool_calls] for turn in turns] for key, turns in said.items()}
    scripts, asks = folder / "scripts.json", folder / "asks.json"
    scripts.write_text(json.dumps({"category": category, "steps": steps}), encoding="utf-8")
    program = [ENVIRONMENT.folder / "bin" / "python", Path(__file__).with_name("package_dialogues.py"), scripts, asks]
    surroundings = {**os.environ, "BFCL_PROJECT_ROOT": str(folder), "OPENAI_API_KEY": "unused"}
    done = subprocess.run(program, capture_output=True, text=True, check=False, env=surroundings)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(asks.read_text(encoding="utf-8"))


def test_a_dialogue_asks_what_the_packages_own_handler_asks(items: list[Item], tmp_path: Path) -> None:
    said = {item.id: list(item.gold) for item in items}
    theirs = asked_by_package(tmp_path, items[0].category, said)
    for item in items:
        assert listen(item, said[item.id]) == theirs[item.id], item.id
    if items[0].category == "multi_turn_miss_func":  # every dialogue hands in what it held back, in these words
        assert all(json.dumps(asks).count(LATE) and _grows(asks) for asks in theirs.values())


def test_a_policy_that_never_ends_a_turn_is_cut_off_where_the_package_cuts_it_off(
    items: list[Item], tmp_path: Path
) -> None:
    stuck = {item.id: [next(turn for turn in item.gold if turn.tool_calls)] * 50 for item in items}
    theirs = asked_by_package(tmp_path, items[0].category, stuck)
    for item in items:
        assert listen(item, stuck[item.id]) == theirs[item.id], item.id
        assert len(listen(item, stuck[item.id])) == 21


def _grows(asks: JsonValue) -> bool:
    assert isinstance(asks, list)
    offered = [len(each["tools"]) for each in asks if isinstance(each, dict) and isinstance(each["tools"], list)]
    return offered[0] < offered[-1] and offered == sorted(offered)
