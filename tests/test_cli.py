"""The command line: what it lists, what it prints, and one line on standard error for every mistake."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttpa.cli import main
from ttpa.cli.words import load, toml_string
from ttpa.config import load_config
from ttpa.quickstart.embedded import EMBEDDED, policy_path
from ttpa.records.summaries import StepSummary
from ttpa.runs.layout import STEPS, RunDirectory
from ttpa.runs.record_files import write_record

WriteTools = Callable[[str], str]
Result = tuple[int, str, str]
TOOLS = '''
    def add(a: int, b: int = 1) -> int:
        """Add two numbers."""
        return a + b

    def fail() -> None:
        """Fail."""
        raise ValueError("as promised")
'''


@pytest.fixture
def ttpa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Runs one command in an empty folder; its exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["ttpa", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), printed.out, printed.err

    return run


Ttpa = Callable[..., Result]


def config(folder: Path, text: str = "") -> str:
    path = folder / "mine.toml"
    path.write_text(f'name = "mine"\n{text}\n[train]\nparameters = "full"\n', encoding="utf-8")
    return str(path)


def test_help_lists_every_command(ttpa: Ttpa) -> None:
    code, out, _ = ttpa("--help")
    stages = ["construct", "sample", "score", "pair", "train", "evaluate", "report"]
    commands = ["init", "run", *stages, "compare", "import", "status", "tools"]
    assert code == 0
    assert [command for command in commands if f" {command} " not in out] == []


def test_the_version_is_told(ttpa: Ttpa) -> None:
    code, out, _ = ttpa("--version")
    assert (code, out) == (0, f"{version('ttpa')}\n")


@pytest.mark.parametrize("command", ["run", "construct", "train", "import", "status", "tools"])
def test_every_command_explains_itself(ttpa: Ttpa, command: str) -> None:
    code, out, _ = ttpa(command, "--help")
    assert code == 0
    assert "Usage: ttpa" in out


def test_the_command_line_loads_no_giant() -> None:
    source = (
        "import sys, ttpa.cli\n"
        "giants = {'torch', 'transformers', 'trl', 'peft', 'datasets', 'openai', 'numpy', 'accelerate'}\n"
        "print(sorted(giants & set(sys.modules)))\n"
    )
    ended = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_as_a_program_a_mistake_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    source = "from ttpa.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", source, "run", "nothing"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")},
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "error: 'nothing' is neither a TOML file nor a run: there is no 'runs/nothing/config.json'\n"


BAD_SCHEMA = '''
    from typing import Annotated
    from pydantic import WithJsonSchema

    def odd(a: Annotated[int, WithJsonSchema({"type": "whole"})]) -> int:
        """Be odd."""
        return a
'''
DIALOGUE = {
    "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}],
    "tools": [{"type": "function", "function": {"name": "add"}}],
}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["run", "none.toml"], "config 'none.toml' cannot be read"),
        (["run", "none"], "'none' is neither a TOML file nor a run"),
        (["status", "none"], "'none' is neither a TOML file nor a run"),
        (["run", "CONFIG", "--set", "sample.pionts=3"], "unknown key 'sample.pionts'; did you mean 'points'?"),
        (["run", "CONFIG", "--set", "sample.points=few"], "sample.points = 'few': input should be a valid integer"),
        (["run", "CONFIG", "--set", "sample.points"], "'sample.points' is no override"),
        (["run", "CONFIG", "--redo", "polish"], "--redo 'polish' is no step; the steps are construct, sft"),
        (["tools", "CONFIG", "--set", "tools.module=none.py"], "the tools of 'none.py' cannot be loaded"),
        (["tools", "CONFIG", "--set", "tools.module=no.such"], "No module named 'no'"),
        (["tools", "CONFIG", "--set", 'tools.only=["sub"]'], "has no tool 'sub'; it has add, fail"),
        (["tools", "CONFIG", "--call", "sub"], "there is no tool 'sub' to call; the tools are add, fail"),
        (["tools", "CONFIG", "--call", "add", "--arguments", "{"], "--arguments is no JSON object"),
        (["tools", "CONFIG", "--call", "add", "--arguments", "[1]"], "--arguments is no JSON object"),
        (["construct", "CONFIG"], "(construct.unseen_tools); set construct.min_tools = 1"),
        (["sample", "CONFIG"], "run 'mine' has not come to 'sample' yet: it lacks construct, sft; the step"),
        (["pair", "CONFIG"], "it lacks construct, sft, sample, score; the step 'construct' comes first"),
        (["run", "CONFIG", "--redo", "align"], "it lacks construct, sft, sample, score, pair; leave --redo out"),
        (["evaluate", "CONFIG", "--suite", "nothing"], "there is no suite 'nothing'; the suites are tasks, bfcl"),
        (["evaluate", "CONFIG", "--suite", "tasks", "--policy", "dpo"], "run 'mine' has no policy 'dpo'; it has base"),
        (["evaluate", "CONFIG", "--policy", "dpo"], "--policy is for a suite"),
        (["evaluate", "CONFIG", "--suite", "sources"], "suites.sources.files is empty"),
        (["evaluate", "CONFIG", "--suite", "toolbench-dfs"], "suites.toolbench.queries is empty"),
        (["compare", "none", "other"], "'none' is neither a TOML file nor a run"),
        (["import", "none.jsonl", "--run", "mine", "--config", "CONFIG"], "'none.jsonl' cannot be read"),
    ],
)
def test_a_mistake_is_one_line_on_standard_error(
    ttpa: Ttpa, tmp_path: Path, write_tools: WriteTools, words: list[str], reason: str
) -> None:
    source = config(tmp_path, f'tools.module = "{write_tools(TOOLS)}"')
    code, out, err = ttpa(*(source if word == "CONFIG" else word for word in words))
    assert code == 1
    assert err.startswith("error: ")
    assert reason in err
    assert err.count("\n") == 1
    assert "Traceback" not in out + err


def test_a_tool_with_an_invalid_schema_is_named(ttpa: Ttpa, tmp_path: Path, write_tools: WriteTools) -> None:
    code, _, err = ttpa("tools", config(tmp_path, f'tools.module = "{write_tools(BAD_SCHEMA)}"'))
    assert code == 1
    assert "has no tool to offer: odd: parameters are no JSON Schema" in err
    assert err.count("\n") == 1


def test_tools_are_listed_and_checked(ttpa: Ttpa, tmp_path: Path, write_tools: WriteTools) -> None:
    code, out, _ = ttpa("tools", config(tmp_path, f'tools.module = "{write_tools(TOOLS)}"'))
    assert code == 0
    assert out.splitlines() == [
        "add   a, [b]  Add two numbers.",
        "fail          Fail.",
        "2 tools, all schemas valid",
    ]
    code, out, _ = ttpa("tools", config(tmp_path, f'tools.module = "{write_tools(TOOLS)}"'), "--json")
    assert [tool["name"] for tool in json.loads(out)["tools"]] == ["add", "fail"]


def test_words_are_completed(tmp_path: Path) -> None:
    asked = {"_TTPA_COMPLETE": "complete_bash", "COMP_WORDS": "ttpa sc", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "from ttpa.cli import main; main()"],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.stdout.split() == ["score", "score-file"]


HOSTILE = '''
    def wipe(name: str) -> str:
        """[red]Clears\\x1b[2J\\x1b]0;owned\\x07 the screen\\u202e.\\r[/red]"""
        return f"\\x1b[31m{name}\\x9b2J"
'''


def test_what_a_tool_says_cannot_act_on_the_terminal(ttpa: Ttpa, tmp_path: Path, write_tools: WriteTools) -> None:
    source = config(tmp_path, f'tools.module = "{write_tools(HOSTILE)}"')
    listed = ttpa("tools", source)[1]
    called = ttpa("tools", source, "--call", "wipe", "--arguments", '{"name": "Ann"}')[1]
    refused = ttpa("tools", source, "--set", 'tools.only=["\\u001b[2J"]')[2]
    for text in (listed, called, refused, ttpa("tools", source, "--json")[1]):
        assert all(character.isprintable() or character == "\n" for character in text)
    assert (
        listed.splitlines()[0] == r"wipe  name  [red]Clears\u{1b}[2J\u{1b}]0;owned\u{7} the screen\u{202e}.\u{d}[/red]"
    )
    assert called == "\\u{1b}[31mAnn\\u{9b}2J\n"
    assert ttpa("tools", source, "--call", "wipe", "--arguments", '{"name": "Ann"}', "--json")[1].isascii()


@pytest.mark.parametrize(
    ("tool", "arguments", "code", "answer"),
    [
        ("add", '{"a": 2, "b": 3}', 0, "5"),
        ("add", '{"a": 2}', 0, "3"),
        ("add", '{"a": "2"}', 1, 'invalid arguments: a: "2" is not of type "integer"'),
        ("fail", "{}", 1, "ValueError: as promised"),
    ],
)
def test_a_call_can_be_tried(
    ttpa: Ttpa, tmp_path: Path, write_tools: WriteTools, tool: str, arguments: str, code: int, answer: str
) -> None:
    source = config(tmp_path, f'tools.module = "{write_tools(TOOLS)}"')
    assert ttpa("tools", source, "--call", tool, "--arguments", arguments) == (code, answer + "\n", "")


def test_a_call_of_a_tool_that_is_left_out_says_why_it_is(ttpa: Ttpa, tmp_path: Path, write_tools: WriteTools) -> None:
    bare = "\n    def bare(a: int) -> int:\n        return a\n"
    code, _, err = ttpa("tools", config(tmp_path, f'tools.module = "{write_tools(TOOLS + bare)}"'), "--call", "bare")
    assert code == 1
    assert err == "error: tool 'bare' is left out: it has no docstring; its first paragraph is what the model reads\n"


def test_one_tool_is_counted_as_one(ttpa: Ttpa, tmp_path: Path, write_tools: WriteTools) -> None:
    out = ttpa("tools", config(tmp_path, f'tools.module = "{write_tools(TOOLS)}"\ntools.only = ["add"]'))[1]
    assert out.splitlines()[-1] == "1 tool, its schema is valid"


def test_a_dry_run_says_what_is_due_and_does_nothing(ttpa: Ttpa, tmp_path: Path) -> None:
    code, out, _ = ttpa("run", config(tmp_path), "--dry-run")
    assert code == 0
    due, made = out.splitlines()
    assert due == "run 'mine' in runs/mine: construct, sft, sample, score, pair, align, evaluate, report"
    assert re.fullmatch(r"construct: \d+ instances over 37 tools.*", made)
    due = ttpa("run", config(tmp_path), "--dry-run", "--set", "rounds=2")[1].splitlines()[0]
    assert due == "run 'mine' in runs/mine: construct, sft, sample, score, pair, align, rounds, evaluate, report"
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("score CONFIG --run other", "run 'other' has not come to 'score' yet: it lacks construct, sft, sample;"),
        ("report CONFIG --run never", "run 'never' has not come to 'report' yet"),
        ("run CONFIG --run new --redo align", "run 'new' has not come to 'align' yet: it lacks construct, sft, sample"),
        ("run mine --redo construct", "the instructions of run 'mine' were imported; import them into another run"),
        ("evaluate mine --suite tasks --policy foo", "run 'mine' has no policy 'foo'; it has base"),
        ("evaluate mine --suite none", "there is no suite 'none'; the suites are tasks"),
    ],
)
def test_a_dry_run_refuses_what_the_command_refuses_and_neither_leaves_anything(
    ttpa: Ttpa, tmp_path: Path, words: str, told: str
) -> None:
    source = config(tmp_path)
    assert ttpa("import", write_dialogues(tmp_path, json.dumps(DIALOGUE)), "--run", "mine", "--config", source)[0] == 0
    there = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("*")}
    asked = [source if word == "CONFIG" else word for word in words.split()]
    dry, real = ttpa(*asked, "--dry-run"), ttpa(*asked)
    assert dry == real
    assert dry[0] == 1
    assert dry[2].startswith(f"error: {told}")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").rglob("*")} == there


def test_a_dry_run_tells_the_missing_key_of_a_generator_that_is_still_to_come(
    ttpa: Ttpa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = config(tmp_path, '[generator]\nkind = "openai"\nmodel = "m"')
    told = "on this machine it would stop at once: no key for the generator: set OPENAI_API_KEY (and OPENAI_BASE_URL)"
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    code, out, _ = ttpa("run", source, "--dry-run")
    assert (code, out.splitlines()[2:]) == (0, [told])
    assert ttpa("run", source)[2] == f"error: {told.partition(': ')[2]}\n"
    assert not (tmp_path / "runs" / "mine" / "1-construct").exists()
    assert told not in ttpa("train", source, "--dry-run")[1]  # nothing is constructed
    assert (
        told not in ttpa("run", source, "--dry-run", "--set", "engine.kind=ray")[1]
    )  # the workers' environment counts
    ttpa("import", write_dialogues(tmp_path, json.dumps(DIALOGUE)), "--run", "mine", "--config", source)
    assert told not in ttpa("run", "mine", "--dry-run")[1]
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    assert told not in ttpa("run", source, "--dry-run", "--run", "other")[1]


def test_a_dry_run_tells_the_missing_key_of_a_judge(
    ttpa: Ttpa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    source = config(tmp_path, '[construct.judge]\nmodel = "m"')
    told = "no key for the generator: set OPENAI_API_KEY (and OPENAI_BASE_URL)"
    assert f"on this machine it would stop at once: {told}\n" in ttpa("run", source, "--dry-run")[1]
    assert ttpa("run", source)[2] == f"error: {told}\n"
    assert not (tmp_path / "runs" / "mine" / "journal.sqlite").exists()


def test_a_dry_run_refuses_learning_rates_that_the_policy_would_forget_at(ttpa: Ttpa, tmp_path: Path) -> None:
    source = config(tmp_path, 'policy.base = "org/model"')
    code, _, err = ttpa("run", source, "--dry-run")
    assert code == 1
    assert err.startswith("error: train.sft.learning_rate = 0.001 and train.dpo.learning_rate = 3e-05 suit the small")
    assert ttpa("construct", source, "--dry-run")[0] == 0  # nothing is trained


def test_what_a_training_would_stop_at_is_told_beforehand_and_costs_no_finished_step(
    ttpa: Ttpa, tmp_path: Path
) -> None:
    slides = tmp_path / "slides"
    shutil.copytree(policy_path(EMBEDDED), slides, ignore=shutil.ignore_patterns("*.safetensors"))
    mute = tmp_path / "mute"
    shutil.copytree(slides, mute, ignore=shutil.ignore_patterns("*.jinja"))
    form = json.loads((slides / "config.json").read_text()) | {"layer_types": None, "max_window_layers": 1}
    form |= {"use_sliding_window": True, "sliding_window": 8}
    (slides / "config.json").write_text(json.dumps(form), encoding="utf-8")
    source = config(tmp_path)
    directory = RunDirectory(tmp_path / "runs" / "mine")
    none = {"items_in": 0, "items_used": 0, "records_out": 0, "seconds": 0}
    for step in STEPS:
        account = StepSummary.model_validate({"step": step, "takes": "items", "gives": "items", **none})
        write_record(directory.summary(step), account)
    for word, told in (
        ("train.launch=torchrunn --standalone", "train.launch = 'torchrunn --standalone' is no command here"),
        (f"policy.base={slides}", "policy.engine = 'local' needs full attention in all layers; this model has sliding"),
        (f"policy.base={mute}", f"the tokenizer of '{mute}' has no chat template"),
    ):
        words = ["--set", word, "--set", "train.sft.learning_rate=1e-5", "--set", "train.dpo.learning_rate=1e-6"]
        dry = ttpa("run", source, *words, "--dry-run", "--run", "other")[1]
        assert f"on this machine it would stop at once: {told}" in dry
        code, _, err = ttpa("run", source, *words, "--redo", "sft")
        assert (code, err.count("\n")) == (1, 1)
        assert err.startswith(f"error: {told}")
        assert all(directory.summary(step).exists() for step in STEPS)


def test_training_again_says_beforehand_what_it_drops(ttpa: Ttpa, tmp_path: Path) -> None:
    source = config(tmp_path)
    none = {"items_in": 0, "items_used": 0, "records_out": 0, "seconds": 0}
    for step in STEPS:
        account = StepSummary.model_validate({"step": step, "takes": "items", "gives": "items", **none})
        write_record(RunDirectory(tmp_path / "runs" / "mine").summary(step), account)
    warning, due = ttpa("train", source, "--redo", "--dry-run")[1].splitlines()
    assert warning.startswith("run 'mine': sft alone is taken again; what align learns from was made with the policy")
    assert warning.endswith("`ttpa run mine` takes what follows")
    assert due == "run 'mine' in runs/mine: sft"


def write_dialogues(folder: Path, *lines: str) -> str:
    path = folder / "chats.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("runs", ["runs", "elsewhere/runs"])
def test_dialogues_are_imported_and_the_status_says_what_comes_next(ttpa: Ttpa, tmp_path: Path, runs: str) -> None:
    file = write_dialogues(tmp_path, json.dumps(DIALOGUE), "{", json.dumps(DIALOGUE).replace("Hi", "Hello"))
    source = config(tmp_path, f'runs = "{runs}"')
    code, out, _ = ttpa("import", file, "--run", "mine", "--config", source)
    assert code == 0
    assert "3 lines -> 2 instructions, 1 discarded (1 invalid_record)" in out
    word = "mine" if runs == "runs" else f"{runs}/mine"
    assert out.endswith(f"next: ttpa run {word}\n")
    [refused] = (tmp_path / runs / "mine" / "1-construct" / "construct.discards.jsonl").read_text().splitlines()
    assert json.loads(refused)["id"] == "chats:line 2"
    code, out, _ = ttpa("status", word)
    assert code == 0
    assert "3 lines -> 2 instructions" in out
    assert out.endswith(f"next: sft, sample, score, pair, align, evaluate, report (ttpa run {word})\n")
    assert ttpa("run", word, "--dry-run")[0] == 0
    told = json.loads(ttpa("status", word, "--json")[1])
    assert (told["done"][0]["records_out"], told["next"][0], told["paid"]["requests"]) == (2, "sft", 0)


def test_an_import_needs_no_config(ttpa: Ttpa, tmp_path: Path) -> None:
    assert ttpa("import", write_dialogues(tmp_path, json.dumps(DIALOGUE)), "--run", "mine")[0] == 0
    assert ttpa("status", "mine")[0] == 0
    assert ttpa("status", "mine", "--runs", "runs") == ttpa("status", "runs/mine")
    (tmp_path / "runs" / "mine").rename(tmp_path / "here")
    assert "(ttpa run ./here)" in ttpa("status", "./here")[1] == ttpa("status", "here/")[1]


def test_imported_instructions_are_never_overwritten(ttpa: Ttpa, tmp_path: Path) -> None:
    words = ("import", write_dialogues(tmp_path, json.dumps(DIALOGUE)), "--run", "mine", "--config", config(tmp_path))
    assert ttpa(*words)[0] == 0
    instructions = tmp_path / "runs" / "mine" / "1-construct" / "instructions.jsonl"
    before = instructions.read_bytes()
    code, _, err = ttpa(*words)
    assert (code, "has instructions already" in err) == (1, True)
    code, _, err = ttpa("run", "mine", "--redo", "construct")
    assert (code, "were imported" in err) == (1, True)
    assert instructions.read_bytes() == before


def test_another_config_for_a_run_that_has_begun_is_refused_with_the_difference(ttpa: Ttpa, tmp_path: Path) -> None:
    ttpa("import", write_dialogues(tmp_path, json.dumps(DIALOGUE)), "--run", "mine", "--config", config(tmp_path))
    code, _, err = ttpa("run", "mine", "--seed", "9", "--dry-run")
    assert code == 1
    assert "has begun the step 'construct' with another config (seed: 0 -> 9)" in err


def test_a_file_without_a_usable_line_leaves_no_instructions(ttpa: Ttpa, tmp_path: Path) -> None:
    code, _, err = ttpa("import", write_dialogues(tmp_path, "{}"), "--run", "mine", "--config", config(tmp_path))
    assert code == 1
    assert "none of 1 lines could be imported (1 invalid_record); the first: chats:line 1: messages: Field" in err


def test_a_limit_lowers_what_is_taken_and_never_raises_it(ttpa: Ttpa, tmp_path: Path) -> None:
    text = '[tools]\nonly = ["none"]\n[construct]\ninstances = 5\n[sample]\npoints = 50'
    ttpa("import", write_dialogues(tmp_path, json.dumps(DIALOGUE)), "--run", "mine", "--config", config(tmp_path, text))
    code, _, err = ttpa("run", "mine", "--limit", "20", "--dry-run")
    assert (code, err) == (0, "")
    assert ttpa("run", "mine", "--limit", "3", "--dry-run")[0] == 0  # imported: construct's share of it does not count


@pytest.mark.parametrize("command", ["train", "score", "pair", "report"])
def test_a_limit_is_refused_where_it_would_do_nothing(ttpa: Ttpa, command: str) -> None:
    code, _, err = ttpa(command, "mine", "--limit", "5")
    assert (code, "No such option: --limit" in err) == (2, True)


def test_a_run_may_begin_with_a_suite_and_be_compared(ttpa: Ttpa, tmp_path: Path) -> None:
    row = '{"messages": [{"role": "user", "content": "Hi"}], "tools": [], "reference_calls": []}\n'
    (tmp_path / "own.jsonl").write_text(row, encoding="utf-8")
    suites = '[suites]\nmax_new_tokens = 10000\n[suites.sources]\nfiles = ["own.jsonl"]'
    source = config(tmp_path, suites)
    for name in ("one", "two"):  # no prompt leaves room for 10,000 tokens in the embedded policy's context
        code, out, err = ttpa("evaluate", source, "--run", name, "--suite", "sources", "--policy", "base")
        assert (code, err) == (0, "")
        assert "| own | base | 1 | 1 context_overflow | 0 | - |" in out
    assert "sources: base right at 0 of 0, 1 missing (context_overflow)  [" in ttpa("status", "one")[1]
    [told] = json.loads(ttpa("status", "one", "--json")[1])["suites"]
    assert (told["suite"], told["policy"], told["items"], told["missing"], told["outdated"]) == (
        *("sources", "base", 1, {"context_overflow": 1}, False),
    )
    (tmp_path / "runs" / "one" / "suites" / "sources" / "base.json").rename(tmp_path / "laid-aside.json")
    assert "sources: base has begun (ttpa evaluate one --suite sources goes on)" in ttpa("status", "one")[1]
    (tmp_path / "laid-aside.json").rename(tmp_path / "runs" / "one" / "suites" / "sources" / "base.json")
    page = tmp_path / "runs" / "one" / "7-report" / "report.html"
    assert "--redo" not in out
    page.parent.mkdir()
    page.touch()  # it was written before the benchmark was asked
    assert ttpa("evaluate", "one", "--suite", "sources")[1].endswith("\nttpa report one --redo puts it on the page\n")
    code, _, err = ttpa("compare", "one", "two", "--suite", "sources")
    assert (code, err) == (1, "error: one/base and two/base have no case in common\n")
    code, out, _ = ttpa("evaluate", source, "--run", "one", "--suite", "sources", "--dry-run")
    assert out == "run 'one' in runs/one: suite sources of base\n"


def test_a_place_of_any_letters_is_written_and_a_command_with_an_open_quote_is_told(ttpa: Ttpa, tmp_path: Path) -> None:
    (tmp_path / "😀.py").write_text(TOOLS, encoding="utf-8")
    assert ttpa("init", "python", "😀.py")[::2] == (0, "")
    assert load_config("ttpa.toml").tools.module == "😀.py"
    code, _, err = ttpa("init", "mcp", "python 'my server.py", "--out", "other.toml")
    assert (code, "is no command: No closing quotation" in err) == (1, True)
    assert load(None, name="\U00010348run").name == "\U00010348run"


@pytest.mark.parametrize("gpu", [False, True])
def test_the_models_of_a_config_are_named_where_it_holds_them_and_else_refused(
    ttpa: Ttpa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, gpu: bool
) -> None:
    (tmp_path / "own_tools.py").write_text(TOOLS, encoding="utf-8")

    def which(program: str) -> str | None:
        return program if gpu else None

    monkeypatch.setattr("shutil.which", which)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    code, _, err = ttpa("init", "python", "own_tools.py", "--generator-model", "m")
    assert (code, err) == (
        1,
        "error: --generator-model needs an endpoint: set OPENAI_API_KEY (and OPENAI_BASE_URL)\n",
    )
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    code, _, err = ttpa("init", "data", write_dialogues(tmp_path, json.dumps(DIALOGUE)), "--generator-model", "m")
    assert (code, err) == (
        1,
        "error: --generator-model has no place in this config: your dialogues stand for a generator's\n",
    )
    code, _, err = ttpa("init", "python", "own_tools.py", "--generator-model", "m", "--policy", "org/model")
    assert (tmp_path / "ttpa.toml").exists() == gpu
    if gpu:
        written = load_config("ttpa.toml")
        assert (code, written.generator.model, written.policy.base) == (0, "m", "org/model")
    else:
        assert code == 1
        assert err.startswith(
            "error: --policy 'org/model' needs a GPU, and nvidia-smi was not found: without the option"
        )


@given(st.text())
def test_any_text_is_written_as_toml_reads_it(text: str) -> None:
    assert tomllib.loads(f"text = {toml_string(text)}") == {"text": text}


@pytest.mark.parametrize(
    ("case", "place", "key"),
    [
        ("python", "own_tools.py", "'own_tools.py'"),
        ("openapi", "https://example.org/openapi.json", "'https://example.org/openapi.json'"),
        ("mcp", "http://localhost:8000/mcp", "'http://localhost:8000/mcp'"),
        ("mcp", "npx my-server", "('npx', 'my-server')"),
        ("mcp", "npx to-remote https://example.org/mcp", "('npx', 'to-remote', 'https://example.org/mcp')"),
        ("mcp", "python '/home/al ice/my server.py' --x", "('python', '/home/al ice/my server.py', '--x')"),
        ("data", "chats.jsonl", ""),
    ],
)
@pytest.mark.parametrize("endpoint", [False, True])
def test_a_config_is_written_for_every_case_and_the_next_command_named(
    ttpa: Ttpa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str, place: str, key: str, *, endpoint: bool
) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "none" if endpoint else "")
    (tmp_path / "own_tools.py").write_text(TOOLS, encoding="utf-8")
    write_dialogues(tmp_path, json.dumps(DIALOGUE))
    code, out, err = ttpa("init", case, place)
    assert (code, err) == (0, "")
    written = load_config("ttpa.toml")
    assert written.name == "ttpa"
    assert key in repr(written.tools)
    if case == "data":
        assert "next: ttpa import chats.jsonl --run ttpa --config ttpa.toml, then ttpa run ttpa" in out
    else:
        assert written.generator.kind == ("openai" if endpoint else "schema")
        assert "next: ttpa tools ttpa.toml, then ttpa run ttpa.toml --dry-run" in out
    assert ttpa("init", case, place)[::2] == (1, "error: 'ttpa.toml' is there already; name another file with --out\n")
