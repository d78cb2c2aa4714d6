"""What each study compares, with how much of everything, and whether it may look at the test."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from benchmarks.evidence.answers import Where
from benchmarks.evidence.arms import ARMS, MAIN, SCALING, Arm
from benchmarks.evidence.sizes import FROM_BASE, FULL, SCALED, Size
from benchmarks.evidence.sweep import variants


@dataclass(frozen=True)
class Study:
    """Arms that are compared with each other."""

    arms: tuple[Arm, ...]
    size: Size = FULL
    on_dev_alone: bool = False
    """Nothing but dev is ever asked, on seeds of its own: settings may be chosen by what it says."""

    @property
    def looks(self) -> tuple[Where, ...]:
        """Where its arms are asked."""
        return ("dev",) if self.on_dev_alone else ("final", "dev")


_FROM_BASE = (
    Arm("base", "the policy as it is", "none"),
    *(
        Arm(f"longer-{rate:g}", f"SFT, learning_rate = {rate:g}", "longer", train={"learning_rate": rate})
        for rate in (4e-4, 1.2e-3)
    ),
    *(
        replace(MAIN, name=name, says=f"{MAIN.says}, learning_rate = {rate:g}", train={"learning_rate": rate})
        for name, rate in (("ttpa", 1e-4), ("ttpa-0.0003", 3e-4))
    ),
)

STUDIES: Mapping[str, Study] = {
    "experiment": Study(ARMS),
    "sweep": Study(tuple(arm for tried in variants().values() for arm in tried), on_dev_alone=True),
    "scaling": Study(SCALING, SCALED),
    "from-base": Study(_FROM_BASE, FROM_BASE, on_dev_alone=True),
}
