"""A sample of a suite's items that depends on nothing but their ids and the seed."""

import hashlib
from collections.abc import Sequence

from ttpa.suites.episodes import Item


def draw_sample(items: Sequence[Item], limit: int | None, *, seed: int) -> list[Item]:
    """`limit` items of each category at most, those with the smallest hash of seed and id, in the suite's order."""
    if limit is None:
        return list(items)
    by_category: dict[str, list[Item]] = {}
    for item in items:
        by_category.setdefault(item.category, []).append(item)
    chosen = {
        item.id
        for members in by_category.values()
        for item in sorted(members, key=lambda item: hashlib.sha256(f"{seed}/{item.id}".encode()).digest())[:limit]
    }
    return [item for item in items if item.id in chosen]


def describe_sample(items: Sequence[Item], limit: int | None, *, seed: int) -> str:
    """The sample in words."""
    drawn = draw_sample(items, limit, seed=seed)
    if len(drawn) == len(items):
        return f"all {len(items)} items"
    rule = f"of each category {limit}, by the smallest SHA-256 of seed/id, seed {seed}"
    return f"{len(drawn)} of {len(items)} items: {rule}"
