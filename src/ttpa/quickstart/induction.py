"""Weights that copy from the start: a previous-token head and an induction head, set by hand.

A small model needs millions of tokens before induction heads form by themselves (Olsson et al. 2022); a demo has not
that long. Layer 0 writes the code of the token before into dimensions of its own, layer 1 looks for the place whose
token before was the current one, and copies what follows there. Everything else stays random, and all of it is trained.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import torch
from transformers import Qwen3ForCausalLM
from transformers.models.qwen3.modeling_qwen3 import Qwen3Attention

_SHARP_PAIRS = 3
"""Rotary pairs of highest frequency: they tell the token before from its neighbours."""
_SLOWEST_ANGLE = 2e-3
"""Rotary pairs below this angle a token hardly turn over a prompt: in them tokens are compared whatever their distance."""
_SHARPNESS = 2.5
_CODE_GAIN = 0.05
_COPY_GAIN = 0.4


@torch.no_grad()
def set_copying_heads(model: Qwen3ForCausalLM, *, seed: int) -> None:
    """Sets the first query head of layers 0 and 1 of a freshly initialised model, in place."""
    config = model.config
    generator = torch.Generator().manual_seed(seed)
    head, hidden = config.head_dim, config.hidden_size
    pairs = head // 2
    slow = [pair for pair in range(pairs) if config.rope_parameters["rope_theta"] ** (-pair / pairs) < _SLOWEST_ANGLE]
    code_dims = torch.tensor(slow + [pair + pairs for pair in slow])
    room = hidden - len(code_dims)  # embeddings live below this dimension, codes of previous tokens above
    embeddings = model.get_input_embeddings().weight
    embeddings[:, room:] = 0.0
    embeddings[:, 0] = embeddings.std() * room**0.5 / 2  # a constant that position heads can read
    projection = torch.randn(len(code_dims), room - 1, generator=generator) / (room - 1) ** 0.5
    basis = torch.linalg.qr(torch.randn(room - 1, head, generator=generator)).Q.T
    for name, parameter in model.named_parameters():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            parameter.zero_()  # every other head and layer starts silent, and does not drown these two
    _look_one_back(_attention(model, 0), projection, room, head)
    _copy_what_followed(_attention(model, 1), projection, basis, code_dims, room, head)


def _attention(model: Qwen3ForCausalLM, layer: int) -> Qwen3Attention:
    attention = model.get_submodule(f"model.layers.{layer}.self_attn")
    assert isinstance(attention, Qwen3Attention)
    return attention


def _look_one_back(attention: Qwen3Attention, projection: torch.Tensor, room: int, head: int) -> None:
    """Query and key are constants, the key turned by one position; the value is the token's code."""
    pairs = head // 2
    frequencies = attention.config.rope_parameters["rope_theta"] ** (-torch.arange(_SHARP_PAIRS) / pairs)
    sharp = torch.arange(_SHARP_PAIRS)
    for linear in (attention.q_proj, attention.k_proj):
        linear.weight[:head] = 0.0
    attention.q_proj.weight[sharp, 0] = 1.0
    attention.k_proj.weight[sharp, 0] = frequencies.cos()
    attention.k_proj.weight[sharp + pairs, 0] = frequencies.sin()
    for norm in (attention.q_norm, attention.k_norm):
        norm.weight[sharp] = norm.weight[sharp + pairs] = _SHARPNESS
    codes = len(projection)
    attention.v_proj.weight[:head] = 0.0
    attention.v_proj.weight[:codes, 1:room] = projection
    attention.o_proj.weight[room:, :codes] = torch.eye(codes) * _CODE_GAIN


def _copy_what_followed(
    attention: Qwen3Attention,
    projection: torch.Tensor,
    basis: torch.Tensor,
    code_dims: torch.Tensor,
    room: int,
    head: int,
) -> None:
    """The query is the token's own code, the key the code of the token before; the value goes back to the embedding."""
    for linear in (attention.q_proj, attention.k_proj, attention.v_proj):
        linear.weight[:head] = 0.0
    attention.q_proj.weight[code_dims, 1:room] = projection
    attention.k_proj.weight[code_dims, room:] = torch.eye(len(code_dims))
    for norm in (attention.q_norm, attention.k_norm):
        norm.weight[code_dims] = _SHARPNESS**0.5
    attention.v_proj.weight[:head, 1:room] = basis
    attention.o_proj.weight[1:room, :head] = basis.T * _COPY_GAIN
