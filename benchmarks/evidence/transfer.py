"""What policies have learned of pairs that none was trained on: those that the first policy's turns at dev give.

`python -m benchmarks.evidence.transfer [--out runs/evidence] [--seeds 100 101] [--arms NAME ...]`, over what `python -m
benchmarks.evidence --sweep --sets quickstart` has made. A pair's odds are the probability of its chosen side against
that of its rejected one, after what both share; DPO raises them for the pairs that it is given.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import torch
from benchmarks.evidence.answers import is_answered, read_cases
from benchmarks.evidence.arms import MAIN, Arm
from benchmarks.evidence.budget import BudgetKind, budgets
from benchmarks.evidence.data import make_start
from benchmarks.evidence.figures import Cluster, bootstrap_seeds
from benchmarks.evidence.objectives import PointTurns, log_probs
from benchmarks.evidence.pairing import make_pairs
from benchmarks.evidence.place import Place
from benchmarks.evidence.report import KINDS
from benchmarks.evidence.sampling import sampled
from benchmarks.evidence.sets import SETS
from benchmarks.evidence.sizes import FULL
from benchmarks.evidence.studies import STUDIES
from benchmarks.evidence.units import Unit
from transformers import AutoModelForCausalLM

from ttpa.errors import TtpaError
from ttpa.records.pairs import PreferencePair
from ttpa.runs.record_files import read_record
from ttpa.stages.train.tree_forward import add_tree_forward

DEV = replace(MAIN, points="dev")
"""How the pairs come about that are looked at."""
TOGETHER = 8
"""Pairs in one forward."""


def main() -> None:
    arms = {arm.name: arm for arm in STUDIES["sweep"].arms}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence.transfer", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs") / "evidence")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(FULL.sweep_seeds))
    parser.add_argument("--arms", nargs="+", choices=arms, metavar="NAME", help="all that are done")
    options = parser.parse_args()
    firsts = [First(Place(options.out / "sweep", SETS["quickstart"], seed, FULL)) for seed in options.seeds]
    print(", ".join(f"{len(first.pairs)} pairs of seed {first.place.seed}" for first in firsts), end="\n\n")
    leads = bootstrap_seeds([first.by_instruction([odds > 0 for odds in first.odds]) for first in firsts], resamples=2)
    print("| arm | tokens | odds moved, nats | in favour of the chosen | chosen more probable ", end="")
    print(f"(before: {100 * leads.value:.1f} %) | calls of dev won, lost |\n|---|---|---|---|---|---|")
    for arm in (arms[name] for name in options.arms or arms):
        for kind in budgets(arm):
            units = [(first, unit) for first in firsts if (unit := _done(first.place, arm, kind))]
            if units and arm.method != "none":
                print(_row(arm, kind, [first.compare(unit) for first, unit in units]), flush=True)


class Change(NamedTuple):
    """What a policy does otherwise than the first one; of pairs, by instruction."""

    moved: list[Cluster]
    """Nats that the odds have moved by."""
    risen: list[Cluster]
    """Whether they have risen."""
    leads: list[Cluster]
    """Whether the chosen side is the more probable one."""
    won: int
    lost: int
    """Calls of dev that have become exact, and that have ceased to be."""


class First:
    """The policy of one seed that all arms start from, and how it sees its pairs of dev."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.pairs = make_pairs(place, DEV, sampled(place, DEV), place.path / "transfer")
        policy = make_start(place, "reversed").policy()
        self.odds = log_odds(policy, self.pairs)
        untrained = (_done(place, arm, "training") for arm in STUDIES["sweep"].arms if arm.method == "none")
        begun = next((unit for unit in untrained if unit and unit.policy == policy), None)
        if begun is None:
            raise TtpaError(f"the sweep's policy {policy!r} was not asked at dev yet: its arms of `start` come first")
        self._right = _right_calls(place, begun)

    def compare(self, unit: Unit) -> Change:
        """The policy of a unit, held against this one."""
        odds = log_odds(unit.policy, self.pairs)
        moved = [after - before for after, before in zip(odds, self.odds, strict=True)]
        right = _right_calls(self.place, unit)
        return Change(
            moved=self.by_instruction(moved),
            risen=self.by_instruction([each > 0 for each in moved]),
            leads=self.by_instruction([each > 0 for each in odds]),
            won=len(right - self._right),
            lost=len(self._right - right),
        )

    def by_instruction(self, values: Sequence[float]) -> list[Cluster]:
        """Sums and numbers of the pairs' values."""
        clusters: dict[str, list[float]] = defaultdict(list)
        for pair, value in zip(self.pairs, values, strict=True):
            clusters[pair.instruction_id].append(value)
        return [(sum(each), len(each)) for each in clusters.values()]


def _done(place: Place, arm: Arm, kind: BudgetKind) -> Unit | None:
    """The unit where it is made and was asked at dev."""
    path = place.unit(arm.name, kind) / "unit.json"
    unit = read_record(path, Unit) if path.exists() else None
    return unit if unit and is_answered(place, unit, "dev") else None


def _right_calls(place: Place, unit: Unit) -> set[str]:
    return {case.id for case in read_cases(place, unit, "dev") if case.call_is_due and case.exact}


def _row(arm: Arm, kind: BudgetKind, changes: Sequence[Change]) -> str:
    says = arm.says if len(changes) == len(FULL.sweep_seeds) else f"{arm.says} (seeds: {len(changes)})"
    moved = bootstrap_seeds([change.moved for change in changes], resamples=2000)
    columns = [says, KINDS[kind], f"{moved.value:+.2f} ({moved.low:+.2f} to {moved.high:+.2f})"]
    for each in ([change.risen for change in changes], [change.leads for change in changes]):
        share = bootstrap_seeds(each, resamples=2000)
        columns.append(f"{100 * share.value:.1f} % ({100 * share.low:.1f} to {100 * share.high:.1f})")
    columns.append(f"{sum(change.won for change in changes)}, {sum(change.lost for change in changes)}")
    return f"| {' | '.join(columns)} |"


@torch.inference_mode()
def log_odds(policy: str, pairs: Sequence[PreferencePair]) -> list[float]:
    """Of each pair's chosen side against its rejected one, after what both share."""
    model = AutoModelForCausalLM.from_pretrained(policy, dtype=torch.float32).eval()
    add_tree_forward(model)
    odds: dict[str, float] = {}
    by_prompt = sorted(pairs, key=lambda pair: pair.prompt_ids)  # a dialogue's turns share their beginning
    for first in range(0, len(pairs), TOGETHER):
        part = by_prompt[first : first + TOGETHER]
        sides = [
            PointTurns(
                pair.instruction_id,
                pair.prompt_ids,
                ((*pair.shared_ids, *pair.chosen_ids), (*pair.shared_ids, *pair.rejected_ids)),
                (1.0, 0.0),
            )
            for pair in part
        ]
        for pair, (chosen, rejected) in zip(part, log_probs(model, sides), strict=True):
            odds[pair.id] = float(chosen - rejected)
    return [odds[pair.id] for pair in pairs]


if __name__ == "__main__":
    main()
