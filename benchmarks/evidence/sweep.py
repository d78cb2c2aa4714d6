"""Which settings are tried: the main arm, one thing changed at a time. Dev turns alone tell which is better."""

from dataclasses import replace
from typing import Any

from benchmarks.evidence.arms import MAIN, Arm

_TRIED: tuple[tuple[str, str, str, tuple[Any, ...]], ...] = (
    ("gap", "sample", "forks.max_gap", (0.3, 0.6, 1.0, 2.0, 4.0)),
    ("forks", "sample", "forks.max_forks", (1, 2, 4, 8)),
    ("trunk", "sample", "trunk", ("policy", "reference", "both")),
    ("margin", "pair", "margin", (0.0, 0.1, 0.3)),
    ("tail", "pair", "tail", ("kept", "cut")),
    ("margin-weight", "train", "margin_weight", (0.0, 0.5, 1.0)),
    ("nll", "train", "nll_weight", (0.0, 0.3, 1.0, 3.0)),
    ("beta", "train", "beta", (0.03, 0.1, 0.3, 1.0)),
    ("rate", "train", "learning_rate", (1e-5, 3e-5, 1e-4)),
)
"""Name, section, key within it, values; the sections are those of an arm."""


def variants() -> dict[str, list[Arm]]:
    """The arms of the sweep by what they vary; the baseline's learning rate is chosen with the same care."""
    tried = {"shared": [MAIN]}
    tried |= {name: [_vary(name, section, key, value) for value in values] for name, section, key, values in _TRIED}
    tried["points"] = [replace(MAIN, name=f"points-{at}", says=f"points = {at}", points=at) for at in ("fresh", "seen")]
    tried["rounds"] = [
        replace(MAIN, name=f"rounds-{n}-{rate:g}", says=f"rounds = {n}, learning_rate = {rate:g}", rounds=n,
                train={"learning_rate": rate})
        for n, rate in ((2, 3e-5), (8, 3e-5), (8, 1e-4))
    ]  # fmt: skip
    tried["start"] = [
        Arm(f"start-{epochs}-{rate:g}", f"SFT only, {epochs} epochs at {rate:g}", "none",
            start={"epochs": epochs, "learning_rate": rate})
        for epochs, rate in ((3, 4e-4), (3, 1.2e-3), (3, 2.4e-3), (6, 1.2e-3), (12, 1.2e-3))
    ]  # fmt: skip
    tried["lora"] = [
        replace(MAIN, name=f"lora-{rate:g}", says=f"low-rank adapters, learning_rate = {rate:g}", parameters="lora",
                train={"learning_rate": rate})
        for rate in (3e-4, 1e-3)
    ]  # fmt: skip
    tried["risk"] = [
        Arm(f"risk-{rate:g}-{nll:g}", f"all turns of a tree at once, learning_rate = {rate:g}, nll_weight = {nll:g}",
            "risk", train={"learning_rate": rate, "nll_weight": nll})
        for rate, nll in ((3e-5, 0.0), (1e-4, 0.0), (4e-4, 30.0))
    ]  # fmt: skip
    tried["expected"] = [
        Arm(f"expected-{rate:g}", f"the score to expect over a tree's turns, learning_rate = {rate:g}", "expected",
            train={"learning_rate": rate, "nll_weight": 0.0})
        for rate in (1e-4, 4e-4)
    ]  # fmt: skip
    tried["probability"] = [
        Arm(f"probability-{rate:g}", f"the reference turn's probability, learning_rate = {rate:g}", "probability",
            train={"learning_rate": rate, "nll_weight": 0.0})
        for rate in (1e-4, 4e-4)
    ]  # fmt: skip
    tried["calls"] = [
        Arm(f"calls-{rate:g}", f"SFT longer by the calls' probabilities, learning_rate = {rate:g}", "longer by calls",
            train={"learning_rate": rate})
        for rate in (1e-4, 3e-4, 1e-3)
    ]  # fmt: skip
    tried["turns"] = [
        Arm("turns-0.0003", "SFT longer by all turns' probabilities, learning_rate = 0.0003", "longer by turns",
            train={"learning_rate": 3e-4})
    ]  # fmt: skip
    tried["chosen"] = [
        Arm(f"chosen-{rate:g}", f"SFT on the pairs' chosen turns, learning_rate = {rate:g}", "chosen turns",
            train={"learning_rate": rate})
        for rate in (3e-5, 1e-4, 4e-4)
    ]  # fmt: skip
    tried["same"] = [
        Arm(f"same-{rate:g}", f"SFT on the turns that TTPA samples, learning_rate = {rate:g}", "same turns",
            train={"learning_rate": rate})
        for rate in (1e-4, 4e-4)
    ]  # fmt: skip
    longer = Arm("", "", "longer")
    tried["longer-rate"] = [
        replace(longer, name=f"longer-rate-{rate:g}", says=f"SFT longer, learning_rate = {rate:g}",
                train={"learning_rate": rate})
        for rate in (3e-5, 1e-4, 4e-4, 1.2e-3)
    ]  # fmt: skip
    return tried


def _vary(name: str, section: str, key: str, value: object) -> Arm:
    change: Any = value
    for part in reversed(key.split(".")):
        change = {part: change}
    named = f"{value:g}" if isinstance(value, float) else str(value)
    return replace(MAIN, name=f"{name}-{named}", says=f"{key} = {named}", **{section: change})
