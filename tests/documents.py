"""The documents' blocks of code, and a folder in which the blocks of a page run one after the other.

A block is run unless a mark, a comment right before it, says otherwise:

    <!-- not run: WHY -->    nothing runs it here
    <!-- heavy -->           it runs with the heavy tests only
    <!-- file: NAME -->      it is a file that lies in the folder from here on
    <!-- after: FILE -->     Python that goes on from this file of the repository
    <!-- printed -->         text that the block before it prints
"""

import contextlib
import io
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
LANGUAGES = ("sh", "python", "toml", "json", "diff", "text")
MARKS = ("not run", "heavy", "file", "after", "printed")
PROGRAMS = ("ttpa", "python")
"""What a shell block may call without a mark."""

_FENCE = re.compile(r"(?:^<!-- ([\w ]+?)(?:: (.+?))? -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?<=\n\n) {4}\S")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code of a page."""

    page: str
    line: int
    language: str
    text: str
    mark: str = ""
    about: str = ""
    """What the mark says after its colon."""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    def commands(self) -> Iterator[list[str]]:
        """The words of each line of a shell block, without comments."""
        for line in self.text.replace("\\\n", " ").splitlines():
            if words := shlex.split(line, comments=True):
                yield words


def blocks(page: Path) -> list[Block]:
    """All blocks of a page in their order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page.name, text.count("\n", 0, found.start()) + 1, found[3], found[4], found[1] or "", found[2] or "")
        for found in _FENCE.finditer(text)
    ]


def has_bare_block(page: Path) -> bool:
    """Whether the page has a block that is only indented: it says neither its language nor a mark."""
    return _INDENTED.search(_FENCE.sub("", page.read_text(encoding="utf-8"))) is not None


class Session:
    """Runs blocks in one folder; Python blocks share their names."""

    def __init__(self, folder: Path, ttpa: Callable[[list[str]], str]) -> None:
        """`ttpa` runs one command in the folder and gives what it printed; it fails where the command does."""
        self._folder, self._ttpa = folder, ttpa
        self._names: dict[str, object] = {}
        self._printed = ""

    def run(self, block: Block) -> None:
        """Fails where the block does, or where it is not what it is said to be."""
        if block.mark == "printed":
            assert block.text == self._printed, block.place
        elif block.mark == "file":
            (self._folder / block.about).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            self._printed = self._python(block)
        elif block.language == "sh":
            self._printed = "".join(self._command(block, words) for words in block.commands())

    def _python(self, block: Block) -> str:
        if block.mark == "after":
            with contextlib.redirect_stdout(io.StringIO()):
                self._names |= runpy.run_path(str(ROOT / block.about))
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(block.text, block.place, "exec"), self._names)
        return printed.getvalue()

    def _command(self, block: Block, words: list[str]) -> str:
        assert words[0] in PROGRAMS, f"{block.place}: {words[0]!r} is not run here; mark the block with the reason"
        if words[0] == "ttpa":
            return self._ttpa(words[1:])
        command = [sys.executable, *words[1:]]
        ended = subprocess.run(command, cwd=self._folder, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"{block.place}: {ended.stderr}"
        return ended.stdout
