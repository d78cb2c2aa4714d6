"""Policies of three sizes: what their published configs say, and what a GPU does for a token of theirs."""

from dataclasses import dataclass
from math import ceil

from benchmarks.scale.assumptions import Assumptions

_BYTES = 2
"""Of a weight, a key or a value in bf16."""
_ROOM = 1.2
"""Memory of an engine over its weights: activations, and least room for keys and values."""
_FULL, _ADAPTERS, _FOUR_BITS = 18, 2.4, 0.8
"""Bytes a parameter in training: weights, gradients, reference in bf16, AdamW's moments and its copy of the weights in
float32; adapters over bf16; adapters over four bits."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A model's size, as its config tells it."""

    name: str
    parameters: float
    layers: int
    key_heads: int
    head_size: int

    @property
    def weight_bytes(self) -> float:
        return _BYTES * self.parameters

    @property
    def kept_bytes(self) -> int:
        """Keys and values of one token."""
        return 2 * _BYTES * self.layers * self.key_heads * self.head_size

    def gpus_of_replica(self, assumed: Assumptions) -> int:
        """GPUs that hold the policy once: a power of two, as tensor parallelism wants it."""
        least = ceil(_ROOM * self.weight_bytes / (1e9 * assumed.memory_gb))
        return 1 << (least - 1).bit_length()

    def prefill_seconds(self, tokens: float, assumed: Assumptions) -> float:
        """GPU seconds to read prompts: 2 FLOP a parameter and token."""
        return 2 * self.parameters * tokens / (assumed.peak_flops * assumed.prefill_share)

    def step_seconds(self, context: float, together: float, assumed: Assumptions) -> float:
        """GPU seconds in which each of `together` sequences says one token, all GPUs of a replica counted.

        A step reads the weights once, and the keys and values of every sequence; or it is bound by its products.
        """
        read = (self.weight_bytes + together * context * self.kept_bytes) / (
            assumed.memory_bandwidth * assumed.bandwidth_share
        )
        return max(read, self.prefill_seconds(together, assumed))

    def decode_seconds(self, tokens: float, context: float, assumed: Assumptions) -> float:
        """GPU seconds to say tokens, where a replica is always full."""
        return tokens * self.step_seconds(context, assumed.in_flight, assumed) / assumed.in_flight

    def way_of_training(self, gpus: int, assumed: Assumptions) -> str:
        """`train.parameters` that so many GPUs have the memory for together; "none" where they have too little."""
        room = 0.8e9 * assumed.memory_gb * gpus / self.parameters
        ways = (("full", _FULL), ("lora", _ADAPTERS), ("qlora", _FOUR_BITS))
        return next((way for way, bytes_each in ways if bytes_each <= room), "none")

    def training_seconds(self, tokens: float, way: str, assumed: Assumptions, *, referred: bool = False) -> float:
        """GPU seconds to train on tokens: 2 FLOP a parameter forward and 4 back, 2 where weights stand still.

        2 more forward where a reference model reads the same (`referred`).
        """
        flops = (6 if way == "full" else 4) + (2 if referred else 0)
        return flops * self.parameters * tokens / (assumed.peak_flops * assumed.training_share)


POLICIES = (
    Policy("0.5B", 0.49e9, layers=24, key_heads=2, head_size=64),
    Policy("7B", 7.6e9, layers=28, key_heads=4, head_size=128),
    Policy("70B", 70.6e9, layers=80, key_heads=8, head_size=128),
)
"""Qwen2.5 0.5B and 7B, Llama 3 70B."""
