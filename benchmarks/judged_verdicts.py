"""Our score beside a recorded judge's verdict (GPT-4, as ToolAlpaca published it) on the same candidate turns.

`python benchmarks/judged_verdicts.py [--data DIR]`: DIR holds the converted data, beside the repository or in
`$TTPA_SHARED`.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from ttpa.stages.score import score_turn

THRESHOLDS = (1.0, 0.8, 0.6)


def main() -> None:
    beside = Path(os.environ.get("TTPA_SHARED", Path(__file__).parents[2] / "shared")) / "data" / "converted"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=beside)
    data = parser.parse_args().data
    tools = {row["id"]: row["tools"] for row in _rows(data / "toolalpaca_eval_simulated.jsonl")}
    judged = [row for row in _rows(data / "candidates_judged_outputs_7b.jsonl") if row["id"] in tools]
    scores: dict[str, float] = {}
    for row in judged:
        try:
            verdict = score_turn(row["candidate_calls"], row["reference_calls"], tools[row["id"]], strings="folded")
        except ValueError as error:
            print(f"left out {row['id']}: {error}")
        else:
            scores[row["id"]] = verdict.score
    judged = [row for row in judged if row["id"] in scores]
    verdicts = ("Yes", "No", "Uncertain")
    print(f"{len(judged)} candidate turns; strings folded")
    print(
        "| the judge on the process | turns | mean score | " + " | ".join(f"score >= {t:g}" for t in THRESHOLDS) + " |"
    )
    print("|---|---|---|" + "---|" * len(THRESHOLDS))
    for verdict in verdicts:
        found = [scores[row["id"]] for row in judged if row["judged_process_correct"] == verdict]
        shares = " | ".join(f"{sum(s >= t for s in found)}" for t in THRESHOLDS)
        print(f"| {verdict} | {len(found)} | {sum(found) / max(1, len(found)):.3f} | {shares} |")
    decided = [row for row in judged if row["judged_process_correct"] != "Uncertain"]
    for threshold in THRESHOLDS:
        agreed = sum((scores[r["id"]] >= threshold) == (r["judged_process_correct"] == "Yes") for r in decided)
        print(
            f"agreement at a score >= {threshold:g}: {agreed} of {len(decided)} ({100 * agreed / len(decided):.1f} %)"
        )


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
