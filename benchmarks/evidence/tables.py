"""The tables of the report, in Markdown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from benchmarks.evidence.arms import Arm
from benchmarks.evidence.figures import (
    NAMED_KINDS,
    BySeed,
    Reading,
    difference,
    errors_of,
    exact,
    mean,
    mean_score,
    names_right,
)
from benchmarks.evidence.results import UnitResult
from benchmarks.evidence.units import Round

from ttpa.records.evaluations import Measure


@dataclass
class Result:
    """One arm under one budget: what it did, by seed."""

    arm: Arm
    split: str
    units: Sequence[UnitResult]

    @cached_property
    def cases(self) -> BySeed:
        return {unit.seed: [case for case in unit.cases if case.split == self.split] for unit in self.units}

    @property
    def solved(self) -> list[bool]:
        """Whether each task that was played to its end was solved."""
        return [task.solved for unit in self.units for task in unit.tasks if task.split == self.split]

    def due_calls(self) -> BySeed:
        """The turns at which a call is due."""
        return {seed: [case for case in cases if case.call_is_due] for seed, cases in self.cases.items()}


def table(results: Sequence[Result], main: str, start: str, *, resamples: int) -> list[str]:
    """An arm a row; differences are of the arm `main` less the row's and, where it is there, less the arm `start`."""
    begun = next((one for one in results if one.arm.name == start), None)
    columns = (
        "arm", "seeds", "exact, calls", f"{main} less this", *([f"this less {start}"] if begun else []), "tool names",
        "mean score", "exact, all turns", "errors in name, required, type at 100 turns with calls", "tasks solved",
    )  # fmt: skip
    lines = _head(columns)
    for one in results:
        calls = one.due_calls()

        def told(cases: BySeed, read: Reading, *, share: bool = True) -> str:
            return _told(mean(cases, read, resamples=resamples), share=share)

        def minus(more: Result | None, less: Result) -> str:
            if more is None or more is less or not set(more.cases) & set(less.cases):
                return ""
            return _points(difference(more.due_calls(), less.due_calls(), exact, resamples=resamples))

        cells = [one.arm.says, str(len(one.cases)), told(calls, exact), minus(_main_of(one, results, main), one)]
        cells += [minus(one, begun)] if begun else []
        cells += [told(calls, names_right), told(calls, mean_score, share=False), told(one.cases, exact)]
        wrong = (mean(calls, errors_of(kinds), resamples=2).value for kinds in NAMED_KINDS.values())
        cells += [", ".join(f"{100 * each:.1f}" for each in wrong)]
        cells += [f"{100 * fmean(one.solved):.1f} % of {len(one.solved)}" if one.solved else ""]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _main_of(one: Result, results: Sequence[Result], main: str) -> Result | None:
    """The arm that this one is compared with: the main one with as many decision points."""
    names = (main, f"{main}-x{one.arm.share:g}")
    return next((other for other in results if other.arm.name in names), None)


def kinds_table(results: Sequence[Result]) -> list[str]:
    """Errors of each kind at 100 turns."""
    counts = {
        one.arm.says: Counter(kind.value for cases in one.cases.values() for case in cases for kind in case.errors)
        for one in results
    }
    turns = {one.arm.says: sum(map(len, one.cases.values())) for one in results}
    kinds = sorted({kind for each in counts.values() for kind in each})
    lines = _head(("arm", *kinds))
    for name, each in counts.items():
        lines.append(f"| {name} | {' | '.join(f'{100 * each[kind] / turns[name]:.1f}' for kind in kinds)} |")
    return lines


def cost_table(results: Sequence[Result]) -> list[str]:
    """What each arm cost, means over seeds."""
    columns = (
        "arm", "learned from", "steps", "sampling tokens", "training tokens", "all", "of the budget",
        "sampling, s", "training, s",
    )  # fmt: skip
    lines = _head(columns)
    for one in results:
        costs = zip(*(_add_up(unit.rounds) for unit in one.units), strict=True)
        learned, steps, sampled, trained, allowed, sampling, training = (fmean(each) for each in costs)
        share = f"{100 * trained / allowed:.0f} %" if allowed else ""
        lines.append(
            f"| {one.arm.says} | {learned:,.0f} | {steps:,.0f} | {sampled:,.0f} | {trained:,.0f} "
            f"| {sampled + trained:,.0f} | {share} | {sampling:,.0f} | {training:,.0f} |"
        )
    return lines


def _add_up(rounds: Sequence[Round]) -> tuple[float, ...]:
    """Over the rounds of one unit, in the order of the columns."""
    names = (
        "learned_from", "steps", "sampling_tokens", "training_tokens", "allowed", "sampling_seconds",
        "training_seconds",
    )  # fmt: skip
    return tuple(float(sum(getattr(made, name) for made in rounds)) for name in names)


def _head(columns: Sequence[str]) -> list[str]:
    return [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]


def _told(measure: Measure, *, share: bool) -> str:
    if share:
        return f"{100 * measure.value:.1f} % ({100 * measure.low:.1f} to {100 * measure.high:.1f})"
    return f"{measure.value:.3f} ({measure.low:.3f} to {measure.high:.3f})"


def _points(measure: Measure) -> str:
    return f"{100 * measure.value:+.1f} ({100 * measure.low:+.1f} to {100 * measure.high:+.1f})"
