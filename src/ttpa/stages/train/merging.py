"""Adapters merged into the weights below them; bfloat16 ones are rounded so that a small update is not lost."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import zlib
from typing import Any

import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from transformers import PreTrainedModel

_CUT_BITS = 16
"""That float32 has and bfloat16 has not."""


def merge_adapters(model: PeftModel) -> PreTrainedModel:
    """The model below the adapters with their update in its weights, in place; the same adapters give the same bytes.

    The sum is made in float32, one layer at a time. Where weights are bfloat16 it is rounded stochastically: an update
    is often less than half a step of theirs, of which rounding to the nearest would leave nothing.
    """
    for layer in model.modules():
        if isinstance(layer, LoraLayer):
            _merge(layer)
    merged: Any = model
    return merged.unload()


def _merge(layer: Any) -> None:
    narrow = [weights for weights in layer.get_base_layer().parameters() if weights.dtype is torch.bfloat16]
    if narrow:
        layer.float()
    layer.merge()
    for weights in narrow:
        generator = torch.Generator(weights.device).manual_seed(_seed_of(layer))
        weights.data = round_stochastically(weights.data, generator)


def _seed_of(layer: Any) -> int:
    """Of the adapters: trainings one after another that draw alike would push each weight the same way every time."""
    seed = 0
    for adapter in layer.lora_B.parameters():
        seed = zlib.crc32(adapter.detach().cpu().numpy().tobytes(), seed)
    return seed


def round_stochastically(values: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each float32 as one of its two neighbours in bfloat16, the more likely the nearer: on average it is itself.

    What bfloat16 holds exactly stays as it is. Reference: Gupta et al. 2015, arXiv 1502.02551.
    """
    bits = values.view(torch.int32)
    carry = torch.randint(1 << _CUT_BITS, bits.shape, dtype=torch.int32, device=bits.device, generator=generator)
    return carry.add_(bits).bitwise_and_(-1 << _CUT_BITS).view(torch.float32).to(torch.bfloat16)
