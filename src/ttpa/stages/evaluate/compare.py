"""Policies side by side: means with bootstrap intervals, and paired differences over the same cases."""

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from ttpa.records.evaluations import CaseResult, Difference, Evaluation, Measure, Measures

_CONFIDENCE = 0.95
_TURN = re.compile(r"(?:[#@]\d+)+$")
"""What an id ends with where it is of a turn: `#` and the place of the turn, `@` and the place of the user's message;
data that number the turns of a dialogue themselves, as API-Bank does, have a `#` before it."""
_RANK = [f"{split}: {due}" for split in ("test", "test_unseen", "train") for due in ("calls", "answer", "no call")]
"""The order of the groups: calls first, they are what alignment is for."""


def compare(cases: Mapping[str, Sequence[CaseResult]], *, prompt_hash: str, resamples: int, seed: int) -> Evaluation:
    """The policies in the order of `cases`, each compared with all before it, by group of cases.

    Intervals are percentile bootstraps over dialogues, since the turns of one share their history; differences are
    paired, over cases that both policies have.
    """
    groups: dict[str, dict[str, Measures]] = {}
    for policy, results in cases.items():
        for group, members in _by_group(results).items():
            groups.setdefault(group, {})[policy] = _measure(members, resamples, seed)
    policies = list(cases)
    differences = [
        difference
        for group in groups
        for index, policy in enumerate(policies)
        for baseline in policies[:index]
        if (difference := _difference(group, policy, baseline, cases, resamples, seed)) is not None
    ]
    return Evaluation(policies=tuple(policies), groups=groups, differences=tuple(differences), prompt_hash=prompt_hash)


def bootstrap(clusters: Sequence[Sequence[float]], *, resamples: int, seed: int) -> Measure:
    """The mean over all values with its 95 % percentile interval, resampling whole clusters; deterministic."""
    weighed = [(sum(cluster), len(cluster)) for cluster in clusters]
    rng = random.Random(seed)
    means: list[float] = []
    for _ in range(resamples):
        drawn = rng.choices(weighed, k=len(weighed))
        means.append(sum(total for total, _ in drawn) / sum(count for _, count in drawn))
    means.sort()
    tail = (1 - _CONFIDENCE) / 2
    return Measure(
        value=sum(total for total, _ in weighed) / sum(count for _, count in weighed),
        low=means[int(tail * resamples)],
        high=means[min(resamples - 1, int((1 - tail) * resamples))],
    )


def dialogue_of(case_id: str) -> str:
    """What a case belongs to, by its id: the dialogue of a turn, else the case itself."""
    return _TURN.sub("", case_id) or case_id


def group_of(case: CaseResult) -> str:
    """The group a case is counted in: its split, and whether calls, an answer after calls, or no call at all is due."""
    if case.call_is_due:
        return f"{case.split}: calls"
    return f"{case.split}: {'no call' if case.id.endswith('#0') else 'answer'}"


def _by_dialogue(cases: Sequence[CaseResult], values: Sequence[float]) -> list[list[float]]:
    clusters: dict[str, list[float]] = {}
    for case, value in zip(cases, values, strict=True):
        clusters.setdefault(dialogue_of(case.id), []).append(value)
    return list(clusters.values())


def _by_group(results: Sequence[CaseResult]) -> dict[str, list[CaseResult]]:
    groups: dict[str, list[CaseResult]] = {}
    for case in sorted(results, key=lambda case: _RANK.index(group_of(case))):
        groups.setdefault(group_of(case), []).append(case)
    return groups


def _measure(cases: Sequence[CaseResult], resamples: int, seed: int) -> Measures:
    errors = Counter(error.kind.value for case in cases for error in case.errors)

    def measure(values: Sequence[float]) -> Measure:
        return bootstrap(_by_dialogue(cases, values), resamples=resamples, seed=seed)

    return Measures(
        cases=len(cases),
        exact=measure([float(case.exact) for case in cases]),
        tolerant=measure([float(case.tolerant) for case in cases]),
        names_right=measure([float(case.names_right) for case in cases]),
        score=measure([case.score for case in cases]),
        errors=dict(sorted(errors.items())),
    )


def _difference(
    group: str, policy: str, baseline: str, cases: Mapping[str, Sequence[CaseResult]], resamples: int, seed: int
) -> Difference | None:
    before = {case.id: case for case in cases[baseline] if group_of(case) == group}
    pairs = [(case, before[case.id]) for case in cases[policy] if case.id in before]
    if not pairs:
        return None
    return Difference(
        group=group,
        policy=policy,
        baseline=baseline,
        exact=bootstrap(
            _by_dialogue([a for a, _ in pairs], [float(a.exact) - float(b.exact) for a, b in pairs]),
            resamples=resamples,
            seed=seed,
        ),
        gained=sum(a.exact and not b.exact for a, b in pairs),
        lost=sum(b.exact and not a.exact for a, b in pairs),
    )
