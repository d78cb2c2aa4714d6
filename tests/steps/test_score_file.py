"""Scoring a file of one's own: every case is judged or refused by its line."""

import json
from pathlib import Path

import pytest

from ttpa.errors import RunError
from ttpa.stages.score import ScoreConfig
from ttpa.steps.score_file import score_file

TOOL = {
    "type": "function",
    "function": {
        "name": "ring",
        "parameters": {"type": "object", "properties": {"who": {"type": "string"}}, "required": ["who"]},
    },
}
REFERENCE = [{"name": "ring", "arguments": {"who": "Ann"}}]
RIGHT = {"id": "a", "tools": [TOOL], "reference_calls": REFERENCE, "candidate_calls": REFERENCE}
WRONG = {
    "tools": [TOOL],
    "reference_calls": REFERENCE,
    "candidate_text": '<tool_call>\n{"name": "ring", "arguments": {"who": 3}}\n</tool_call>',
    "dialect": "hermes",
}


def run(
    tmp_path: Path, lines: list[str], config: ScoreConfig | None = None
) -> tuple[list[str], list[dict[str, object]]]:
    cases, scored = tmp_path / "cases.jsonl", tmp_path / "scored.jsonl"
    scored.unlink(missing_ok=True)
    cases.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = score_file(cases, scored, config or ScoreConfig()).lines()
    return told, [json.loads(line) for line in scored.read_text(encoding="utf-8").splitlines()]


def test_every_case_gets_score_parts_errors_and_an_explanation(tmp_path: Path) -> None:
    told, rows = run(tmp_path, [json.dumps(RIGHT), json.dumps(WRONG)])
    assert rows[0]["id"] == "a"
    assert [row["score"] == 1 for row in rows] == [True, False]
    assert rows[0]["explanation"] == "right"
    assert rows[1]["explanation"] == "call 0: `who` is 3, an integer; a string was due"
    assert told[0].startswith("2 turns, 1 right (50.0 %)")
    assert any(line.split() == ["wrong_type", "1", "1"] for line in told)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "no JSON"),
        ("[]", "a case is a JSON object"),
        (json.dumps({**RIGHT, "tools": []}), "tools"),
        (json.dumps({**RIGHT, "candidate_text": "x"}), "either candidate_calls or candidate_text"),
        (json.dumps({**WRONG, "dialect": "morse"}), "dialect 'morse' is none of hermes"),
        (
            json.dumps({**WRONG, "dialect": None}),
            "candidate_text needs the dialect that it is written in, one of hermes",
        ),
        (json.dumps({"tools": [TOOL], "candidate_calls": []}), "reference_calls"),
        (json.dumps({**RIGHT, "score": 0.5}), "it has 'score', which the verdict would overwrite"),
        (json.dumps({**RIGHT, "errors": []}), "it has 'errors', which the verdict would overwrite"),
    ],
)
def test_a_spoilt_line_is_told_by_its_number_and_the_rest_goes_on(tmp_path: Path, line: str, reason: str) -> None:
    told, rows = run(tmp_path, [json.dumps(RIGHT), line, json.dumps(WRONG)])
    assert told[0].startswith("line 2: ")
    assert reason in told[0]
    assert told[-1] == "1 lines were refused"
    assert len(rows) == 2


def test_strings_fold_on_request(tmp_path: Path) -> None:
    loud = {**RIGHT, "candidate_calls": [{"name": "ring", "arguments": {"who": "ANN"}}]}
    assert run(tmp_path, [json.dumps(loud)])[1][0]["score"] != 1
    assert run(tmp_path, [json.dumps(loud)], ScoreConfig(strings="folded"))[1][0]["score"] == 1


def test_the_cases_are_never_written_over(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps(RIGHT))
    with pytest.raises(RunError, match="another file"):
        score_file(cases, cases, ScoreConfig())
    assert json.loads(cases.read_text()) == RIGHT


def test_a_file_that_is_there_already_is_kept(tmp_path: Path) -> None:
    cases, mine = tmp_path / "cases.jsonl", tmp_path / "mine.txt"
    cases.write_text(json.dumps(RIGHT))
    mine.write_text("mine")
    with pytest.raises(RunError, match=r"mine\.txt' is there already; give the scored cases a file of their own"):
        score_file(cases, mine, ScoreConfig())
    assert mine.read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "reason"), [("", "holds no case$"), ("\n[]\n{}\n", "holds no case: line 2: a case is a JSON object")]
)
def test_a_file_without_a_case_is_an_error_and_nothing_is_written(tmp_path: Path, text: str, reason: str) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(text)
    with pytest.raises(RunError, match=reason):
        score_file(cases, tmp_path / "scored.jsonl", ScoreConfig())
    assert list(tmp_path.iterdir()) == [cases]


def test_what_cannot_be_read_or_written_is_told_and_leaves_nothing_behind(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps(RIGHT))
    with pytest.raises(RunError, match="cannot be read"):
        score_file(tmp_path / "none.jsonl", tmp_path / "scored.jsonl", ScoreConfig())
    with pytest.raises(RunError, match="cannot be written"):
        score_file(cases, cases / "scored.jsonl", ScoreConfig())
    assert list(tmp_path.iterdir()) == [cases]


def test_what_is_no_json_schema_is_told_once_a_tool(tmp_path: Path) -> None:
    loose = {"name": "ring", "parameters": {"type": "object", "properties": {"who": {"type": "str"}}}}
    told, _ = run(tmp_path, [json.dumps({**RIGHT, "tools": [loose]})] * 2)
    assert told[0] == "tool 'ring': `who`: type 'str' read as string"
    assert told[1].startswith("2 turns, 2 right")
