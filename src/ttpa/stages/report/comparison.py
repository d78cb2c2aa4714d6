"""Policies side by side: measures with their intervals, and paired differences in plain words."""

import math
from typing import NamedTuple

from ttpa.records.evaluations import Difference, Evaluation, Measure, Measures
from ttpa.stages.report.wording import NOTHING, count, counted, decimal, percent, points, width
from ttpa.visible_text import visible

_FEW = 20
"""Resampling fewer cases gives intervals that are too narrow; of one case, none."""


class Cell(NamedTuple):
    """A measure: its number, its interval, and where both lie on a track."""

    value: str
    interval: str
    at: str
    low: str
    span: str


class Row(NamedTuple):
    """One policy on one group."""

    series: int
    """Index of the policy, which fixes its colour."""
    policy: str
    cases: str
    exact: Cell
    names: Cell
    score: Cell


class Verdict(NamedTuple):
    """A paired difference, in numbers and in a sentence."""

    title: str
    value: str
    interval: str
    tone: str
    """`better`, `worse` or `open`."""
    sentence: str
    gained: str
    lost: str
    at: str
    low: str
    span: str


class Group(NamedTuple):
    """One group of cases."""

    name: str
    cases: str
    are_few: bool
    """Whether there are so few cases that their intervals promise too much."""
    rows: tuple[Row, ...]
    verdicts: tuple[Verdict, ...]


def groups(evaluation: Evaluation) -> list[Group]:
    """All groups in their order, the policies in the order of the evaluation.

    A difference of a group that has no measures makes a group of its own, so that none is left out.
    """
    reach = _reach(evaluation.differences)
    names = list(dict.fromkeys([*evaluation.groups, *(difference.group for difference in evaluation.differences)]))
    return [_group(evaluation, name, reach) for name in names]


def _group(evaluation: Evaluation, name: str, reach: float) -> Group:
    by_policy = evaluation.groups.get(name, {})
    order = [policy for policy in _order(evaluation) if policy in by_policy]
    numbers = sorted({by_policy[policy].cases for policy in order})
    return Group(
        name=visible(name),
        cases=" / ".join(counted(number, "case") for number in numbers),
        are_few=bool(numbers) and numbers[0] < _FEW,
        rows=tuple(_row(_order(evaluation).index(policy), policy, by_policy[policy]) for policy in order),
        verdicts=tuple(_verdict(d, reach) for d in evaluation.differences if d.group == name),
    )


def _order(evaluation: Evaluation) -> list[str]:
    measured = (policy for measures in evaluation.groups.values() for policy in measures)
    return list(dict.fromkeys([*evaluation.policies, *measured]))


def _row(series: int, policy: str, measures: Measures) -> Row:
    return Row(
        series,
        visible(policy),
        count(measures.cases),
        cell(measures.exact, percentage=True),
        cell(measures.names_right, percentage=True),
        cell(measures.score, percentage=False),
    )


def cell(measure: Measure | None, *, percentage: bool) -> Cell:
    """The measure in words and places; dashes where there is none."""

    def say(number: float) -> str:
        return percent(number).removesuffix(" %") if percentage else decimal(number)

    if measure is None or not math.isfinite(measure.value):
        return Cell(NOTHING, "", "0%", "0%", "0%")
    return Cell(
        value=percent(measure.value) if percentage else decimal(measure.value),
        interval=f"{say(measure.low)} to {say(measure.high)}",
        at=width(measure.value),
        low=width(measure.low),
        span=width(measure.high - measure.low),
    )


def _reach(differences: tuple[Difference, ...]) -> float:
    ends = [abs(end) for d in differences for end in (d.exact.low, d.exact.high, d.exact.value) if math.isfinite(end)]
    return max([*ends, 0.05]) * 1.1


def _verdict(difference: Difference, reach: float) -> Verdict:
    exact = difference.exact
    tone, sentence = _judge(difference)
    low, high, value = (0.5 + end / (2 * reach) for end in (exact.low, exact.high, exact.value))
    return Verdict(
        title=visible(f"{difference.policy} against {difference.baseline}"),
        value=points(exact.value),
        interval=f"{points(exact.low)} to {points(exact.high)}",
        tone=tone,
        sentence=sentence,
        gained=count(difference.gained),
        lost=count(difference.lost),
        at=width(value),
        low=width(low),
        span=width(high - low),
    )


def _judge(difference: Difference) -> tuple[str, str]:
    policy, baseline = visible(difference.policy), visible(difference.baseline)
    if not (math.isfinite(difference.exact.low) and math.isfinite(difference.exact.high)):
        return "open", "There is no interval, so nothing can be said."
    if difference.exact.low > 0:
        return "better", f"The interval excludes zero: {policy} is right more often than {baseline} on these cases."
    if difference.exact.high < 0:
        return "worse", f"The interval excludes zero: {policy} is right less often than {baseline} on these cases."
    return "open", "The interval includes zero: these cases do not tell the two apart."
