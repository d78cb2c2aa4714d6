"""Which settings are tried: the main arm, one thing changed at a time. Dev turns alone tell which is better."""

from dataclasses import replace
from typing import Any

from benchmarks.evidence.arms import MAIN, Arm

_TRIED: tuple[tuple[str, str, str, tuple[Any, ...]], ...] = (
    ("gap", "sample", "forks.max_gap", (0.3, 4.0)),
    ("forks", "sample", "forks.max_forks", (1,)),
    ("trunk", "sample", "trunk", ("reference", "both")),
    ("margin", "pair", "margin", (0.3,)),
    ("tail", "pair", "tail", ("cut",)),
    ("nll", "train", "nll_weight", (0.0, 3.0)),
    ("beta", "train", "beta", (0.3,)),
    ("rate", "train", "learning_rate", (1e-5, 1e-4)),
)
"""Name, section, key within it, values other than the main arm's; the sections are those of an arm."""


def variants() -> dict[str, list[Arm]]:
    """The arms of the sweep by what they vary; the baseline's learning rate is chosen with the same care."""
    tried = {"shared": [MAIN]}
    tried |= {name: [_vary(name, section, key, value) for value in values] for name, section, key, values in _TRIED}
    tried["points"] = [replace(MAIN, name="points-seen", says="points = seen", points="seen")]
    tried["rounds"] = [
        replace(MAIN, name="rounds-8-0.0001", says="rounds = 8, learning_rate = 0.0001", rounds=8,
                train={"learning_rate": 1e-4})
    ]  # fmt: skip
    tried["start"] = [
        Arm(f"start-{epochs}-{rate:g}", f"SFT only, {epochs} epochs at {rate:g}", "none",
            start={"epochs": epochs, "learning_rate": rate})
        for epochs, rate in ((3, 4e-4), (3, 1.2e-3), (6, 1.2e-3), (12, 1.2e-3))
    ]  # fmt: skip
    tried["lora"] = [
        replace(MAIN, name="lora-0.0003", says="low-rank adapters, learning_rate = 0.0003", parameters="lora",
                train={"learning_rate": 3e-4})
    ]  # fmt: skip
    tried["risk"] = [
        Arm("risk-0.0001-0", "all turns of a tree at once, learning_rate = 0.0001, nll_weight = 0", "risk",
            train={"learning_rate": 1e-4, "nll_weight": 0.0})
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
        for rate in (1e-4, 3e-4)
    ]  # fmt: skip
    tried["turns"] = [
        Arm("turns-0.0003", "SFT longer by all turns' probabilities, learning_rate = 0.0003", "longer by turns",
            train={"learning_rate": 3e-4})
    ]  # fmt: skip
    tried["chosen"] = [
        Arm(f"chosen-{rate:g}", f"SFT on the pairs' chosen turns, learning_rate = {rate:g}", "chosen turns",
            train={"learning_rate": rate})
        for rate in (1e-4, 4e-4)
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
        for rate in (1e-4, 4e-4, 1.2e-3)
    ]  # fmt: skip
    return tried


def _vary(name: str, section: str, key: str, value: object) -> Arm:
    change: Any = value
    for part in reversed(key.split(".")):
        change = {part: change}
    named = f"{value:g}" if isinstance(value, float) else str(value)
    return replace(MAIN, name=f"{name}-{named}", says=f"{key} = {named}", **{section: change})
