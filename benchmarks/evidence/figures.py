"""Means and paired differences, with intervals over seeds and cases.

A percentile bootstrap in two levels: seeds are drawn anew, and within each the dialogues, whose turns share a history.
With one seed it is over its dialogues alone.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from benchmarks.evidence.results import Case
from numpy.typing import NDArray

from ttpa.records.evaluations import Measure
from ttpa.records.scores import ErrorKind
from ttpa.stages.evaluate import dialogue_of

BySeed = Mapping[int, Sequence[Case]]
"""The cases of one arm."""
Reading = Callable[[Case], float]
Cluster = tuple[float, int]
"""Sum and number of a dialogue's values."""

NAMED_KINDS = {
    "name": {ErrorKind.WRONG_TOOL, ErrorKind.UNKNOWN_TOOL},
    "required": {ErrorKind.MISSING_REQUIRED},
    "type": {ErrorKind.WRONG_TYPE},
}
"""The errors that the goal is about."""


def exact(case: Case) -> float:
    return float(case.exact)


def names_right(case: Case) -> float:
    return float(case.names_right)


def mean_score(case: Case) -> float:
    return case.score


def errors_of(kinds: set[ErrorKind]) -> Reading:
    """Reads how many errors of these kinds a case holds."""
    return lambda case: float(sum(kind in kinds for kind in case.errors))


def mean(cases: BySeed, read: Reading, *, resamples: int) -> Measure:
    """Over all cases of all seeds."""
    seeds = [_clusters([(case.id, read(case)) for case in each]) for each in cases.values()]
    return bootstrap_seeds(seeds, resamples=resamples)


def difference(cases: BySeed, baseline: BySeed, read: Reading, *, resamples: int) -> Measure:
    """Of one arm less another, over the cases that both have."""
    seeds: list[list[Cluster]] = []
    for seed in sorted(set(cases) & set(baseline)):
        before = {case.id: read(case) for case in baseline[seed]}
        seeds.append(_clusters([(case.id, read(case) - before[case.id]) for case in cases[seed] if case.id in before]))
    return bootstrap_seeds(seeds, resamples=resamples)


def bootstrap_seeds(seeds: Sequence[Sequence[Cluster]], *, resamples: int) -> Measure:
    """The mean over all values with its 95 % percentile interval; deterministic. Raises `ValueError` without values."""
    known = [np.array(clusters, dtype=np.float64) for clusters in seeds if clusters]
    if not known:
        raise ValueError("no case to take a mean over")
    every = np.concatenate(known)
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(known), size=(resamples, len(known)))
    sums: NDArray[np.float64] = np.zeros((2, resamples))
    for place in range(len(known)):
        for index, clusters in enumerate(known):
            rows = np.flatnonzero(drawn[:, place] == index)
            picks = rng.integers(len(clusters), size=(len(rows), len(clusters)))
            for each, column in zip(sums, clusters.T, strict=True):  # along rows, which is several times as fast
                each[rows] += column[picks].sum(axis=1)
    low, high = np.percentile(sums[0] / sums[1], (2.5, 97.5))
    total, number = every.sum(axis=0)
    return Measure(value=float(total / number), low=float(low), high=float(high))


def _clusters(values: Sequence[tuple[str, float]]) -> list[Cluster]:
    """Values of decision points, by dialogue."""
    clusters: dict[str, list[float]] = {}
    for point_id, value in values:
        clusters.setdefault(dialogue_of(point_id), []).append(value)
    return [(sum(each), len(each)) for each in clusters.values()]
