"""What construction makes over the bundled tools: a table, and some of its dialogues as a person would read them.

`python benchmarks/construction.py [--instances 300] [--dialogues 5] [--avoid FILE ...]`. Every gold call is made once
more in a session of its own; benchmark files beside the repository or in `$TTPA_SHARED` are looked through.
"""

import argparse
import os
import tempfile
from collections import Counter
from pathlib import Path

from replaying import reproduced

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.records.discards import Discard
from ttpa.records.diversity import Diversity
from ttpa.records.instructions import Instruction
from ttpa.runs.record_files import read_record, read_records
from ttpa.steps.run import Run

FILES = ("bfcl_simple_python", "bfcl_multiple", "bfcl_parallel", "bfcl_parallel_multiple", "seal_dev")


def main() -> None:
    beside = Path(os.environ.get("TTPA_SHARED", Path(__file__).parents[2] / "shared")) / "data" / "converted"
    found = [str(path) for name in FILES if (path := beside / f"{name}.jsonl").exists()]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=300)
    parser.add_argument("--dialogues", type=int, default=5)
    parser.add_argument("--avoid", nargs="*", default=found)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        construct = {"instances": options.instances, "max_calls": 3, "avoid": options.avoid}
        config = make_config({"name": "construction", "runs": folder, "construct": construct})
        run = Run(config, assemble(config), SilentReporter())
        take_steps(run, ("construct",))
        made = read_records(run.directory.instructions, Instruction)
        discards = read_records(run.directory.discards("construct"), Discard)
        diversity = read_record(run.directory.diversity, Diversity)
        same = reproduced(run, made)
    reasons = Counter(discard.reason.value for discard in discards)
    print(f"{options.instances} instances planned, {len(made)} made; {len(options.avoid)} benchmark files named\n")
    print("| | |\n|---|---|")
    told = diversity.facts() | {
        "gold calls that gave the same once more": same,
        "discards": ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()) or "none",
    }
    for name, fact in told.items():
        print(f"| {name} | {fact} |")
    first = {one.kind: one for one in reversed(made)}
    longest = sorted(made, key=lambda one: -sum(len(step.calls) for step in one.steps))
    for one in [*first.values(), *(one for one in longest if one not in first.values())][: options.dialogues]:
        print(f"\n{as_text(one)}")


def as_text(instruction: Instruction) -> str:
    """A dialogue as a person would read it."""
    lines = [f"**User.** {instruction.question}"]
    for step in instruction.steps:
        for call, result in zip(step.calls, step.results, strict=True):
            given = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
            lines.append(f"- `{call.name}({given})` gives `{result.content[:160]}`")
    return "\n".join([*lines, f"**Assistant.** {instruction.answer}"])


if __name__ == "__main__":
    main()
