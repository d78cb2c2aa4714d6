"""Errors by kind, policy beside policy: the share of turns that hold one, with its interval."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ttpa.records.evaluations import CaseResult
from ttpa.records.suites import SuiteCase
from ttpa.stages.report.inputs import ErrorShares
from ttpa.stages.report.wording import counted, percent, width, words
from ttpa.visible_text import visible

_Z = 1.959964  # of a 95 % interval


class ShareBar(NamedTuple):
    """The share of one policy's turns that hold an error of the kind."""

    series: int
    policy: str
    value: str
    interval: str
    number: str
    at: str
    low: str
    span: str


class KindRow(NamedTuple):
    """One kind of error, a bar a policy."""

    kind: str
    bars: tuple[ShareBar, ...]


class ErrorGroup(NamedTuple):
    """The errors of one group of turns."""

    name: str
    cases: str
    rows: tuple[KindRow, ...]


def count_errors(group: str, policy: str, cases: Sequence[CaseResult | SuiteCase]) -> ErrorShares:
    """In how many of the cases an error of each kind occurs, however often."""
    kinds = Counter(kind for case in cases for kind in sorted({error.kind.value for error in case.errors}))
    return ErrorShares(group=group, policy=policy, cases=len(cases), turns=dict(kinds.most_common()))


def error_groups(shares: Iterable[ErrorShares], policies: Sequence[str]) -> list[ErrorGroup]:
    """The groups in their order; kinds by the number of turns of all policies, the most frequent first."""
    by_group: dict[str, list[ErrorShares]] = {}
    for one in shares:
        by_group.setdefault(one.group, []).append(one)
    return [_group(name, members, policies) for name, members in by_group.items()]


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share; (0, 1) where there are no trials."""
    if not trials:
        return 0.0, 1.0
    share, z2 = successes / trials, _Z * _Z
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials)) / (1 + z2 / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


def _group(name: str, members: Sequence[ErrorShares], policies: Sequence[str]) -> ErrorGroup:
    totals: Counter[str] = Counter()
    for member in members:
        totals.update(member.turns)
    cases = " / ".join(counted(number, "turn") for number in sorted({member.cases for member in members}))
    rows = tuple(
        KindRow(words(kind), tuple(_bar(member, kind, policies) for member in members))
        for kind, total in totals.most_common()
        if total
    )
    return ErrorGroup(visible(name), cases, rows)


def _bar(member: ErrorShares, kind: str, policies: Sequence[str]) -> ShareBar:
    turns = member.turns.get(kind, 0)
    low, high = wilson(turns, member.cases)
    share = turns / max(member.cases, 1)
    return ShareBar(
        series=list(policies).index(member.policy) if member.policy in policies else len(policies),
        policy=visible(member.policy),
        value=percent(share),
        interval=f"{percent(low).removesuffix(' %')} to {percent(high)}",
        number=counted(turns, "turn"),
        at=width(share),
        low=width(low),
        span=width(high - low),
    )
