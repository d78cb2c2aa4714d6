"""With `--json` a command prints one JSON document, and nothing else, on standard output."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.test_pipeline import make_run

from ttpa.cli import main
from ttpa.pipeline import take_steps

TOOL = {"name": "ring", "parameters": {"type": "object", "properties": {"who": {"type": "string"}}}}
CASE = {"tools": [TOOL], "reference_calls": [{"name": "ring", "arguments": {"who": "Ann"}}], "candidate_calls": []}
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a whole run of scripted policies."""
    folder = tmp_path_factory.mktemp("json")
    take_steps(make_run(folder / "runs"))
    return folder


@pytest.fixture
def ask(runs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    monkeypatch.chdir(runs)

    def run(*words: str, code: int = 0) -> Any:
        monkeypatch.setattr(sys, "argv", ["ttpa", *words, "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert ((ended.value.code or 0), printed.err) == (code, "")
        return json.loads(printed.out)

    return run


def test_two_policies_are_compared(ask: Ask) -> None:
    told = ask("compare", "scripted", "scripted", "--policy-a", "sft")
    assert (told["a"], told["b"], told["same_prompts"]) == ("scripted/sft", "scripted/dpo", True)
    whole = told["categories"][-1]
    assert whole["category"] == "all"
    assert whole["right_b"] - whole["right_a"] == len(told["gained"]) - len(told["lost"]) > 0
    assert whole["difference"]["low"] <= whole["difference"]["value"] <= whole["difference"]["high"]
    assert told["gained"][0]["wrong"]


def test_the_files_of_an_export_are_listed(ask: Ask, runs: Path) -> None:
    told = ask("export", "scripted", "--out", "taken")
    assert told["format"] == "openai"
    for file in told["files"]:
        written = (runs / file["path"]).read_text(encoding="utf-8")
        assert file["rows"] is None or file["rows"] == len(written.splitlines())


def test_a_file_of_cases_is_summed_up(ask: Ask, runs: Path) -> None:
    (runs / "cases.jsonl").write_text(f"{json.dumps(CASE)}\nno case\n", encoding="utf-8")
    told = ask("score-file", "cases.jsonl", "--out", "scored.jsonl")
    assert (told["turns"], told["right"], told["mean_score"]) == (1, 0, 0.0)
    assert told["errors"] == {"no_call": {"errors": 1, "turns": 1}}
    assert [line["line"] for line in told["refused"]] == [2]


def test_what_the_doctor_finds_is_told_with_the_exit_code(ask: Ask) -> None:
    assert all(
        finding["is_good"] for finding in ask("doctor", "scripted", "--set", "train.max_length=5000")["findings"]
    )
    told = ask("doctor", "scripted", "--set", "train.max_length=100", code=1)
    assert [f["text"] for f in told["findings"] if not f["is_good"]] != []
    assert told["turns"]


def test_a_run_tells_what_comes_next(ask: Ask) -> None:
    told = ask("status", "scripted")
    assert (told["run"], told["next"]) == ("scripted", [])
