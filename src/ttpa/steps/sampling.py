"""Candidate trees of the policy at decision points of train."""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial

from ttpa.assemble import Parts
from ttpa.config import RunConfig
from ttpa.records.candidates import CandidateTree
from ttpa.records.discards import Discard
from ttpa.records.instructions import DecisionPoint
from ttpa.runs.outcomes import Outcomes
from ttpa.runs.record_files import writing
from ttpa.stages.sample import sample
from ttpa.steps.dialects import refuse_other_dialect
from ttpa.steps.run import Account, Run, batched


def sample_trees(run: Run) -> None:
    """Train decision points -> `2-sample/trees.jsonl`."""
    account = Account(run, "sample", takes="turns", gives="trees")
    config = run.config.sample
    refuse_other_dialect(run, run.stream_points("train"))
    every_id = [point.id for point in run.stream_points("train")]
    drawn = sorted(run.rng("sample").sample(range(len(every_id)), min(config.points, len(every_id))))
    ids = [every_id[index] for index in drawn]
    outcomes = Outcomes(run.directory.trees, CandidateTree)
    waiting = {point_id for point_id in ids if point_id not in outcomes.by_id}
    run.reporter.start("sample", len(waiting))
    if waiting:
        points = (point for point in run.stream_points("train") if point.id in waiting)
        open_worker = partial(_open_sampler, run.parts, run.policy(), run.config)
        for trees in run.parts.engine.map(open_worker, batched(points, config.batch)):
            outcomes.add(trees)
            run.reporter.advance(len(trees))
    counts: Counter[str] = Counter()
    with writing(run.directory.trees) as write, account.discarding() as give_up:
        for tree in outcomes.ordered(ids):
            if isinstance(tree, Discard):
                give_up(tree)
                continue
            write(tree)
            counts.update(trees=1, forks=len(tree.forks), candidates=len(tree.leaves))
            counts.update(prefilled=tree.cost.prefilled, decoded=tree.cost.decoded)
    facts = {
        "of": f"{len(every_id)} in train",
        "forks": str(counts["forks"]),
        "candidates": str(counts["candidates"]),
        "tokens prefilled": str(counts["prefilled"]),
        "decoded": str(counts["decoded"]),
    }
    account.close(len(ids), counts["trees"], counts["trees"], None, facts)
    outcomes.clear()


@contextmanager
def _open_sampler(
    parts: Parts, policy: str, config: RunConfig
) -> Generator[Callable[[Sequence[DecisionPoint]], list[CandidateTree | Discard]]]:
    model = parts.load_model(policy)
    yield lambda points: sample(points, model=model, dialect=parts.dialect, config=config.sample, seed=config.seed)
