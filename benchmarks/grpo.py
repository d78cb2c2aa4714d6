"""The score as a reward: GRPO on a finished run's decision points, in all shapes, from one policy in one run.

`python benchmarks/grpo.py [--run runs/quickstart] [--steps 64] [--points 8] [--turns 6] [--plot docs/images/grpo.svg]`.
Each shape starts from the run's fine-tuned policy and draws at the points that were sampled, those where it is sure of
itself among them: they hold it to answers where no call is due. The run itself is left as it is. Before and after,
turns are drawn from the same seeds at a fixed set of points: of those that are trained at, and of held-out ones.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import get_args

from ttpa.assemble import assemble
from ttpa.config import load_config
from ttpa.line_plot import Line, draw_lines
from ttpa.models.base import Completion
from ttpa.progress import SilentReporter
from ttpa.records.candidates import CandidateTree
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.evaluations import CaseResult
from ttpa.records.instructions import DecisionPoint
from ttpa.rewards import Shape, ToolCallReward, reward_columns
from ttpa.stages.evaluate import evaluate
from ttpa.stages.evaluate.compare import bootstrap
from ttpa.stages.train.stage import GrpoConfig
from ttpa.steps.run import Run
from ttpa.steps.training import rewarded_prompt

COLOURS = dict(zip(get_args(Shape), ("#3b6ea8", "#c2571a", "#2f7d4f"), strict=True))
PROBES = 100
"""Points of either kind at which turns are drawn before and after."""
PROBE_TURNS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default="runs/quickstart")
    parser.add_argument("--steps", type=int, default=64, help="optimiser steps")
    parser.add_argument("--points", type=int, default=8, help="decision points a step")
    parser.add_argument("--turns", type=int, default=6, help="turns that are drawn at each of them")
    parser.add_argument("--rate", type=float, default=GrpoConfig().learning_rate)
    parser.add_argument("--plot", type=Path, help="where to draw the rewards")
    options = parser.parse_args()
    config = load_config(options.run)
    run = Run(config, assemble(config), SilentReporter())
    every = {point.id: point for point in run.points("train")}
    trees = run.read(run.directory.trees, CandidateTree, "sample")
    points = [every[tree.id] for tree in trees][: options.steps * options.points]
    grpo = GrpoConfig(
        epochs=options.steps * options.points / len(points),
        batch_size=options.points,
        completions=options.turns,
        learning_rate=options.rate,
        max_new_tokens=config.train.grpo.max_new_tokens,
    )
    held_out = run.points("test")[: config.evaluate.points]
    probes = points[:PROBES], held_out[:PROBES]
    before = [_draw(run, probe, run.policy()) for probe in probes]
    print(f"{len(points)} decision points of {options.run}; rate {options.rate:g}, policy sft")
    print(f"{options.steps} steps of {options.points} points x {options.turns} turns; before -> after (rise, 95 %):")
    columns = "first 10 steps", "last 10", "at trained points", "held out", "exact, held out: calls", "others", "spread"
    print("\n| reward |", " | ".join(columns), "| time |")
    print("|---|---|---|---|---|---|---|---|---|")
    print(f"| none | | | | | {_exact(run, held_out, run.policy())} | | |", flush=True)
    lines: list[Line] = []
    for shape in get_args(Shape):
        with tempfile.TemporaryDirectory() as folder:
            policy = Path(folder) / shape
            start = time.monotonic()
            checkpoint = _train(run, points, grpo.model_copy(update={"reward": shape}), policy)
            seconds = time.monotonic() - start
            exact = _exact(run, held_out, str(policy))
            after = [_draw(run, probe, str(policy)) for probe in probes]
        rises = " | ".join(
            _rise(_judge(run, shape, probe, old), _judge(run, shape, probe, new), [p.instruction_id for p in probe])
            for probe, old, new in zip(probes, before, after, strict=True)
        )
        rewards = [(float(step.step), step.metrics["reward"]) for step in checkpoint.history]
        spread = fmean(step.metrics["reward_spread"] for step in checkpoint.history)
        first, last = (fmean(reward for _, reward in part) for part in (rewards[:10], rewards[-10:]))
        told = f"{first:.3f} | {last:.3f} | {rises} | {exact} | {spread:.3f} | {seconds:.0f} s"
        print(f"| {shape} | {told} |", flush=True)
        one_pass = max(1, min(len(points) // options.points, options.steps // 2))
        lines.append(Line(shape, COLOURS[shape], _running_mean(rewards, one_pass), is_share=True))
    if options.plot:
        title = "GRPO: mean reward of the turns drawn, running mean over one pass of the points"
        options.plot.write_text(draw_lines(title, lines, x_label="optimiser step", x_text=lambda x: f"{x:.0f}"))


def _train(run: Run, points: list[DecisionPoint], grpo: GrpoConfig, output: Path) -> Checkpoint:
    config = run.config
    tokenizer = run.parts.load_tokenizer(run.policy())
    reward = ToolCallReward(shape=grpo.reward, dialect=config.policy.dialect)
    prompts = [rewarded_prompt(point, tokenizer) for point in points]
    reward.check(prompt.columns for prompt in prompts)
    settings = config.train.model_copy(update={"method": "grpo", "grpo": grpo})
    settings = settings.model_copy(update={"micro_batch_size": max(grpo.batch_size, settings.micro_batch_size)})
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


def _draw(run: Run, points: list[DecisionPoint], policy: str) -> list[list[str]]:
    """Turns that the policy draws at each point, as text; the dice of a point are the same for every policy."""
    model = run.parts.load_model(policy)
    drawn = model.draw(
        [model.tokenizer.prompt_ids(point.history, point.tools) for point in points],
        PROBE_TURNS,
        temperature=1.0,
        seeds=[point.id for point in points],
        max_new_tokens=run.config.train.grpo.max_new_tokens,
    )

    def text(turn: Completion) -> str:
        return "".join(model.tokenizer.pieces(turn.token_ids[:-1] if turn.finished else turn.token_ids))

    return [[text(turn) for turn in turns] for turns in drawn]


def _judge(run: Run, shape: Shape, points: list[DecisionPoint], turns: list[list[str]]) -> list[float]:
    """The mean reward at each point."""
    reward = ToolCallReward(shape=shape, dialect=run.config.policy.dialect)

    def judge(point: DecisionPoint) -> Callable[[str], float]:
        columns = reward_columns(point)
        return lambda text: reward.reward(text, columns["tools"], columns["reference"], columns.get("acceptable"))

    return [fmean(map(judge(point), texts)) for point, texts in zip(points, turns, strict=True)]


def _rise(before: list[float], after: list[float], instructions: list[str]) -> str:
    """Both means, and their difference with its interval, resampling instructions."""
    clusters: dict[str, list[float]] = {}
    for instruction, old, new in zip(instructions, before, after, strict=True):
        clusters.setdefault(instruction, []).append(new - old)
    rise = bootstrap(list(clusters.values()), resamples=2000, seed=0)
    return f"{fmean(before):.3f} -> {fmean(after):.3f} ({rise.low:+.3f} to {rise.high:+.3f})"


def _exact(run: Run, points: list[DecisionPoint], policy: str) -> str:
    """Per cent of the points where the greedy turn has no error: where calls are due, and where none is."""
    outcomes = evaluate(
        points,
        model=run.parts.load_model(policy),
        dialect=run.parts.dialect,
        config=run.config.evaluate,
        scoring=run.config.score,
    )
    cases = [outcome for outcome in outcomes if isinstance(outcome, CaseResult)]
    parts = ([case.exact for case in cases if case.call_is_due is due] for due in (True, False))
    return " | ".join(f"{100 * fmean(part):.1f} % of {len(part)}" if part else "none" for part in parts)


def _running_mean(points: list[tuple[float, float]], size: int) -> list[tuple[float, float]]:
    """From the first step on that has so many up to it."""
    return [(points[i][0], fmean(y for _, y in points[i - size + 1 : i + 1])) for i in range(size - 1, len(points))]


if __name__ == "__main__":
    main()
