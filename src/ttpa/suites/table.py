"""A suite's evaluations as tables for a terminal and for Markdown."""

from collections.abc import Sequence

from ttpa.records.evaluations import Measure
from ttpa.records.suites import SuiteCategory, SuiteEvaluation


def write_tables(evaluations: Sequence[SuiteEvaluation]) -> list[str]:
    """Verdicts by category and policy, other measures, errors by kind, official figures, and what they depend on."""
    lines = _verdicts(evaluations)
    lines.extend(["", *_errors(evaluations)])
    for evaluation in evaluations:
        if evaluation.official:
            lines.append("")
            lines.extend(f"{evaluation.policy}: {name} {value}" for name, value in evaluation.official.items())
        if evaluation.refused_golds:
            count, told = len(evaluation.refused_golds), ", ".join(evaluation.refused_golds)
            lines.extend(["", f"golds that the benchmark's own checker refuses ({count}): {told}"])
    for evaluation in evaluations:
        lines.extend(["", _cost(evaluation)])
    return lines


def _verdicts(evaluations: Sequence[SuiteEvaluation]) -> list[str]:
    names = list(dict.fromkeys(name for each in evaluations for name in each.total.measures))
    lines = [
        "| category | policy | items | missing | right | share right (95 %) |"
        + "".join(f" {name} (95 %) |" for name in names),
        "|---|---|---|---|---|---|" + "---|" * len(names),
    ]
    categories = list(dict.fromkeys(name for each in evaluations for name in each.categories))
    for name in [*categories, "all"]:
        for each in evaluations:
            category = each.total if name == "all" else each.categories.get(name)
            if category is not None:
                lines.append(_verdict(name, each.policy, category, names))
    return lines


def _verdict(name: str, policy: str, category: SuiteCategory, measures: Sequence[str]) -> str:
    missing = ", ".join(f"{count} {reason}" for reason, count in category.missing.items()) or "0"
    others = "".join(f" {_say(category.measures.get(measure))} |" for measure in measures)
    return f"| {name} | {policy} | {category.items} | {missing} | {category.right} | {_say(category.share)} |{others}"


def _errors(evaluations: Sequence[SuiteEvaluation]) -> list[str]:
    kinds = sorted({kind for each in evaluations for kind in each.total.errors})
    if not kinds:
        return ["no errors by kind"]
    rows = [
        (name, each.policy, category)
        for each in evaluations
        for name, category in [*each.categories.items(), ("all", each.total)]
    ]
    return [
        "| errors | policy |" + "".join(f" {kind} |" for kind in kinds),
        "|---|---|" + "---|" * len(kinds),
        *(
            f"| {name} | {policy} |" + "".join(f" {category.errors.get(kind, 0)} |" for kind in kinds)
            for name, policy, category in rows
        ),
    ]


def _cost(evaluation: SuiteEvaluation) -> str:
    tokens = f"{evaluation.prompt_tokens:,} prompt tokens, {evaluation.completion_tokens:,} new ones"
    settings = "; ".join(f"{name}: {value}" for name, value in evaluation.settings.items())
    return (
        f"{evaluation.policy}: {evaluation.seconds:.1f} s, {tokens}; prompts {evaluation.prompt_hash[:16]}; {settings}"
    )


def _say(measure: Measure | None) -> str:
    if measure is None:
        return "-"
    return f"{100 * measure.value:.1f} % ({100 * measure.low:.1f} to {100 * measure.high:.1f})"
