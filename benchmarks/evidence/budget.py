"""How many tokens an arm may train on: as many as the main arm trains on, or so many that all of it costs the same.

A token counts once each time it is read or said: prompt and turn of every training sequence (both sides of a pair), and
what sampling read and said, of a prompt that several candidates share once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from benchmarks.evidence.arms import MAIN, Arm
from benchmarks.evidence.pairing import make_pairs
from benchmarks.evidence.place import Place
from benchmarks.evidence.sampling import sampled, samples_like_the_main_arm, sampling_cost

from ttpa.records.pairs import PreferencePair

BudgetKind = Literal["training", "total"]


@dataclass(frozen=True)
class Budget:
    """What the main arm costs: one epoch of its pairs, and their sampling."""

    training: int
    sampling: int

    def left(self, kind: BudgetKind, arm: Arm, sampling: int) -> int:
        """Tokens to train on in one of the arm's rounds, after `sampling` in it; GRPO draws its turns of them too."""
        whole = self.training if kind == "training" else self.training + self.sampling
        return max(1, whole // arm.rounds - (sampling if kind == "total" else 0))


def main_budget(place: Place, arm: Arm) -> Budget:
    """The budget of the main arm with as many decision points as `arm` has."""
    main = replace(MAIN, share=arm.share)
    trees = sampled(place, main)
    folder = place.path / "budget" / f"share-{arm.share:g}"
    return Budget(count_tokens(make_pairs(place, main, trees, folder)), sampling_cost(trees)[0])


def budgets(arm: Arm) -> tuple[BudgetKind, ...]:
    """The budgets under which an arm comes to something different."""
    return ("training",) if arm.method == "none" or samples_like_the_main_arm(arm) else ("training", "total")


def count_tokens(pairs: Sequence[PreferencePair]) -> int:
    """Of one epoch."""
    return sum(
        2 * (len(pair.prompt_ids) + len(pair.shared_ids)) + len(pair.chosen_ids) + len(pair.rejected_ids)
        for pair in pairs
    )
