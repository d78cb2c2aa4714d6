"""In which order a training sees its rows: drawn anew each epoch, from the seed and the epoch's number alone.

So a training that goes on in the middle of an epoch sees the rows that it would have seen.
"""

from collections.abc import Callable, Iterator, Sequence
from random import Random

from torch.utils.data import Sampler

_SORTED_TOGETHER = 50
"""Batches whose rows are sorted by length."""

Order = Callable[[Random], list[int]]
"""Draws one epoch's order of the rows."""


class EpochSampler(Sampler[int]):
    """The rows of a training, as many as `order` gives; `epoch` tells the number of the one that begins."""

    def __init__(self, order: Order, *, seed: int, epoch: Callable[[], int]) -> None:
        self._order, self._seed, self._epoch = order, seed, epoch
        self._rows = len(order(Random(0)))

    def __iter__(self) -> Iterator[int]:
        return iter(self._order(Random(f"{self._seed}/{self._epoch()}")))

    def __len__(self) -> int:
        return self._rows


def by_group(groups: Sequence[str]) -> Order:
    """Groups in random order, the rows of one always after one another."""
    members: dict[str, list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)

    def draw(random: Random) -> list[int]:
        names = list(members)
        random.shuffle(names)
        return [row for name in names for row in members[name]]

    return draw


def by_generation(rows: int, *, together: int, completions: int, uses: int) -> Order:
    """Rows in random order, `together` at a time, each as often as turns are drawn there, all of it for every use.

    As TRL's own sampler for GRPO has it: what is left over at the end of an epoch waits for the next one.
    """

    def draw(random: Random) -> list[int]:
        shuffled = list(range(rows))
        random.shuffle(shuffled)
        chunks = [shuffled[start : start + together] for start in range(0, rows - together + 1, together)]
        return [row for chunk in chunks for _ in range(uses) for row in chunk for _ in range(completions)]

    return draw


def by_length(lengths: Sequence[int], batch_size: int) -> Order:
    """Batches of rows of about one length, in random order; the longest row is in the first one."""

    def draw(random: Random) -> list[int]:
        rows = list(range(len(lengths)))
        random.shuffle(rows)
        size = batch_size * _SORTED_TOGETHER
        chunks = [rows[start : start + size] for start in range(0, len(rows), size)]
        ordered = [row for chunk in chunks for row in sorted(chunk, key=lambda one: -lengths[one])]
        batches = [ordered[start : start + batch_size] for start in range(0, len(ordered), batch_size)]
        longest = max(range(len(batches)), key=lambda one: max(lengths[row] for row in batches[one]))
        first = batches.pop(longest)
        short = [batches.pop()] if batches and len(batches[-1]) < batch_size else []
        random.shuffle(batches)
        return [row for batch in [first, *batches, *short] for row in batch]

    return draw
