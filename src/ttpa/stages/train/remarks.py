"""What a person should know of a training that its loss does not tell, in words."""

from collections.abc import Sequence
from statistics import fmean

from ttpa.records.checkpoints import TrainStep

_FALL = 0.5
"""Nats that a turn's log-probability may fall without a word: it moves by about as much from batch to batch."""
_PARTS = 6
"""First and last are told by the mean of so large a part of the curve."""


def remark(history: Sequence[TrainStep]) -> tuple[str, ...]:
    """What went wrong in a preference training that seems to go well; nothing for other methods.

    The margin is by how much the log-probability rose on the chosen side more than on the rejected one, so it grows as
    well where both fall.
    """
    chosen, rejected = _ends(history, "logps/chosen"), _ends(history, "logps/rejected")
    rise, fall = _ends(history, "rewards/chosen"), _ends(history, "rewards/rejected")
    remarks: list[str] = []
    if chosen and chosen[1] < chosen[0] - _FALL:
        remarks.append(
            f"the chosen turns became less probable (log-probability {chosen[0]:.1f} -> {chosen[1]:.1f}): "
            "more train.dpo.nll_weight, a lower learning rate or fewer epochs hold them"
        )
    if rise and fall and rejected and fall[1] < 0 and rise[1] <= 0 and rise[1] > fall[1]:
        remarks.append(
            "the margin comes from the rejected side alone: rejected turns became less probable "
            f"({rejected[0]:.1f} -> {rejected[1]:.1f}), chosen ones no more probable"
        )
    return tuple(remarks)


def find_ends(values: Sequence[float]) -> tuple[float, float] | None:
    """The means of the first sixth of a curve and of the last, as a single step says little; none of an empty one."""
    part = -(-len(values) // _PARTS)
    return (fmean(values[:part]), fmean(values[-part:])) if values else None


def _ends(history: Sequence[TrainStep], name: str) -> tuple[float, float] | None:
    """Those of one of the numbers that a training logs; none where it has no course."""
    values = [step.metrics[name] for step in history if name in step.metrics]
    return find_ends(values) if len(values) > 1 else None
