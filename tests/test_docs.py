"""The documents tell what is true: references are up to date, and what their code blocks name is there."""

import ast
import importlib.util
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest
import typer
from tests.documents import PAGES, ROOT, blocks

from ttpa.cli.commands import app
from ttpa.config import make_config
from ttpa.errors import ConfigError

_INLINE = re.compile(r"`(ttpa [^`]+)`")


def _blocks(language: str) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        yield from ((block.place, block.text) for block in blocks(page) if block.language == language)


def _commands() -> Iterator[tuple[str, list[str]]]:
    """Every line of a block that calls `ttpa`, in words, and every such command within a sentence."""
    for page in PAGES:
        for block in blocks(page):
            if block.language == "sh":
                yield from ((block.place, words) for words in block.commands() if words[0] == "ttpa")
        for found in _INLINE.finditer(page.read_text(encoding="utf-8")):
            yield page.name, shlex.split(found[1])


def _refusal(block: str) -> str:
    try:
        make_config(tomllib.loads(block))
    except ConfigError as error:
        return str(error)
    return ""


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["config", "cli"])
def test_the_references_say_what_the_program_says(page: str) -> None:
    written = (ROOT / "docs" / f"reference-{page}.md").read_text(encoding="utf-8")
    assert written == getattr(_generator(), f"{page}_page")(), "out of date: run `make docs`"


def test_types_and_defaults_of_the_config_are_told_in_tomls_words() -> None:
    page = _generator().config_page()
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    told = {(row[0], row[1], row[2]) for row in rows}
    assert ("`only`", "array of strings", "`[]`") in told
    assert ("`document`", "string", '`""`') in told
    assert ("`keys`", "table of strings", "`{}`") in told
    assert ("`allow_write`", "boolean", "`false`") in told
    assert ("`url`", "string or array of strings", '`""`') in told
    assert any(kind == "float" and default == "not set" for _, kind, default in told)
    assert "\\|" not in page


def test_every_command_in_the_documents_is_one_and_has_the_options_named() -> None:
    group = cast("Any", typer.main.get_command(app))
    wrong = [
        (page, " ".join(words))
        for page, words in _commands()
        if words[1] not in {*group.commands, "--install-completion", "--version", "--help"}
        or [
            word
            for word in words[2:]
            if word.startswith("--")
            and word.partition("=")[0] not in [opt for p in group.commands[words[1]].params for opt in p.opts]
        ]
    ]
    assert wrong == []
    assert len(list(_commands())) > 30


def test_every_config_in_the_documents_names_keys_that_are_there() -> None:
    # A fragment may lack what the rest of its config says, never name a key that there is not.
    assert [told for page, block in _blocks("toml") if "unknown key" in (told := f"{page}: {_refusal(block)}")] == []


def test_every_python_block_is_python_whose_imports_of_this_package_resolve() -> None:
    for page, block in _blocks("python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "ttpa":
                module = importlib.import_module(node.module)
                assert [name.name for name in node.names if not hasattr(module, name.name)] == [], page


def _anchors(page: Path) -> set[str]:
    """What a link may name of a page: its headings, as the pages' generator writes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower()) for title in titles}


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            file, _, anchor = target.partition("#")
            assert "://" in target or (page.parent / file).exists(), (page.name, target)
            if anchor and "://" not in target:
                assert anchor in _anchors(page.parent / file if file else page), (page.name, target)


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    named = re.findall(r": ([\w-]+\.md)$", navigation, re.MULTILINE)
    assert sorted(named) == sorted(page.name for page in (ROOT / "docs").glob("*.md"))
