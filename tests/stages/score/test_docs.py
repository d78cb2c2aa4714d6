"""The program in docs/scoring.md prints what the page says."""

import re
from pathlib import Path

import pytest

_PAGE = Path(__file__).parents[3] / "docs" / "scoring.md"


def test_the_documented_program_prints_the_documented_output(capsys: pytest.CaptureFixture[str]) -> None:
    page = _PAGE.read_text(encoding="utf-8")
    program = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    output = re.search(r"prints\n\n```text\n(.*?)```", page, re.DOTALL)
    assert program
    assert output
    exec(compile(program[1], _PAGE.name, "exec"), {})
    assert capsys.readouterr().out == output[1]
