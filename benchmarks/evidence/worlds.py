"""Instructions over worlds of made-up tools, whose words pretraining has never used."""

from collections.abc import Iterator
from itertools import count

from benchmarks.evidence.sizes import TEST_SHARE, UNSEEN_SHARE

from ttpa.pretrain.world.stream import SHAPES, Shape, World
from ttpa.records.instructions import Instruction, Split

KNOWN, UNSEEN, TOOLS = 5, 1, 8
"""Worlds that train is over, worlds of `test_unseen`, and tools of each."""
_PLACES = 100
_FIRST_SEED = 7000
"""Far from those of the pretraining and of its own test."""


def draw_instructions(seed: int, number: int) -> list[Instruction]:
    """So many instructions with different questions, split; equal seeds give equal ones."""
    worlds = [World(_FIRST_SEED + seed, "test", index, tools=TOOLS) for index in range(KNOWN + UNSEEN)]
    drawn: dict[str, Instruction] = {}
    for index, (split, world, shape) in zip(count(), _plans(worlds), strict=False):
        if len(drawn) == number:
            break
        made = world.draw(shape)
        named = made.model_copy(update={"id": f"g{index:06d}", "split": split, "source": "generated"})
        drawn.setdefault(made.question, named)
    return list(drawn.values())


def _plans(worlds: list[World]) -> Iterator[tuple[Split, World, Shape]]:
    shapes: list[Shape] = [shape for shape, weight in SHAPES.items() for _ in range(weight)]
    for index in count():
        # 37 and 61 have no factor in common with 100: splits and shapes come evenly spread, and not together.
        place = index * 61 % _PLACES
        shape = shapes[index * 37 % len(shapes)]
        if place < _PLACES * UNSEEN_SHARE:
            yield "test_unseen", worlds[KNOWN + index % UNSEEN], shape
        else:
            split: Split = "test" if place < _PLACES * (UNSEEN_SHARE + TEST_SHARE) else "train"
            yield split, worlds[index % KNOWN], shape
