"""Verdicts -> what they add up to: by category, with intervals; missing answers stand beside them."""

from collections import Counter
from collections.abc import Mapping, Sequence

from ttpa.records.discards import Discard
from ttpa.records.evaluations import Measure
from ttpa.records.suites import SuiteCase, SuiteCategory
from ttpa.stages.evaluate import bootstrap, dialogue_of
from ttpa.suites.episodes import Item


def summarise(
    items: Sequence[Item], cases: Sequence[SuiteCase], missing: Sequence[Discard], *, resamples: int, seed: int
) -> tuple[dict[str, SuiteCategory], SuiteCategory]:
    """Each category in the order of the items, and all of them together; turns of one dialogue are resampled together.

    Raises `ValueError` where an item is neither among the cases nor missing, or is both.
    """
    judged = {case.id: case for case in cases}
    absent = {discard.id: discard for discard in missing}
    odd = [item.id for item in items if (item.id in judged) == (item.id in absent)]
    if odd or len(judged) + len(absent) != len(items):
        raise ValueError(f"{len(items)} items, {len(judged)} cases and {len(absent)} missing do not add up: {odd[:3]}")

    def measure(values: Mapping[str, float]) -> Measure:
        clusters: dict[str, list[float]] = {}
        for case_id, value in values.items():
            clusters.setdefault(dialogue_of(case_id), []).append(value)
        return bootstrap(list(clusters.values()), resamples=resamples, seed=seed)

    def category(members: Sequence[Item]) -> SuiteCategory:
        own = [judged[item.id] for item in members if item.id in judged]
        reasons = Counter(absent[item.id].reason.value for item in members if item.id in absent)
        right = sum(case.right for case in own)
        names = dict.fromkeys(name for case in own for name in case.measures)
        return SuiteCategory(
            items=len(members),
            right=right,
            wrong=len(own) - right,
            missing=dict(reasons),
            share=measure({case.id: float(case.right) for case in own}) if own else None,
            measures={
                name: measure({case.id: case.measures[name] for case in own if name in case.measures}) for name in names
            },
            errors=dict(sorted(Counter(error.kind.value for case in own for error in case.errors).items())),
        )

    groups: dict[str, list[Item]] = {}
    for item in items:
        groups.setdefault(item.category, []).append(item)
    return {name: category(members) for name, members in groups.items()}, category(items)
