"""A large registry as one toolset: seconds to start, a scenario's candidates in milliseconds, memory, distractors.

`python benchmarks/tool_choice.py [--registry FILE] [--plans 500]`: definitions in OpenAI form, by default the 7,743
third-party ones of the converted data beside the repository or in `$TTPA_SHARED`. The second arm chooses distractors
by looking at every tool of the registry, as is done for few tools: how like the best one is, and what it takes.
"""

import argparse
import os
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from ttpa.models.scripted import ScriptedChatModel
from ttpa.records.tools import ToolSpec
from ttpa.stages.construct import ConstructConfig, Planner
from ttpa.stages.construct.offered_tools import likeness
from ttpa.stages.construct.retrieval import ToolIndex
from ttpa.tools.simulated_toolset import SimulatedToolset


def main() -> None:
    beside = Path(os.environ.get("TTPA_SHARED", Path(__file__).parents[2] / "shared")) / "data" / "converted"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registry", type=Path, default=beside / "tool_registry.jsonl")
    parser.add_argument("--plans", type=int, default=500)
    parser.add_argument("--looked-through", type=int, default=20, help="tools that the second arm compares with all")
    options = parser.parse_args()

    before = memory()
    began = time.perf_counter()
    toolset = SimulatedToolset(str(options.registry), ScriptedChatModel(lambda _, __: "{}"))
    opened = time.perf_counter()
    config = ConstructConfig()
    planner = Planner(toolset.specs, config, seed=0)
    plans = planner.first(1)
    ready = time.perf_counter()
    print(f"tools         {len(toolset.specs)} on offer, {len(toolset.left_out)} left out")
    print(f"start         {ready - began:.1f} s: toolset {opened - began:.1f}, index {ready - opened:.1f}  (limit 10)")
    print(f"memory        {memory() - before:.0f} MiB for both; {memory():.0f} MiB the whole process")

    index = ToolIndex(toolset.specs)
    chosen = random.Random(1).sample(list(toolset.specs), min(options.plans, len(toolset.specs)))
    took: dict[str, list[float]] = {"by the clock": [], "of the processor": []}
    for number, tool in enumerate(chosen):
        began, worked = time.perf_counter(), time.process_time()
        index.candidates(tool, config.candidates, random.Random(number))
        took["by the clock"].append(1000 * (time.perf_counter() - began))
        took["of the processor"].append(1000 * (time.process_time() - worked))
    for clock, each in took.items():
        ranked = sorted(each)
        told = f"median {statistics.median(each):.2f}, 99 of 100 within {ranked[int(0.99 * len(ranked))]:.1f}"
        print(f"candidates    ms {clock}: {told}, most {ranked[-1]:.1f}  (limit 50)")
    began = time.perf_counter()
    plans = planner.first(options.plans)
    shown = {tool.name for plan in plans for tool in plan.shown}
    each = 1000 * (time.perf_counter() - began) / len(plans)
    print(f"plans         {len(plans)}, {each:.1f} ms each, over {len(shown)} tools")

    print(f"distractor    the most like one, for {options.looked_through} tools")
    few = chosen[: options.looked_through]
    for arm, choose in (
        ("of candidates", lambda tool: index.candidates(tool, config.candidates, random.Random(0)).all),
        ("of all", lambda _: toolset.specs),
    ):
        began = time.perf_counter()
        best = [_best(tool, choose(tool)) for tool in few]
        each = 1000 * (time.perf_counter() - began) / len(few)
        print(f"  {arm:<14} shares {statistics.mean(best):.2f} of the words, {each:.1f} ms")


def _best(tool: ToolSpec, others: Sequence[ToolSpec]) -> float:
    return max(likeness(tool, other) for other in others if other.description.split() != tool.description.split())


def memory() -> float:
    """MiB that this process holds."""
    return psutil.Process().memory_info().rss / 2**20


if __name__ == "__main__":
    main()
