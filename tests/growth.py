"""How work grows with its size: what a test can say of speed on any machine."""

import time
from collections.abc import Callable


def growth(work: Callable[[int], object], size: int) -> float:
    """How many times as long four times the size takes: 4 in proportion, 16 with the square, the best of three each."""

    def seconds(times: int) -> float:
        began = time.process_time()
        work(times)
        return time.process_time() - began

    once, four = (min(seconds(each) for _ in range(3)) for each in (size, 4 * size))
    return four / max(once, 0.002)  # what takes no time to speak of has no rate
