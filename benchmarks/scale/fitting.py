"""A measured point beside the simulated one, and a single number fitted to a single point."""

from collections.abc import Callable
from dataclasses import dataclass

WITHIN = 0.15
"""How far a simulated point may be from the measured one, as a share of it."""


@dataclass(frozen=True, slots=True)
class Point:
    """One figure, measured and simulated."""

    name: str
    unit: str
    measured: float
    simulated: float
    is_fitted: bool = False
    """Whether a number of the simulation was fitted to this very point, so that it says nothing."""

    @property
    def ratio(self) -> float:
        """Simulated over measured."""
        return self.simulated / self.measured

    @property
    def is_within(self) -> bool:
        return abs(self.ratio - 1) <= WITHIN


def fit(simulate: Callable[[float], float], measured: float, *, most: float) -> float:
    """The number in [0, `most`] for which `simulate`, which only rises or only falls, gives `measured`."""
    low, high = 0.0, most
    rises = simulate(high) > simulate(low)
    for _ in range(24):
        middle = (low + high) / 2
        if (simulate(middle) < measured) == rises:
            low = middle
        else:
            high = middle
    return (low + high) / 2
