"""Adapters merged into bfloat16 weights: what a small update is worth, and what is not touched."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import math
from copy import deepcopy
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from ttpa.stages.train.merging import merge_adapters, round_stochastically
from ttpa.stages.train.run_trainer import without_known_warnings


@without_known_warnings()
def adapted(base: Any, *, adapters: str | list[str] = "all-linear", seed: int = 1, std: float = 1e-4) -> Any:
    """A model whose adapters have learned about as much as a short alignment teaches them."""
    settings = LoraConfig(r=4, lora_alpha=8, target_modules=adapters, task_type="CAUSAL_LM")
    model = get_peft_model(base, settings)
    torch.manual_seed(seed)
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=std if "lora_B" in name else 1)
    return model


@pytest.fixture
def narrow(base: str) -> Any:
    return AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)


def test_each_merged_weight_is_next_to_the_trained_one(narrow: Any) -> None:
    model = adapted(narrow)
    exact = deepcopy(model).float().merge_and_unload().state_dict()
    for name, weights in merge_adapters(model).state_dict().items():
        assert weights.dtype is torch.bfloat16
        step = exact[name].abs() * 2**-7  # at least as far as the next one lies
        assert bool(((weights.float() - exact[name]).abs() <= step).all())


def test_the_same_adapters_give_the_same_bytes(narrow: Any) -> None:
    model = adapted(narrow)
    again = deepcopy(model)
    first = merge_adapters(model).state_dict()
    torch.manual_seed(7)  # nothing is drawn of what others draw from
    assert all(torch.equal(first[name], weights) for name, weights in merge_adapters(again).state_dict().items())


def test_only_weights_whose_update_is_not_zero_may_change(narrow: Any) -> None:
    before = deepcopy(narrow.state_dict())
    model = adapted(narrow, adapters=["q_proj"])
    half = 0
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            half = len(parameter) // 2
            torch.nn.init.zeros_(parameter[:half])
    for name, weights in merge_adapters(model).state_dict().items():
        untouched = slice(half) if "q_proj" in name else slice(None)
        assert torch.equal(weights[untouched].view(torch.int16), before[name][untouched].view(torch.int16)), name
        assert "q_proj" not in name or not torch.equal(weights, before[name])


def test_trainings_one_after_another_do_not_round_the_same_weights_alike(narrow: Any) -> None:
    errors: list[torch.Tensor] = []
    for nudge in (1.0, 1.001):
        model = adapted(deepcopy(narrow), std=1e-4 * nudge)
        exact = deepcopy(model).float().merge_and_unload().state_dict()
        merged = merge_adapters(model).state_dict()
        errors.append(torch.cat([(merged[name].float() - exact[name]).flatten() for name in exact if "proj" in name]))
    assert abs(torch.corrcoef(torch.stack(errors))[0, 1]) < 0.05


def test_a_rounded_number_is_one_of_its_neighbours_and_on_average_itself() -> None:
    generator = torch.Generator().manual_seed(0)
    below, above = 1.0, 1.0078125
    for number in (1.0009, -1.0009, 1.0070, 3e-39, -3.3e38):
        scale = torch.tensor(number).bfloat16().float().abs().item()
        rounded = round_stochastically(torch.full((100_000,), number), generator)
        assert len(rounded.unique()) == 2
        assert float(rounded.double().mean()) == pytest.approx(number, rel=1e-4, abs=scale * (above - below) / 100)


def test_what_bfloat16_holds_is_not_rounded() -> None:
    exact = torch.tensor([0.0, -0.0, 1.0, -1.0078125, 1e-40, math.inf, -math.inf, 3.3895314e38]).bfloat16()
    rounded = round_stochastically(exact.float().repeat(1000), torch.Generator().manual_seed(0))
    assert torch.equal(rounded.view(torch.int16), exact.repeat(1000).view(torch.int16))
