"""The hand-set heads: an untrained policy copies what it has read before."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import pytest
import torch

from ttpa.pretrain.family import FAMILIES, FamilyName, SmallModel
from ttpa.pretrain.induction import set_copying_heads

pytestmark = pytest.mark.parametrize("family", FAMILIES)


def untrained_model(family: FamilyName) -> SmallModel:
    torch.manual_seed(1)
    settings = {
        "vocab_size": 600,
        "hidden_size": 192,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 48,
        "intermediate_size": 256,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1_000_000.0},
        "initializer_range": 0.04,
        "tie_word_embeddings": True,
    }
    return FAMILIES[family].make(settings).eval()


def share_copied(model: SmallModel, length: int) -> float:
    """How often the second half of a repeated random sequence is predicted from the first."""
    half = torch.randint(0, 600, (2, length), generator=torch.Generator().manual_seed(0))
    tokens = torch.cat([half, half], dim=1)
    with torch.inference_mode():
        said = model(tokens).logits[:, length:-1].argmax(-1)
    return float((said == tokens[:, length + 1 :]).float().mean())


def test_an_untrained_model_copies_once_its_heads_are_set(family: FamilyName) -> None:
    model = untrained_model(family)
    assert share_copied(model, 100) < 0.05
    set_copying_heads(model, seed=0)
    assert share_copied(model, 100) > 0.8


def test_copying_holds_over_a_prompts_length(family: FamilyName) -> None:
    model = untrained_model(family)
    set_copying_heads(model, seed=0)
    assert share_copied(model, 300) > 0.55
