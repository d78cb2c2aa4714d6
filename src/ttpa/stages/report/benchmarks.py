"""Benchmarks: what each policy reaches in each category, by the benchmark's own rule, and what goes wrong there."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ttpa.records.evaluations import Measure
from ttpa.records.suites import SuiteCategory, SuiteEvaluation
from ttpa.stages.report.comparison import Cell, cell
from ttpa.stages.report.error_shares import ErrorGroup, error_groups
from ttpa.stages.report.inputs import SuiteResult
from ttpa.stages.report.wording import NOTHING, count, counted, duration, percent, words
from ttpa.visible_text import visible

_ALL = "all"


class SuiteRow(NamedTuple):
    """One policy in one category."""

    category: str
    series: int
    policy: str
    items: str
    missing: str
    share: Cell
    right: str
    others: tuple[tuple[str, str], ...]
    """The other measures, each with its interval."""


class SuiteCard(NamedTuple):
    """One benchmark."""

    name: str
    policies: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    """A policy and what its evaluation took."""
    alarms: tuple[str, ...]
    measures: tuple[str, ...]
    rows: tuple[SuiteRow, ...]
    errors: tuple[ErrorGroup, ...]
    official: tuple[tuple[str, str], ...]
    refused: str
    settings: tuple[tuple[str, str], ...]


def suite_cards(results: Sequence[SuiteResult]) -> list[SuiteCard]:
    """A card for each benchmark, in the order of their first results."""
    by_suite: dict[str, list[SuiteResult]] = {}
    for result in results:
        by_suite.setdefault(result.evaluation.suite, []).append(result)
    return [_card(suite, members) for suite, members in by_suite.items()]


def _card(suite: str, members: Sequence[SuiteResult]) -> SuiteCard:
    evaluations = [member.evaluation for member in members]
    policies = [evaluation.policy for evaluation in evaluations]
    measures = list(dict.fromkeys(name for each in evaluations for name in each.total.measures))
    refused = list(dict.fromkeys(item for each in evaluations for item in each.refused_golds))
    shares = [share for member in members for share in member.errors]
    return SuiteCard(
        name=visible(suite),
        policies=tuple(visible(policy) for policy in policies),
        facts=tuple((visible(each.policy), _took(each)) for each in evaluations),
        alarms=tuple(
            f"{visible(member.evaluation.policy)} was trained again after this was measured"
            for member in members
            if member.outdated
        ),
        measures=tuple(words(name) for name in measures),
        rows=tuple(_rows(evaluations, measures)),
        errors=tuple(group for group in error_groups(shares, policies) if group.rows),
        official=_by_policy([(each.policy, each.official) for each in evaluations]),
        refused=", ".join(visible(item) for item in refused),
        settings=_by_policy([(each.policy, each.settings) for each in evaluations]),
    )


def _rows(evaluations: Sequence[SuiteEvaluation], measures: Sequence[str]) -> list[SuiteRow]:
    rows: list[SuiteRow] = []
    for name in [*dict.fromkeys(name for each in evaluations for name in each.categories), _ALL]:
        for series, each in enumerate(evaluations):
            category = each.total if name == _ALL else each.categories.get(name)
            if category is not None:
                rows.append(_row(name, series, each.policy, category, measures))
    return rows


def _row(name: str, series: int, policy: str, category: SuiteCategory, measures: Sequence[str]) -> SuiteRow:
    return SuiteRow(
        category=visible(name),
        series=series,
        policy=visible(policy),
        items=count(category.items),
        missing=", ".join(f"{count(number)} {words(reason)}" for reason, number in category.missing.items()) or "0",
        share=cell(category.share, percentage=True),
        right=count(category.right),
        others=tuple(_say(category.measures.get(measure)) for measure in measures),
    )


def _say(measure: Measure | None) -> tuple[str, str]:
    found = cell(measure, percentage=True)
    return (found.value, found.interval) if measure else (NOTHING, "")


def _took(evaluation: SuiteEvaluation) -> str:
    share = f", right {percent(evaluation.total.share.value)}" if evaluation.total.share else ""
    tokens = f"{counted(evaluation.prompt_tokens, 'prompt token')}, {count(evaluation.completion_tokens)} new"
    return f"{counted(evaluation.total.items, 'item')}{share}; {duration(evaluation.seconds)}, {tokens}"


def _by_policy(told: Sequence[tuple[str, Mapping[str, str]]]) -> tuple[tuple[str, str], ...]:
    """Names and values; what all policies have alike once, else each with its policy."""
    lines: list[tuple[str, str]] = []
    for name in dict.fromkeys(name for _, values in told for name in values):
        found = [(policy, values[name]) for policy, values in told if name in values]
        if len(found) == len(told) and len({value for _, value in found}) == 1:
            lines.append((visible(name), visible(found[0][1])))
        else:
            lines.extend((visible(f"{name} ({policy})"), visible(value)) for policy, value in found)
    return tuple(lines)
