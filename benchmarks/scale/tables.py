"""The tables of docs/scale.md, in Markdown."""

from collections.abc import Iterable, Sequence

from benchmarks.scale.assumptions import Assumptions
from benchmarks.scale.fitting import WITHIN, Point
from benchmarks.scale.measured import MEASURED
from benchmarks.scale.plans import PLANS, forecast
from benchmarks.scale.policies import POLICIES
from benchmarks.scale.sizing import count, generator_money, gpu_money, gpu_seconds

_MANY = 1000
"""Instances that the sizing tables speak of."""


def assumptions_table(assumed: Assumptions) -> str:
    """Each assumption by its name."""
    values = assumed.model_dump()
    about = type(assumed).model_fields
    shown = [(f"`{name}`", f"{value:g}", about[name].description or "") for name, value in values.items()]
    return _table(("assumed", "value", "what it is"), shown)


def amounts_table(assumed: Assumptions) -> str:
    """What 1,000 instances come to."""
    amounts = count(_MANY, assumed)
    shared = MEASURED.pair_tokens / MEASURED.pair_nodes
    rows = (
        ("requests of the generator", f"{amounts.requests:,.0f}"),
        ("its tokens, read and said", f"{_million(amounts.prompt_tokens)} and {_million(amounts.completion_tokens)}"),
        ("turns sampled", f"{amounts.turns:,.0f}"),
        ("tokens of sampling, read and said", f"{_million(amounts.prefilled)} and {_million(amounts.decoded)}"),
        ("tokens of fine-tuning", _million(amounts.sft_tokens)),
        ("pairs", f"{amounts.pairs:,.0f}"),
        (
            "tokens of their training, as a forest (as padded pairs)",
            f"{_million(amounts.pair_nodes)} ({_million(amounts.pair_tokens)}, {shared:.2f} times as many)",
        ),
        ("held-out turns, of all policies", f"{amounts.evaluated_turns:,.0f}"),
    )
    return _table((f"{_MANY:,} instances", ""), rows)


def sizing_table(assumed: Assumptions) -> str:
    """GPU seconds and money of 1,000 instances, where every GPU is busy and all weights are trained."""
    amounts = count(_MANY, assumed)
    paid = generator_money(amounts, assumed)
    rows: list[tuple[str, ...]] = []
    for policy in POLICIES:
        spent = gpu_seconds(amounts, policy, "full", assumed)
        whole = sum(spent.values())
        money = gpu_money(whole, assumed)
        shown = [f"{seconds:,.1f}" for seconds in (*spent.values(), whole)]
        rows.append((policy.name, *shown, f"{money:.2f}", f"{paid:.2f}"))
    steps = ("sft", "sample", "align", "control", "evaluate", "in all")
    return _table(("policy", *(f"{step}, GPU s" for step in steps), "GPUs, USD", "generator, USD"), rows)


def plans_table(assumed: Assumptions) -> str:
    """Every plan with every policy: hours of each step, money, and what holds it up."""
    rows: list[tuple[str, ...]] = []
    for plan in PLANS:
        for policy in POLICIES:
            told = forecast(plan, policy, assumed)
            about = (f"{plan.name}, {plan.instances:,}", policy.name)
            if not told.steps:
                rows.append((*about, *("-" for _ in range(10)), "does not fit"))
                continue
            hours = [_hours(step.hours) for step in told.steps.values()]
            money = (f"{told.money_gpus:,.0f}", f"{told.money_generator:,.0f}")
            rows.append((*about, told.way, *hours, _hours(told.hours), *money, told.bottleneck))
    steps = ("construct", "sft", "sample", "score, pair", "align", "evaluate", "in all")
    head = ("plan, instances", "policy", "trained", *(f"{step}, h" for step in steps), "GPUs, USD", "generator, USD")
    return _table((*head, "bottleneck"), rows)


def points_table(points: Iterable[Point]) -> str:
    """Measured beside simulated."""
    rows = [
        (
            point.name,
            point.unit,
            f"{point.measured:.4g}",
            f"{point.simulated:.4g}",
            "fitted" if point.is_fitted else f"{point.ratio:.2f}",
            "" if point.is_fitted else "yes" if point.is_within else "NO",
        )
        for point in points
    ]
    return _table(("point", "unit", "measured", "simulated", "ratio", f"within {WITHIN:.0%}"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head_line, *row_lines = ("| " + " | ".join(line) + " |" for line in (head, *rows))
    return "\n".join((head_line, "|" + "---|" * len(head), *row_lines))


def _million(tokens: float) -> str:
    return f"{tokens / 1e6:.2f} million"


def _hours(hours: float) -> str:
    return f"{hours:.1f}" if hours >= 1 else f"{hours:.2f}" if hours >= 0.01 else "under 0.01"
