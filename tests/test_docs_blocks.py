"""Every block of the documents is run, or says why it is not."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.documents import LANGUAGES, MARKS, PAGES, PROGRAMS, ROOT, Session, blocks, has_bare_block
from tests.test_pipeline import make_run

from ttpa.cli import main
from ttpa.pipeline import take_steps

Ttpa = Callable[[list[str]], str]
CASE = (
    '{"tools": [{"name": "add", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}], '
    '"reference_calls": [{"name": "add", "arguments": {"a": 1}}], "candidate_calls": []}\n'
)
_ALL = {page.name: blocks(page) for page in PAGES}
_EVERY = [block for page in _ALL.values() for block in page]


def test_every_block_says_what_it_is() -> None:
    assert [block.place for block in _EVERY if block.language not in LANGUAGES] == []
    assert [block.place for block in _EVERY if block.mark and block.mark not in MARKS] == []
    bare = {page.name for page in PAGES if has_bare_block(page)}
    assert not bare, "an indented block: fence it with its language, and mark it where no test can run it"


def test_what_is_not_run_says_why_and_what_is_run_can_be() -> None:
    assert [block.place for block in _EVERY if block.mark == "not run" and len(block.about) < 10] == []
    run = [block for block in _EVERY if block.language == "sh" and block.mark != "not run"]
    assert [block.place for block in run if {words[0] for words in block.commands()} - set(PROGRAMS)] == []
    assert len(run) > 8


def test_what_a_command_names_of_the_repository_is_there() -> None:
    targets = {line.partition(":")[0] for line in (ROOT / "Makefile").read_text().splitlines() if ":" in line}
    named = [(block.place, words) for block in _EVERY if block.language == "sh" for words in block.commands()]
    assert [place for place, words in named if words[0] == "make" and words[1] not in targets] == []
    files = [
        (place, word)
        for place, words in named
        for word in words[1:]
        if word.startswith(("configs/", "examples/", "benchmarks/", "tests/", "docs/"))
    ]
    assert [(place, word) for place, word in files if not (ROOT / word).exists()] == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the documents presume: a clone, no endpoint, and cases of one's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("configs", "examples", "benchmarks"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "cases.jsonl").write_text(CASE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def ttpa(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ttpa:
    def run(words: list[str]) -> str:
        monkeypatch.setattr(sys, "argv", ["ttpa", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capfd.readouterr()
        assert not ended.value.code, f"ttpa {' '.join(words)}: {printed.err}"
        return printed.out

    return run


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the bundled tools with scripted policies: whole, in seconds."""
    run = make_run(tmp_path_factory.mktemp("documents"))
    take_steps(run)
    return run.directory.path


@pytest.fixture
def session(folder: Path, ttpa: Ttpa, scripted: Path) -> Session:
    """A folder with a run named `quickstart`, and some of its instructions as dialogues of one's own."""
    shutil.copytree(scripted, folder / "runs" / "quickstart")
    ttpa(["export", "quickstart", "--out", "exported"])
    lines = (folder / "exported" / "train.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "dialogues.jsonl").write_text("".join(lines[:8]), encoding="utf-8")
    shutil.rmtree(folder / "exported")
    return Session(folder, ttpa)


@pytest.mark.parametrize("page", [name for name, found in _ALL.items() if found])
def test_the_blocks_of_a_page_run_one_after_the_other(page: str, session: Session) -> None:
    for block in _ALL[page]:
        if block.mark not in ("not run", "heavy"):
            session.run(block)


@pytest.mark.heavy
@pytest.mark.parametrize("page", [name for name, found in _ALL.items() if any(b.mark == "heavy" for b in found)])
def test_the_blocks_that_train_run_too(page: str, session: Session) -> None:
    for block in _ALL[page]:
        if block.mark != "not run":
            session.run(block)
