"""How fast outcomes are kept, and how soon a run of very many goes on: `python -m faults.many_records FOLDER COUNT`."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from faults.played_run import surroundings
from ttpa.records.discards import Discard, DiscardReason
from ttpa.runs.outcomes import Outcomes

_A_WRITE = 100


def measure(count: int) -> str:
    """Keeps so many records, a hundred a write, and opens them again in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.jsonl"
        outcomes = Outcomes(path, Discard)
        text = "x" * 400
        started = time.monotonic()
        for first in range(0, count, _A_WRITE):
            numbers = range(first, first + _A_WRITE)
            outcomes.add([_outcome(number, text) for number in numbers])
        pace = count / (time.monotonic() - started)
        words = [sys.executable, "-m", "faults.many_records", str(path), str(count)]
        told = json.loads(subprocess.run(words, env=surroundings(), capture_output=True, text=True, check=True).stdout)
        return (
            f"{pace:,.0f} records/s kept, {_A_WRITE} a write; of {count:,} records a resumed run knows all in "
            f"{told['seconds']:.1f} s with {told['megabytes']:.0f} MB"
        )


def _outcome(number: int, text: str) -> Discard:
    return Discard(id=f"item-{number:07}", stage="construct", reason=DiscardReason.DUPLICATE, detail=text)


def _resume(path: Path, count: int) -> None:
    started = time.monotonic()
    known = len(Outcomes(path, Discard).by_id)
    assert known == count, f"{known} of {count} records are known"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": time.monotonic() - started, "megabytes": memory}))


if __name__ == "__main__":
    _resume(Path(sys.argv[1]), int(sys.argv[2]))
