"""The fast forward against the model's own modules."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ttpa.pretrain.family import FAMILIES, FamilyName, SmallModel
from ttpa.pretrain.fast_forward import FastForward

on_every_device = pytest.mark.parametrize(
    "device",
    ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"))],
)


in_every_family = pytest.mark.parametrize("family", FAMILIES)


def small_model(device: str, family: FamilyName = "qwen3") -> SmallModel:
    torch.manual_seed(0)
    settings = {
        "vocab_size": 300,
        "hidden_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 32,
        "intermediate_size": 96,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0},
        "initializer_range": 0.1,
        "tie_word_embeddings": True,
    }
    model = FAMILIES[family].make(settings)
    torch.nn.Module.to(model, device)
    return model


def every_position(token_ids: Tensor) -> tuple[Tensor, Tensor]:
    """All positions of the flat batch but each row's last, and the tokens after them."""
    rows, columns = token_ids.shape
    inside = (torch.arange(rows * columns, device=token_ids.device) % columns) < columns - 1
    return torch.nonzero(inside).flatten(), token_ids.roll(-1, dims=1).flatten()[inside]


def draw_tokens(rows: int, columns: int, device: str) -> Tensor:
    return torch.randint(0, 300, (rows, columns), generator=torch.Generator().manual_seed(1)).to(device)


def own_losses(model: SmallModel, token_ids: Tensor, chosen: Tensor, targets: Tensor) -> Tensor:
    logits = model(token_ids, use_cache=False).logits.flatten(0, 1)[chosen]
    return functional.cross_entropy(logits.float(), targets, reduction="none")


@on_every_device
@in_every_family
def test_losses_are_those_of_the_models_own_modules(device: str, family: FamilyName) -> None:
    model = small_model(device, family)
    token_ids = draw_tokens(2, 200, device)  # more than one block of rows, and a block that is not full
    chosen, targets = every_position(token_ids)
    losses = FastForward(model, compiled=False).losses(token_ids, chosen, targets)
    assert torch.allclose(losses, own_losses(model, token_ids, chosen, targets), atol=0.05)


@on_every_device
@in_every_family
def test_gradients_are_those_of_the_models_own_modules(device: str, family: FamilyName) -> None:
    model = small_model(device, family)
    token_ids = draw_tokens(2, 200, device)
    chosen, targets = every_position(token_ids)
    FastForward(model, compiled=False).losses(token_ids, chosen, targets).mean().backward()
    fast = {name: parameter.grad for name, parameter in model.named_parameters()}
    model.zero_grad()
    own_losses(model, token_ids, chosen, targets).mean().backward()
    for name, parameter in model.named_parameters():
        ours = fast[name]
        assert ours is not None
        assert parameter.grad is not None
        assert (ours - parameter.grad).norm() < 0.05 * parameter.grad.norm(), name


@on_every_device
def test_padding_does_not_change_losses(device: str) -> None:
    forward = FastForward(small_model(device), compiled=False)
    token_ids = draw_tokens(1, 100, device)
    chosen, targets = every_position(token_ids)
    padded = functional.pad(token_ids, (0, 92))
    assert torch.allclose(
        forward.losses(token_ids, chosen, targets), forward.losses(padded, chosen, targets), atol=0.05
    )
