"""Construction on two Ray workers beside this process: the same records, and seconds while a generator is waited for.

`python benchmarks/ray_engine.py [--instances 30] [--delay 0.5]`: the generator is an endpoint on this machine that
waits before each reply, as a large model would. In the third arm a worker is killed in the middle.
"""

import argparse
import os
import signal
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from ttpa.assemble import assemble
from ttpa.config import make_config
from ttpa.models.scripted_endpoint import serve_script
from ttpa.pipeline import take_steps
from ttpa.progress import SilentReporter
from ttpa.quickstart.generator import OfflineGenerator
from ttpa.records.messages import SystemMessage, UserMessage
from ttpa.steps.run import Run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=30)
    parser.add_argument("--delay", type=float, default=0.5)
    options = parser.parse_args()
    requests: list[float] = []

    def answer(_: str, texts: Sequence[str], seed: int) -> str:
        time.sleep(options.delay)
        requests.append(time.monotonic())
        messages = [SystemMessage(content=texts[0]), *(UserMessage(content=text) for text in texts[1:])]
        return OfflineGenerator().chat(messages, seed=seed).text

    told: dict[str, tuple[float, float, bytes]] = {}
    with serve_script(answer) as url, tempfile.TemporaryDirectory() as folder:
        os.environ |= {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none"}
        print(f"{'engine':<22} {'seconds':>8} {'requests':>9} {'a second':>9}")
        for arm in ("local", "ray", "ray, one killed"):
            requests.clear()
            began = time.monotonic()
            killer = threading.Timer(8.0, kill_worker) if arm.endswith("killed") else None
            if killer:
                killer.start()
            records = construct(Path(folder), arm, options.instances)
            seconds = time.monotonic() - began
            pace = (len(requests) - 1) / (requests[-1] - requests[0])
            told[arm] = seconds, pace, records
            print(f"{arm:<22} {seconds:>8.1f} {len(requests):>9} {pace:>9.2f}", flush=True)
    same = all(records == told["local"][2] for _, _, records in told.values())
    print(f"records {'byte-identical' if same else 'DIFFER'}")
    whole, waiting = told["local"][0] / told["ray"][0], told["ray"][1] / told["local"][1]
    print(f"speed-up {whole:.2f} with the start of the cluster, {waiting:.2f} while it runs (limit 1.8)")


def construct(folder: Path, arm: str, instances: int) -> bytes:
    config = make_config(
        {
            "name": arm.replace(", ", "-").replace(" ", "-"),
            "runs": str(folder),
            "engine": {"kind": arm.split(",")[0], "workers": 2},
            "generator": {"kind": "openai", "model": "m"},
            "construct": {"instances": instances},
        }
    )
    run = Run(config, assemble(config), SilentReporter())
    take_steps(run, ("construct",))
    return run.directory.instructions.read_bytes()


def kill_worker() -> None:
    """Kills one process that holds tools and a generator."""
    for process in psutil.Process().children(recursive=True):
        if process.name().startswith("ray::WorkerActor"):
            os.kill(process.pid, signal.SIGKILL)
            return


if __name__ == "__main__":
    main()
