"""Prompts that go on from one another: the turns of a dialogue, each with all that came before it.

Whoever has read the longest of a family has read them all. Servers find that out by themselves (vLLM's automatic prefix
caching, SGLang's radix attention); in batches that are known beforehand it is a matter of order.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise


def families(prompts: Sequence[Sequence[int]]) -> list[list[int]]:
    """Indices of the prompts, each with those that it goes on from, shortest first; families by their longest."""
    found: list[list[int]] = []
    for index in sorted(range(len(prompts)), key=lambda index: tuple(prompts[index])):
        # What goes on from a prompt comes right after it.
        before = prompts[found[-1][-1]] if found else None
        if before is not None and tuple(prompts[index][: len(before)]) == tuple(before):
            found[-1].append(index)
        else:
            found.append([index])
    return sorted(found, key=lambda family: len(prompts[family[-1]]))


def batches(prompts: Sequence[Sequence[int]], size: int) -> Iterator[list[list[int]]]:
    """Families in batches of at most `size` prompts of like length, so that little is padded; a larger one in parts."""
    together: list[list[int]] = []
    parts = (family[i : i + size] for family in families(prompts) for i in range(0, len(family), size))
    for family in parts:
        if together and sum(map(len, together)) + len(family) > size:
            yield together
            together = []
        together.append(family)
    if together:
        yield together


def newly_read(prompts: Sequence[Sequence[int]]) -> list[int]:
    """How many tokens of each prompt are left to read after those that it goes on from."""
    lengths = [len(prompt) for prompt in prompts]
    for family in families(prompts):
        for shorter, longer in pairwise(family):
            lengths[longer] = len(prompts[longer]) - len(prompts[shorter])
    return lengths
