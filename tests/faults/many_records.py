"""How fast outcomes are kept, and how soon a run of very many goes on: `python -m faults.many_records FOLDER COUNT`."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from faults.played_run import surroundings
from faults.table import Row
from ttpa.records.discards import Discard, DiscardReason
from ttpa.runs.outcomes import Outcomes

_A_WRITE = 100
LEAST_PACE = 10_000
"""Records a second."""
MOST_SECONDS = 10.0
MOST_MEGABYTES = 500.0


def try_many_records(count: int) -> Row:
    """Keeps so many records, a hundred a write, and opens them again in a fresh process; what is too slow is lost."""
    row = Row("1 many records are kept fast, and taken up soon", tried=count)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.jsonl"
        outcomes = Outcomes(path, Discard)
        text = "x" * 400
        started = time.monotonic()
        for first in range(0, count, _A_WRITE):
            numbers = range(first, min(first + _A_WRITE, count))
            outcomes.add([_outcome(number, text) for number in numbers])
        pace = count / (time.monotonic() - started)
        words = [sys.executable, "-m", "faults.many_records", str(path), str(count)]
        told = json.loads(subprocess.run(words, env=surroundings(), capture_output=True, text=True, check=True).stdout)
    row.lost = (pace < LEAST_PACE) + (told["seconds"] > MOST_SECONDS) + (told["megabytes"] > MOST_MEGABYTES)
    row.remarks.append(f"{pace:,.0f} records a second, {_A_WRITE} a write")
    row.remarks.append(f"a resumed step knows all in {told['seconds']:.1f} s with {told['megabytes']:.0f} MB")
    return row


def _outcome(number: int, text: str) -> Discard:
    return Discard(id=f"item-{number:07}", stage="construct", reason=DiscardReason.DUPLICATE, detail=text)


def _resume(path: Path, count: int) -> None:
    started = time.monotonic()
    known = len(Outcomes(path, Discard).by_id)
    assert known == count, f"{known} of {count} records are known"
    print(json.dumps({"seconds": time.monotonic() - started, "megabytes": _peak_megabytes()}))


def _peak_megabytes() -> float:
    """The most memory that this program has held; `ru_maxrss` counts what its parent held before it began, too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    _resume(Path(sys.argv[1]), int(sys.argv[2]))
