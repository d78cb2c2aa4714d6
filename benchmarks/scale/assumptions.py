"""What was not measured: hardware, prices, and an endpoint. Each has a name, and another value where yours differ."""

from collections.abc import Sequence

from ttpa.errors import ConfigError
from ttpa.records.record import Record


class Assumptions(Record):
    """Numbers that are taken as given; none was measured here."""

    peak_flops: float = 989e12
    """Dense bf16 FLOP/s of one GPU (an H100 SXM by its data sheet)."""
    memory_bandwidth: float = 3.35e12
    """Bytes a second of its memory (the same)."""
    memory_gb: float = 80.0
    """Of it, in GB."""
    prefill_share: float = 0.5
    """Share of the peak that reading prompts comes to."""
    training_share: float = 0.35
    """Share of the peak that training comes to (MFU)."""
    bandwidth_share: float = 0.6
    """Share of the bandwidth that saying tokens comes to."""
    gpu_hour: float = 2.5
    """Money for one GPU's hour."""
    in_flight: float = 64.0
    """Turns and branches that are decoded together on one replica (`policy.batch_size`)."""
    characters_a_token: float = 3.5
    """Of a large vocabulary, over tools and calls in JSON. The embedded tokenizer's count is measured."""
    reply_seconds: float = 3.0
    """That the generator's endpoint takes for a reply."""
    generator_in_flight: float = 256.0
    """Requests that the endpoint lets be in flight."""
    prompt_price: float = 0.5
    """Money for a million tokens that the generator reads."""
    completion_price: float = 1.5
    """Money for a million tokens that it says."""
    longer_replies: float = 2.0
    """Tokens that a real generator says, over those of the played one."""


def assume(changes: Sequence[str]) -> Assumptions:
    """The assumptions, changed by words like `gpu_hour=2`. Raises `ConfigError` for a name or number that is none."""
    names = list(Assumptions.model_fields)
    changed: dict[str, float] = {}
    for change in changes:
        name, _, value = change.partition("=")
        if name not in names:
            raise ConfigError(f"there is no assumption {name!r}; there are {', '.join(names)}")
        try:
            changed[name] = float(value)
        except ValueError:
            raise ConfigError(f"{change!r} gives no number; gpu_hour=2.5 would") from None
        if not changed[name] > 0:
            raise ConfigError(f"{change!r}: an assumption is above 0")
    return Assumptions(**changed)
