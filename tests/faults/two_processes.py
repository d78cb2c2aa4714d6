"""The lock: of two processes on one run exactly one works, and the other says who holds it."""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from faults.played_run import surroundings
from faults.table import Row


def try_two_processes(times: int) -> Row:
    """Starts the same run a second time while the first holds it."""
    row = Row("1 two processes on one run: one works, the other says who holds it")
    for _ in range(times):
        row.tried += 1
        with tempfile.TemporaryDirectory() as folder:
            words = [sys.executable, "-m", "faults.played_run", f"{folder}/run", "400", "--offline"]
            first = subprocess.Popen(words, env=surroundings(), stderr=subprocess.DEVNULL)
            while not (Path(folder) / "run" / "config.json").exists():
                time.sleep(0.005)
            second = subprocess.run(words, env=surroundings(), capture_output=True, text=True, check=False)
            if first.poll() is not None:
                row.remarks.append("the first one was done too early")
                row.crashed += 1
            row.doubled += second.returncode == 0
            row.lost += f"is in use by process {first.pid} on " not in second.stderr
            first.send_signal(signal.SIGKILL)
            first.wait()
    return row
