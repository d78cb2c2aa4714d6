"""The likeliest mistakes: each ends with one line that says what is wrong and what would be right, and an exit code."""

import errno
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from ttpa.cli import main
from ttpa.cli.failures import explain
from ttpa.errors import ModelError
from ttpa.quickstart.embedded import FOLDER

Result = tuple[int, str]
TOOLS = 'def add(a: int, b: int = 1) -> int:\n    """Add two numbers."""\n    return a + b\n'
OWN = "".join(f"def {name}(a: int) -> int:\n    'Count.'\n    return a\n" for name in ("halve", "add", "double"))
SILENT = "def add(a: int) -> int:\n    return a\n"
UNTYPED = 'def add(a) -> int:\n    """Add."""\n    return a\n'
BROKEN = "def add(a: int -> int:\n"
CHAT = {
    "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}],
    "tools": [{"type": "function", "function": {"name": "add"}}],
}


@pytest.fixture
def ttpa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Runs one command in a folder with a config, tools and dialogues; its exit code and standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    for name, text in {"tools.py": TOOLS, "silent.py": SILENT, "untyped.py": UNTYPED, "broken.py": BROKEN}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "mine.toml").write_text('name = "mine"\n[tools]\nmodule = "tools.py"\n', encoding="utf-8")
    (tmp_path / "own.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "own.toml").write_text('[tools]\nmodule = "own.py"\n', encoding="utf-8")
    (tmp_path / "bad.toml").write_text('name = "mine\n', encoding="utf-8")
    (tmp_path / "chats.jsonl").write_text(json.dumps(CHAT) + "\n", encoding="utf-8")
    (tmp_path / "none.jsonl").write_text('{"text": "no messages"}\n', encoding="utf-8")
    (tmp_path / "array.jsonl").write_text(json.dumps([CHAT]), encoding="utf-8")
    (tmp_path / "gpt.jsonl").write_text('{"conversations": []}\n', encoding="utf-8")
    (tmp_path / "there").mkdir()

    def run(*words: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["ttpa", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), capsys.readouterr().err

    return run


Ttpa = Callable[..., Result]


@pytest.mark.parametrize(
    ("words", "wrong", "right"),
    [
        ("run none.toml", "config 'none.toml' cannot be read", "No such file"),
        ("run none", "'none' is neither a TOML file nor a run", "there is no 'runs/none/config.json'"),
        ("run bad.toml", "config 'bad.toml' is no TOML", "line 1"),
        ("run mine.toml --set sample.pionts=3", "unknown key 'sample.pionts'", "did you mean 'points'?"),
        ("run mine.toml --set sample.points=few", "sample.points = 'few'", "should be a valid integer"),
        ("run mine.toml --set sample.points", "'sample.points' is no override", "section.key=value is due"),
        ("run mine.toml --set tools=3", "tools = 3", "valid dictionary"),
        ("run mine.toml --set policy.dialect=herms", "policy.dialect = 'herms' is none of", "hermes"),
        ("run mine.toml --set policy.engine=server", "policy.url is empty", "it is the address of a vLLM server"),
        ("run mine.toml --set generator.kind=openai", "generator.model is empty", "it names the endpoint's model"),
        ("run mine.toml --set policy.base=me/big", "learning_rate", "it takes at most"),
        ("run mine.toml --set tools.source=mcp", "tools.source = 'mcp' needs", "tools.mcp.command or tools.mcp.url"),
        ("run mine.toml --set tools.source=openapi", "tools.source = 'openapi' needs", "tools.openapi.document"),
        ("run mine.toml --set name=a/b", "name = 'a/b'", "give one with --run"),
        ("run mine.toml --redo polish", "--redo 'polish' is no step", "the steps are construct, sft"),
        ("tools mine.toml --set tools.module=no.py", "the tools of 'no.py' cannot be loaded", "no file 'no.py' in /"),
        ("tools mine.toml --set tools.module=no.such", "cannot be loaded", "No module named 'no'"),
        ("tools mine.toml --set tools.module=broken.py", "cannot be loaded", "SyntaxError"),
        ("tools mine.toml --set tools.module=silent.py", "add: it has no docstring", "its first paragraph is what"),
        ("tools mine.toml --set tools.module=untyped.py", "parameter 'a' has no type annotation", "add: "),
        ("tools mine.toml --set tools.only=['sub']", "has no tool 'sub'", "it has add"),
        ("tools mine.toml --call add --arguments {", "--arguments is no JSON object", ""),
        ("construct mine.toml", "1 known tool is too few", "offer more"),
        ("sample mine.toml", "run 'mine' has not come to 'sample' yet", "the step 'construct' comes first"),
        ("import no.jsonl --run mine", "'no.jsonl' cannot be read", "No such file"),
        ("import none.jsonl --run mine", "none of 1 lines could be imported", "the first: none:line 1"),
        ("import array.jsonl --run mine", "'array.jsonl' is a JSON array", "as one line"),
        ("import gpt.jsonl --run mine", "'conversations' is ShareGPT's form", "messages are due"),
        ("score-file chats.jsonl --out chats.jsonl", "'chats.jsonl' holds the cases", "another file"),
        ("init python", "ttpa init python needs", "as in `ttpa init python my_tools.py`"),
        ("init python no.py", "'no.py' is no file", "a file of functions"),
        ("construct mine.toml --set construct.avoid=['no.jsonl']", "construct.avoid: 'no.jsonl' cannot", "ttpa is run"),
        ("run mine.toml --dry-run --set construct.min_tools=1", "1 known tool is too few", "offer more"),
        ("run own.toml --dry-run", "does not know tool 'halve'", 'set generator.kind = "schema" or "openai"'),
        ("init openapi no.json", "'no.json' is no file", "as in `ttpa init openapi https://"),
        ("init python tools.py --out a%b.toml", "'a%b' names no run: a run's name has letters", "one with --name"),
        ("init python tools.py --out mine.toml", "'mine.toml' is there already", "another file with --out"),
    ],
)
def test_a_mistake_says_what_is_wrong_and_what_would_be_right(ttpa: Ttpa, words: str, wrong: str, right: str) -> None:
    code, err = ttpa(*words.split())
    assert code == 1
    assert err.startswith("error: ")
    assert wrong in err
    assert right in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("words", ["polish", "init pyhton x", "run", "run mine.toml --sed 3", "run mine.toml --seed x"])
def test_words_that_are_no_command_end_with_the_usage_and_exit_code_2(ttpa: Ttpa, words: str) -> None:
    code, err = ttpa(*words.split())
    assert code == 2
    assert "Usage: ttpa" in err
    assert "Value error" not in err


@pytest.fixture
def imported(ttpa: Ttpa) -> Ttpa:
    assert ttpa("import", "chats.jsonl", "--run", "mine")[0] == 0
    return ttpa


@pytest.mark.parametrize(
    ("words", "wrong", "right"),
    [
        ("import chats.jsonl --run mine", "has instructions already", "into another run"),
        ("run mine --seed 9", "with another config (seed: 0 -> 9)", "--redo construct"),
        ("run mine --redo construct", "were imported", "into another run instead"),
        ("export mine --out there", "'there' is there already", "a folder of its own"),
        ("export mine --out new --format trll", "format 'trll' is none of", "trl"),
        ("compare mine none", "'none' is neither a TOML file nor a run", "there is no"),
    ],
)
def test_a_mistake_with_a_run_says_so_too(imported: Ttpa, words: str, wrong: str, right: str) -> None:
    code, err = imported(*words.split())
    assert code == 1
    assert wrong in err
    assert right in err
    assert err.count("\n") == 1


def test_a_run_of_an_older_version_names_the_key_that_is_gone(imported: Ttpa, tmp_path: Path) -> None:
    path = tmp_path / "runs" / "mine" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "polish": {"shine": 1}}), encoding="utf-8")
    assert imported("status", "mine") == (1, "error: unknown key 'polish'; did you mean 'policy'?\n")


