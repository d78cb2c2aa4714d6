"""The diffs of docs/extending.md: applied to a copy of the package, every new part does what the page says."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.documents import ROOT, blocks

_FORKS = """
from ttpa.models.base import Completion
from ttpa.records.candidates import Slot
from ttpa.stages.sample.forks import ForkRules, find_forks
turn = Completion((1, 2), (-0.1, -0.7), (((1, -0.1), (3, -2.4)), ((2, -0.7), (4, -0.8))), True, (0.3, 0.7))
slots = (Slot(kind="argument_value", start=0, end=2, path="$.city"),)
for most in (1.0, 0.6):
    rules = ForkRules(max_gap=3.0, max_probability=most)
    print([fork.position for fork in find_forks(turn, slots, rules)])
"""
_SCORE = """
from ttpa import score_turn
from ttpa.stages.score import explain
tool = {"name": "find", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
call = lambda city: [{"name": "find", "arguments": {"city": city}}]
for city in ("oslo", "Rome"):
    print(explain(score_turn(call(city), call("Oslo"), [tool]).errors))
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as the page's diffs leave it, and a config."""
    folder = tmp_path_factory.mktemp("extended")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    diffs = [block for block in blocks(ROOT / "docs" / "extending.md") if block.language == "diff"]
    assert len(diffs) == 5
    for block in diffs:
        applied = subprocess.run(["git", "apply", "-"], input=block.text, cwd=folder, capture_output=True, text=True)
        assert applied.returncode == 0, f"{block.place}: {applied.stderr}"
    return folder


def use(folder: Path, *words: str) -> str:
    """What Python prints with the extended package."""
    env = {**os.environ, "PYTHONPATH": str(folder / "src")}
    ended = subprocess.run([sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def ttpa(folder: Path, *words: str) -> str:
    return use(folder, "-c", "from ttpa.cli import main; main()", *words)


def test_the_dialect_passes_what_all_dialects_pass(extended: Path) -> None:
    tests = str(ROOT / "tests" / "dialects" / "test_all.py")
    assert " passed" in use(extended, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "my_family", tests)


def test_the_source_offers_a_database_s_tables_and_looks_rows_up(extended: Path) -> None:
    rows = "create table rooms (name text, beds integer); insert into rooms values ('Alder', 2), ('Birch', 3)"
    use(extended, "-c", f"import sqlite3; sqlite3.connect('hotel.db').executescript({rows!r})")
    (extended / "hotel.toml").write_text('name = "hotel"\n[tools]\nsource = "sqlite"\ndatabase = "hotel.db"\n')
    assert ttpa(extended, "tools", "hotel.toml").startswith("rooms  [name], [beds]  Finds rows of rooms.\n")
    found = ttpa(extended, "tools", "hotel.toml", "--call", "rooms", "--arguments", '{"beds": 3}')
    assert found == '[{"name": "Birch", "beds": 3}]\n'


def test_the_kind_of_error_is_told_in_words(extended: Path) -> None:
    told = use(extended, "-c", _SCORE).splitlines()
    assert told == ['call 0: `city` is "oslo", written "Oslo"', 'call 0: `city` is "Rome", "Oslo" was meant']


def test_the_rule_keeps_forks_from_where_the_policy_is_sure(extended: Path) -> None:
    assert use(extended, "-c", _FORKS) == "[0, 1]\n[1]\n"


@pytest.mark.heavy
def test_the_benchmark_is_asked_and_judged(extended: Path) -> None:
    (extended / "small.toml").write_text('name = "small"\n', encoding="utf-8")
    told = ttpa(extended, "evaluate", "small.toml", "--suite", "manners")
    assert "| greetings | base | 3 |" in told
