"""Which arms each study compares."""

from collections.abc import Mapping

from benchmarks.evidence.arms import ARMS, SCALING, Arm
from benchmarks.evidence.sweep import variants

STUDIES: Mapping[str, tuple[Arm, ...]] = {
    "experiment": ARMS,
    "scaling": SCALING,
    "sweep": tuple(arm for tried in variants().values() for arm in tried),
}
