"""How much of everything: the experiment, and the same path in minutes."""

from ttpa.records.record import Record


class Size(Record):
    """How many of what."""

    name: str
    instances: int
    """Instructions of a set and seed that construction is asked for."""
    fresh_share: float
    """Of train without dev: the policy is not fine-tuned on it before its turns are sampled there."""
    points: int
    """Decision points that are sampled."""
    held_out: int
    """Turns of dev, and of each split of the test, at most."""
    tasks: int
    """Held-out tasks of each category (split and number of calls) that are played to the end, at most."""
    seeds: tuple[int, ...]
    sweep_seeds: tuple[int, ...]
    """Settings are chosen on these; no table of the test holds them."""
    resamples: int
    """Of a bootstrap."""


FULL = Size(
    name="full",
    instances=1600,
    fresh_share=0.5,
    points=500,
    held_out=500,
    tasks=40,
    seeds=(0, 1, 2, 3, 4),
    sweep_seeds=(100, 101),
    resamples=2000,
)
SCALED = FULL.model_copy(update={"name": "scaled", "instances": 4000, "fresh_share": 0.8})
"""For four times the preference data: as much to fine-tune on, and more to sample at."""
FROM_BASE = FULL.model_copy(update={"name": "from-base", "fresh_share": 1.0})
"""Nothing is left to fine-tune on: every arm begins at the policy as it is."""
SMALL = Size(
    name="small",
    instances=60,
    fresh_share=0.5,
    points=8,
    held_out=6,
    tasks=1,
    seeds=(0,),
    sweep_seeds=(100,),
    resamples=200,
)

TEST_SHARE, UNSEEN_SHARE = 0.2, 0.15
"""Of a set's instructions: new requests over known tools, and requests over tools that train does not offer."""
DEV_SHARE = 0.2
"""Of what construction calls train: settings are chosen there. It is never trained on."""
