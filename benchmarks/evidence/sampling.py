"""Decision points -> trees, done once for all arms that sample the same policy alike."""

from dataclasses import replace
from pathlib import Path

from benchmarks.evidence.arms import MAIN, Arm, merge
from benchmarks.evidence.data import make_dev, make_fresh, make_start
from benchmarks.evidence.place import SETTINGS, Place, link_step, slug

from ttpa.pipeline import take_steps
from ttpa.records.candidates import CandidateTree
from ttpa.records.summaries import StepSummary
from ttpa.runs.record_files import read_record
from ttpa.steps.run import Run


def sampled(place: Place, arm: Arm) -> Run:
    """The run with the trees of an arm's first round."""
    start = make_start(place, arm.data)
    return sample_at(place, arm, place.path / "samples" / sampling_name(arm), start.policy(), seed=place.seed)


def sampling_name(arm: Arm) -> str:
    """Equal for arms whose first rounds sample alike."""
    points = {} if (share := arm.share / arm.rounds) == 1 else {"share": share}
    seen = {} if arm.points == "fresh" else {"points-at": arm.points}
    return f"{arm.data}.{slug({**arm.sample, **points, **seen})}"


def sample_at(place: Place, arm: Arm, folder: Path, policy: str, *, seed: int) -> Run:
    """The run in `folder` with the trees of one round, over the instructions that the arm samples at."""
    source = _source(place, arm)
    points = max(1, round(place.size.points * arm.share / arm.rounds))
    sections = {"seed": seed, "sample": merge(SETTINGS["sample"], {**arm.sample, "points": points})}
    run = place.open(folder, sections, policy=policy)
    link_step(source.directory, run.directory, "1-construct")
    take_steps(run, ("sample",))
    return run


def _source(place: Place, arm: Arm) -> Run:
    if arm.points == "dev":
        return make_dev(place)
    return make_fresh(place, arm.data) if arm.points == "fresh" else make_start(place, arm.data)


def sampling_cost(run: Run) -> tuple[int, float]:
    """Tokens that sampling took, read and said, and its seconds."""
    trees = run.read(run.directory.trees, CandidateTree, "sample")
    seconds = read_record(run.directory.summary("sample"), StepSummary).seconds
    return sum(tree.cost.prefilled + tree.cost.decoded for tree in trees), seconds


def samples_like_the_main_arm(arm: Arm) -> bool:
    """Whether both budgets of an arm are one: it samples what the main arm samples, and no more."""
    return arm.samples and arm.rounds == 1 and sampling_name(arm) == sampling_name(replace(MAIN, share=arm.share))
