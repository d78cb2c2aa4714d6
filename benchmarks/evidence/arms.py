"""What is compared: a line an arm. An arm says only in what it differs from the shared settings."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from ttpa.records.record import JsonObject

Data = Literal["reversed", "forward"]
"""Instructions as they are constructed, or as if their question had come first (forward.py)."""
Method = Literal[
    "none",
    "longer",
    "longer by calls",
    "longer by turns",
    "same turns",
    "own turns",
    "chosen turns",
    "dpo",
    "grpo",
    "risk",
    "expected",
    "probability",
]
"""`none`: the fine-tuned policy as it is; `longer`: more fine-tuning, on all of train; `longer by calls`: the same, by
the probability of each call; `longer by turns`: by that of each turn, texts as well; `same turns`: on the reference
turns of the points that the main arm samples, and no other label; `own turns`: on turns that the policy says itself and
that are right; `chosen turns`: on one side of the pairs, as if it had no other. The last three are those of
objectives.py."""
Sections = Mapping[str, Any]


@dataclass(frozen=True)
class Arm:
    """One way to spend tokens on the policy that was fine-tuned on train."""

    name: str
    says: str
    method: Method
    sample: Sections = field(default_factory=dict[str, Any])
    score: Sections = field(default_factory=dict[str, Any])
    pair: Sections = field(default_factory=dict[str, Any])
    train: Sections = field(default_factory=dict[str, Any])
    """Of the section that the method reads: `train.dpo`, `train.grpo`, or a `learning_rate` of more fine-tuning."""
    train_total: Sections = field(default_factory=dict[str, Any])
    """Laid over `train` where tokens are equal in all, which may be twice as many to train on."""
    parameters: Literal["full", "lora"] = "full"
    """Which are trained by DPO."""
    start: Sections = field(default_factory=dict[str, Any])
    """Of `train.sft`: how the policy is fine-tuned on train; for arms that do nothing after it."""
    data: Data = "reversed"
    points: Literal["fresh", "seen", "dev"] = "fresh"
    """Whether turns are sampled at instructions that fine-tuning has not seen, or at those that it has; at dev's to be
    looked at, never to be learned from."""
    rounds: int = 1
    share: float = 1.0
    """Of the decision points, and so of the tokens, that the main arm has."""
    is_withdrawn: bool = False
    """Whether its results are kept and nothing can make them any more."""

    def __post_init__(self) -> None:
        if self.start and self.method != "none":
            raise ValueError(f"the arm {self.name!r} has a start of its own; all arms that learn begin with one policy")

    @property
    def samples(self) -> bool:
        """Whether it needs trees; GRPO draws its turns itself, at the points of the main arm's."""
        return self.method in ("own turns", "chosen turns", "dpo", "risk", "expected")

    def settings(self) -> JsonObject:
        """All that it does, without its name: arms with equal ones come to the same."""
        plain = asdict(Arm("", "", "none"))
        changed = {key: value for key, value in asdict(self).items() if value != plain[key]}
        return {key: value for key, value in changed.items() if key not in ("name", "says")}


TUNING, TUNING_TOTAL = {"learning_rate": 1e-4}, {"learning_rate": 4e-4}
"""Of more fine-tuning, for each budget what dev likes best; preferences are learned at a rate of their own.

On the policy's own turns there are never more tokens to train on than under the smaller budget.
"""
WHOLE = {"strategy": "whole", "completions": 5}
RELEASED = {"threshold": 0.8, "rejected": "probable"}

START = Arm("sft", "SFT only", "none")
MAIN = Arm("ttpa", "TTPA: forks of the policy's own turn, error-oriented scores", "dpo")
ARMS: tuple[Arm, ...] = (
    START,
    Arm("sft-longer", "SFT longer", "longer", train=TUNING, train_total=TUNING_TOTAL),
    Arm("sft-same", "SFT longer, on the turns that TTPA samples alone", "same turns", train=TUNING,
        train_total=TUNING_TOTAL),
    Arm("sft-calls", "SFT longer, by the calls' probabilities", "longer by calls", train={"learning_rate": 1e-4}),
    Arm("own-turns", "SFT on the policy's own right turns (rejection sampling)", "own turns", sample=WHOLE,
        train=TUNING),
    Arm("whole-released", "DPO on 5 whole completions, the released scoring and threshold 0.8", "dpo",
        sample=WHOLE, score={"formula": "authors"}, pair=RELEASED),
    Arm("whole", "DPO on 5 whole completions, our scoring", "dpo", sample=WHOLE),
    Arm("random-forks", "DPO on forks at random positions", "dpo", sample={"strategy": "random"}),
    MAIN,
    Arm("ttpa-reference", "TTPA, forks of the reference turn", "dpo", sample={"trunk": "reference"}),
    Arm("ttpa-both", "TTPA, forks of both", "dpo", sample={"trunk": "both"}),
    Arm("ttpa-unranked", "TTPA without slot ranking", "dpo", sample={"forks": {"ranking": "probability"}}),
    Arm("ttpa-seen", "TTPA at the turns that fine-tuning has seen", "dpo", points="seen"),
    Arm("ttpa-binary", "TTPA, right or wrong in place of error-oriented scores", "dpo",
        score={"formula": "binary"}, pair={"rejected": "probable"}),
    Arm("ttpa-two-rounds", "TTPA, two on-policy rounds of half the points", "dpo", rounds=2),
    Arm("grpo", "GRPO, the score as reward", "grpo"),
    Arm("sft-forward", "SFT only, on forward data", "none", data="forward"),
    Arm("ttpa-forward", "TTPA on forward data", "dpo", data="forward"),
)  # fmt: skip

SCALING: tuple[Arm, ...] = (
    START,
    *(
        replace(arm, name=f"{arm.name}-x{share:g}", says=f"{arm.says}; {share:g} times the points", share=share)
        for share in (0.25, 1.0, 4.0)
        for arm in ARMS
        if arm.name in ("sft-longer", "whole", "ttpa")
    ),
)
"""The main comparison with a quarter of the preference data, as much, and four times as much."""


def merge(below: Sections, above: Sections) -> dict[str, Any]:
    """Settings with others laid over them, section by section."""
    merged = {**below, **above}
    for key in set(below) & set(above):
        if isinstance(below[key], Mapping) and isinstance(above[key], Mapping):
            merged[key] = merge(below[key], above[key])
    return merged
