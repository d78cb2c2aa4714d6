"""Promise 7: the same records for any number of workers and any hash seed; another config is refused."""

import subprocess
import sys
import tempfile
from pathlib import Path

from faults.played_run import make_run, records, surroundings, take
from faults.table import Row
from ttpa.errors import RunError

VARIANTS = ((1, "0"), (2, "1"), (5, "77"), (8, "random"))
"""Workers and the seed of Python's hashes."""


def try_same_bytes(items: int) -> Row:
    """Takes the same run in several ways, then another one in the same place; what differs is lost."""
    row = Row("7 same inputs, same bytes")
    with tempfile.TemporaryDirectory() as folder:
        found: list[dict[str, str]] = []
        for workers, hash_seed in VARIANTS:
            path = Path(folder) / str(workers) / "run"
            words = [sys.executable, "-m", "faults.played_run", str(path), str(items), "--offline", str(workers)]
            environment = surroundings() | {"PYTHONHASHSEED": hash_seed}
            subprocess.run(words, check=True, env=environment, stderr=subprocess.DEVNULL)
            found.append(records(make_run(path, items, offline=True)))
            row.tried += 1
            if found[-1] != found[0] or not found[-1]:
                row.lost += 1
                row.remarks.append(f"other records with {workers} workers and hash seed {hash_seed}")
        row.tried += 1
        path = Path(folder) / str(VARIANTS[0][0]) / "run"
        try:
            take(make_run(path, items, offline=True, score={"ordered": True}))
            row.doubled += 1
            row.remarks.append("another config was taken")
        except RunError as refused:
            row.lost += "score.ordered: False -> True" not in str(refused)
        row.lost += records(make_run(path, items, offline=True)) != found[0]
    row.counted["ways of workers and hash seeds"] += len(VARIANTS)
    row.remarks.append("another config was refused with what differs" if row.holds else "")
    return row
