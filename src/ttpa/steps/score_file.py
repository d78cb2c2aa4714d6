"""A file of cases -> the same cases with their verdicts; no run is needed."""

import json
from pathlib import Path

from ttpa.errors import RunError
from ttpa.records.scores import TurnScore
from ttpa.runs.record_files import write_text
from ttpa.stages.score import ScoreConfig
from ttpa.stages.score.cases import (
    CaseSummary,
    InvalidCase,
    RefusedLine,
    read_case,
    schema_problems_of,
    score_case,
    scored_row,
    summarise,
)


def score_file(cases: Path, output: Path, config: ScoreConfig) -> CaseSummary:
    """Writes the cases with their verdicts to `output`; what they come to, and which lines are refused.

    Raises `RunError` where `cases` cannot be read or no line of it is a case, and where `output` is there already or
    cannot be written.
    """
    if output.resolve() == cases.resolve():
        raise RunError(f"{str(output)!r} holds the cases; give the scored ones another file")
    if output.exists():
        raise RunError(f"{str(output)!r} is there already; give the scored cases a file of their own")
    try:
        lines = cases.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"{str(cases)!r} cannot be read: {error}") from error
    rows: list[str] = []
    verdicts: list[TurnScore] = []
    refused: list[RefusedLine] = []
    problems: dict[str, None] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = read_case(line)
            verdict = score_case(row, config)
        except InvalidCase as error:
            refused.append(RefusedLine(line=number, reason=str(error)))
            continue
        verdicts.append(verdict)
        problems.update(dict.fromkeys(schema_problems_of(row)))
        rows.append(json.dumps(scored_row(row, verdict), ensure_ascii=False) + "\n")
    if not rows:
        first = f": line {refused[0].line}: {refused[0].reason}" if refused else ""
        raise RunError(f"{str(cases)!r} holds no case{first}")
    try:
        write_text(output, "".join(rows))
    except OSError as error:
        raise RunError(f"{str(output)!r} cannot be written: {error}") from error
    return summarise(verdicts, refused, list(problems))