def test_a_generator_without_a_key_names_the_variable(ttpa: Ttpa) -> None:
    told = "--set generator.kind=openai --set generator.model=m --set construct.min_tools=1 --set construct.min_calls=1"
    code, err = ttpa("construct", "mine.toml", "--set", "tools.module=ttpa.quickstart.tools", *told.split())
    assert (code, err) == (1, "error: no key for the generator: set OPENAI_API_KEY (and OPENAI_BASE_URL)\n")


def test_a_policy_that_is_not_there_is_named(ttpa: Ttpa) -> None:
    rates = "--set train.sft.learning_rate=1e-5 --set train.dpo.learning_rate=1e-6"
    code, err = ttpa("doctor", "mine.toml", "--set", "policy.base=./nowhere", *rates.split())
    assert (code, err.count("\n")) == (1, 1)
    assert "./nowhere" in err


def test_a_policy_without_a_chat_template_names_the_two_ways_out(ttpa: Ttpa, tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "bare", ignore=shutil.ignore_patterns("chat_template.jinja"))
    rates = "--set train.sft.learning_rate=1e-5 --set train.dpo.learning_rate=1e-6"
    code, err = ttpa("doctor", "mine.toml", "--set", "policy.base=./bare", *rates.split())
    assert (code, err.count("\n")) == (1, 1)
    assert "has no chat template" in err
    assert "instruct version" in err


def test_what_the_machine_lacks_is_said_with_what_to_do() -> None:
    told = {
        "no space": explain(OSError(errno.ENOSPC, "No space left on device", "runs/a/trees.jsonl")),
        "may not": explain(PermissionError(errno.EACCES, "Permission denied", "runs")),
        "GPU": explain(torch.OutOfMemoryError("CUDA out of memory")),
        "memory": explain(MemoryError()),
        "lines": explain(ModelError("no model\n\nat all")),
    }
    assert told["no space"] is not None
    assert "runs/a/trees.jsonl" in told["no space"]
    assert "the same command goes on from here" in told["no space"]
    assert told["may not"] is not None
    assert "--set runs=FOLDER" in told["may not"]
    assert told["GPU"] is not None
    assert "goes on from here with a lower policy.batch_size" in told["GPU"]
    assert "train.micro_batch_size of DPO" in told["GPU"]
    assert told["memory"] is not None
    assert "lower policy.batch_size" in told["memory"]
    assert told["lines"] == "no model at all"


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    assert explain(ValueError("a bug")) is None
    assert explain(FileNotFoundError(errno.ENOENT, "No such file", "x")) is None
