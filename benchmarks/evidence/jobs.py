"""One process a set and seed, some at a time; each goes on where it was cut off."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.evidence.answers import Where, answer, is_answered
from benchmarks.evidence.arms import Arm
from benchmarks.evidence.budget import budgets
from benchmarks.evidence.place import Place
from benchmarks.evidence.units import make_unit

from ttpa.runs.lock import hold


def do(place: Place, arms: Sequence[Arm], *, final: bool) -> None:
    """Makes every unit of a set and seed and asks its policy at dev turns, or with `final` at the test's.

    Raises `RunError` where another process is at it.
    """
    where: Where = "final" if final else "dev"
    with hold(place.path, f"{place.tools.name}, seed {place.seed}"):
        for arm in arms:
            for kind in budgets(arm):
                unit = make_unit(place, arm, kind)
                if not is_answered(place, unit, where):
                    answer(place, unit, where)
                spent = sum(made.sampling_tokens + made.training_tokens for made in unit.rounds)
                print(f"{place.tools.name}/{place.seed}  {arm.name}  {kind}: {spent:,} tokens", flush=True)


def run_jobs(jobs: Sequence[tuple[str, int]], arguments: Sequence[str], workers: int) -> int:
    """Runs this command once for each set and seed, one thread each; how many failed."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}

    def start(job: tuple[str, int]) -> int:
        command = [sys.executable, "-m", "benchmarks.evidence", *arguments, "--job", f"{job[0]}/{job[1]}"]
        ended = subprocess.run(command, env=environment, check=False).returncode
        if ended:
            print(f"{job[0]}/{job[1]} ended with {ended}; the same command goes on where it stopped", flush=True)
        return ended

    with ThreadPoolExecutor(max_workers=workers) as pool:
        return sum(ended != 0 for ended in pool.map(start, jobs))
