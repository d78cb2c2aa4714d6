"""Learning rates that a policy of its size survives."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ttpa.errors import ConfigError
from ttpa.records.checkpoints import AlignMethod
from ttpa.stages.train.stage import TrainConfig

_FASTEST_SFT = 5e-4
_FASTEST: Mapping[AlignMethod, float] = MappingProxyType({"dpo": 2e-5, "grpo": 2e-5, "probability": 5e-5})
"""For a large policy; the small embedded one takes more, and the defaults are for it."""
_SMALL = 64 * 2**20
"""Bytes of weights up to which a policy is as small as the embedded one: 16 million parameters in float32."""


def refuse_rates_that_forget(config: TrainConfig, base: str) -> None:
    """Raises `ConfigError` where `base`, a folder or a name on a hub, is too large for the learning rates."""
    rates = {
        **({"train.sft": (config.sft.learning_rate, _FASTEST_SFT)} if config.sft else {}),
        f"train.{config.method}": (config.alignment.learning_rate, _FASTEST[config.method]),
    }
    too_fast = {section: (rate, fastest) for section, (rate, fastest) in rates.items() if rate > fastest}
    if not too_fast or _is_small(base):
        return
    told = " and ".join(f"{section}.learning_rate = {rate:g}" for section, (rate, _) in too_fast.items())
    most = " and ".join(f"{fastest:g}" for _, fastest in too_fast.values())
    raise ConfigError(
        f"{told} {'suits' if len(too_fast) == 1 else 'suit'} the small embedded policy; {base!r} "
        f"would forget what it knows: it takes at most {most}"
    )


def _is_small(base: str) -> bool:
    weights = sum(file.stat().st_size for file in Path(base).glob("*.safetensors"))
    return 0 < weights <= _SMALL
