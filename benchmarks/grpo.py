"""The score as a reward: GRPO on a finished run's decision points, in all shapes, from one policy in one run.

`python benchmarks/grpo.py [--run runs/quickstart] [--steps 64] [--points 4] [--turns 6] [--plot docs/images/grpo.svg]`.
Each shape starts from the run's fine-tuned policy and draws turns at the same points; the run itself is left as it is.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import fmean
from typing import get_args

from ttpa.assemble import assemble
from ttpa.config import load_config
from ttpa.line_plot import Line, draw_lines
from ttpa.progress import SilentReporter
from ttpa.records.candidates import CandidateTree
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.evaluations import CaseResult
from ttpa.records.instructions import DecisionPoint
from ttpa.rewards import Shape, ToolCallReward
from ttpa.stages.evaluate import evaluate
from ttpa.stages.train.stage import GrpoConfig
from ttpa.steps.run import Run
from ttpa.steps.training import rewarded_prompt

COLOURS = dict(zip(get_args(Shape), ("#3b6ea8", "#c2571a", "#2f7d4f"), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default="runs/quickstart")
    parser.add_argument("--steps", type=int, default=64, help="optimiser steps")
    parser.add_argument("--points", type=int, default=4, help="decision points a step")
    parser.add_argument("--turns", type=int, default=6, help="turns that are drawn at each of them")
    parser.add_argument("--rate", type=float, default=3e-5)
    parser.add_argument("--plot", type=Path, help="where to draw the rewards")
    options = parser.parse_args()
    config = load_config(options.run)
    run = Run(config, assemble(config), SilentReporter())
    trees = run.read(run.directory.trees, CandidateTree, "sample")
    points = {point.id: point for point in run.points("train")}
    sampled = [points[tree.id] for tree in trees][: options.steps * options.points]
    grpo = config.train.grpo.model_copy(
        update={
            "epochs": options.steps * options.points / len(sampled),
            "batch_size": options.points,
            "completions": options.turns,
            "learning_rate": options.rate,
        }
    )
    held_out = run.points("test")[: config.evaluate.points]
    print(f"{len(sampled)} decision points of {options.run}, {len(held_out)} held out; policy {run.policy()}")
    print("\n| reward | steps | mean reward, first 10 steps | last 10 steps | spread | exact, held out | time |")
    print("|---|---|---|---|---|---|---|")
    print(f"| none | 0 | | | | {_exact(run, held_out, run.policy()):.1f} % | |")
    lines: list[Line] = []
    for shape in get_args(Shape):
        with tempfile.TemporaryDirectory() as folder:
            start = time.monotonic()
            checkpoint = _train(run, sampled, grpo.model_copy(update={"reward": shape}), Path(folder) / shape)
            seconds = time.monotonic() - start
            exact = _exact(run, held_out, str(Path(folder) / shape))
        rewards = [(float(step.step), step.metrics["reward"]) for step in checkpoint.history]
        spread = fmean(step.metrics["reward_spread"] for step in checkpoint.history)
        first, last = (fmean(reward for _, reward in part) for part in (rewards[:10], rewards[-10:]))
        rise = f"{first:.3f} | {last:.3f}"
        print(f"| {shape} | {checkpoint.steps} | {rise} | {spread:.3f} | {exact:.1f} % | {seconds:.0f} s |")
        lines.append(Line(shape, COLOURS[shape], _running_mean(rewards), is_share=True))
    if options.plot:
        title = "GRPO: mean reward of the turns drawn, running mean of 8 steps"
        options.plot.write_text(draw_lines(title, lines, x_label="optimiser step", x_text=lambda x: f"{x:.0f}"))


def _train(run: Run, points: list[DecisionPoint], grpo: GrpoConfig, output: Path) -> Checkpoint:
    config = run.config
    tokenizer = run.parts.load_tokenizer(run.policy())
    reward = ToolCallReward(shape=grpo.reward, dialect=config.policy.dialect)
    prompts = [rewarded_prompt(point, tokenizer) for point in points]
    reward.check(prompt.columns for prompt in prompts)
    settings = config.train.model_copy(update={"method": "grpo", "grpo": grpo})
    learners = run.parts.load_learners()
    return learners.grpo(
        run.policy(),
        prompts,
        output,
        settings,
        reward=reward,
        rewarded_by=reward.settings,
        seed=config.seed,
        on_step=_ignore,
    )


def _ignore(step: int, total: int, telling: str) -> None:
    """Listens to a training and says nothing."""


def _exact(run: Run, points: list[DecisionPoint], policy: str) -> float:
    """Per cent of the points where the greedy turn has no error."""
    outcomes = evaluate(
        points,
        model=run.parts.load_model(policy),
        dialect=run.parts.dialect,
        config=run.config.evaluate,
        scoring=run.config.score,
    )
    cases = [outcome for outcome in outcomes if isinstance(outcome, CaseResult)]
    return 100 * fmean(case.exact for case in cases)


def _running_mean(points: list[tuple[float, float]], size: int = 8) -> list[tuple[float, float]]:
    return [(points[i][0], fmean(y for _, y in points[max(0, i - size + 1) : i + 1])) for i in range(len(points))]


if __name__ == "__main__":
    main()
