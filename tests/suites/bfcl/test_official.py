"""What the benchmark's own program says is read whole, and believed where it agrees with itself."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
from pydantic import JsonValue

from ttpa.errors import RunError
from ttpa.suites.bfcl.environment import BfclEnvironment
from ttpa.suites.bfcl.official import score_officially

RESULTS: dict[str, dict[str, JsonValue]] = {"multiple": {"multiple_0": "a", "multiple_1": "b", "multiple_2": "c"}}


class Program:
    """Writes what the program would, with this count of correct items and these refused ones."""

    def __init__(self, correct: int, refused: Sequence[str]) -> None:
        self._rows = [{"correct_count": correct, "total_count": 3, "accuracy": correct / 3}]
        self._refused = [{"id": each, "model_result": "Sorry.\u2028No,\u2029I\x85cannot."} for each in refused]

    def evaluate(self, root: Path, categories: Sequence[str], *, partial: bool) -> None:
        assert (list(categories), partial) == (["multiple"], False)
        [answers] = (root / "result").rglob("*.json")
        assert [json.loads(line)["id"] for line in answers.read_text(encoding="utf-8").splitlines()] == list(
            RESULTS["multiple"]
        )
        scores = root / "score" / "Qwen_Qwen3-8B-FC" / "BFCL_v4_multiple_score.json"
        scores.parent.mkdir(parents=True)
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in [*self._rows, *self._refused])
        scores.write_text("".join(lines), encoding="utf-8")
        overall = "Rank,Overall Acc,Live Acc\n1,3.10%,0.00%\n"
        (root / "score" / "data_overall.csv").write_text(overall, encoding="utf-8")


def score(root: Path, program: Program) -> tuple[frozenset[str], dict[str, str]]:
    found = score_officially(cast("BfclEnvironment", program), root, RESULTS, partial=False)
    return found.wrong, found.figures


def test_refused_items_and_figures_are_read(tmp_path: Path) -> None:
    wrong, figures = score(tmp_path, Program(2, ["multiple_1"]))
    assert wrong == {"multiple_1"}
    assert figures == {"multiple": "2 of 3, 66.67 %", "Overall Acc": "3.10%", "Live Acc": "0.00%"}


@pytest.mark.parametrize("program", [Program(3, ["multiple_1"]), Program(2, []), Program(2, ["multiple_9"])])
def test_a_count_that_is_not_that_of_the_items_it_does_not_refuse_stops(tmp_path: Path, program: Program) -> None:
    with pytest.raises(RunError, match="counts 'multiple' in two ways"):
        score(tmp_path, program)
