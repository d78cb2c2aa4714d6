"""Trees -> scored turns and pairs, in a run of the arm's own."""

from pathlib import Path

from benchmarks.evidence.arms import Arm
from benchmarks.evidence.place import Place, link_step

from ttpa.pipeline import take_steps
from ttpa.records.pairs import PreferencePair
from ttpa.runs.record_files import read_records
from ttpa.steps.run import Run


def score_trees(place: Place, arm: Arm, trees: Run, folder: Path) -> Run:
    """The run in `folder` with the verdicts on another's trees, as the arm scores and pairs."""
    sections = {
        "seed": trees.config.seed,
        "sample": trees.config.sample.model_dump(mode="json"),
        "score": arm.score,
        "pair": arm.pair,
    }
    run = place.open(folder, sections, policy=trees.config.policy.base)
    for step in ("1-construct", "2-sample"):
        link_step(trees.directory, run.directory, step)
    take_steps(run, ("score",))
    return run


def make_pairs(place: Place, arm: Arm, trees: Run, folder: Path) -> list[PreferencePair]:
    """The arm's preference pairs."""
    run = score_trees(place, arm, trees, folder)
    take_steps(run, ("pair",))
    return read_records(run.directory.pairs, PreferencePair)
