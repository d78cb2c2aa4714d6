"""Answers in the files that `bfcl evaluate` reads, and what it writes about them."""

import csv
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from ttpa.dialects import DIALECTS
from ttpa.dialects.base import TurnText
from ttpa.errors import RunError
from ttpa.records.messages import AssistantMessage
from ttpa.records.tools import ToolCall
from ttpa.suites.bfcl.environment import MODEL, BfclEnvironment

_PREFIX = "BFCL_v4_"
_FOLDER = MODEL.replace("/", "_")
_FIGURES = (
    "Overall Acc", "Non-Live AST Acc", "Live Acc", "Multi Turn Acc", "Relevance Detection", "Irrelevance Detection",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OfficialScores:
    """What the benchmark's program says."""

    wrong: frozenset[str]
    """Items that it does not count as correct."""
    figures: dict[str, str]
    """By category what stands at the head of its score file, then the figures of its overall table."""


def write_turn(text: str, turn: TurnText) -> str:
    """A single turn as a file of answers has it: its calls in Hermes form, else the text as it is."""
    if turn.calls:
        return DIALECTS["hermes"].write_turn(AssistantMessage(tool_calls=turn.calls))
    return text


def write_step(calls: Sequence[ToolCall]) -> str:
    """A step of a dialogue: its calls alone, without text in which the program could find a call."""
    return DIALECTS["hermes"].write_turn(AssistantMessage(tool_calls=tuple(calls))) if calls else ""


def score_officially(
    environment: BfclEnvironment, root: Path, results: Mapping[str, Mapping[str, JsonValue]], *, partial: bool
) -> OfficialScores:
    """Lets the program score `results`, by category and id, in `root`.

    Raises `RunError` where it fails, or where its count of correct items is not that of the items it does not refuse.
    `partial` says that items may be missing: they count neither as right nor as wrong.
    """
    for part in ("result", "score"):
        shutil.rmtree(root / part, ignore_errors=True)
    answered = {category: rows for category, rows in results.items() if rows}
    for category, rows in answered.items():
        file = root / "result" / _FOLDER / f"{_PREFIX}{category}_result.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = (json.dumps({"id": item_id, "result": result}) + "\n" for item_id, result in rows.items())
        file.write_text("".join(lines), encoding="utf-8")
    if not answered:
        return OfficialScores(frozenset(), {})
    environment.evaluate(root, list(answered), partial=partial)
    wrong: set[str] = set()
    figures: dict[str, str] = {}
    for category in answered:
        (file,) = (root / "score" / _FOLDER).rglob(f"{_PREFIX}{category}_score.json")
        told = file.read_text(encoding="utf-8").split("\n")  # an answer may hold what `splitlines` ends a line at
        head, *failed = [json.loads(line) for line in told if line]
        refused = {row["id"] for row in failed}
        due = (len(answered[category].keys() - refused), len(answered[category]))
        if (head["correct_count"], head["total_count"]) != due:
            both = f"{head['correct_count']} of {head['total_count']} correct, but does not refuse {due[0]} of {due[1]}"
            raise RunError(f"bfcl evaluate counts {category!r} in two ways: {both}")
        wrong.update(refused)
        figures[category] = f"{head['correct_count']} of {head['total_count']}, {100 * head['accuracy']:.2f} %"
    with (root / "score" / "data_overall.csv").open(encoding="utf-8", newline="") as table:
        (row,) = csv.DictReader(table)
    figures.update({name: row[name] for name in _FIGURES if name in row})
    return OfficialScores(frozenset(wrong), figures)
