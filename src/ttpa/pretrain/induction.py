"""Weights that copy from the start: a previous-token head and an induction head, set by hand.

A small model needs millions of tokens before induction heads form by themselves (Olsson et al. 2022); a demo has not
that long. Layer 0 writes the code of the token before into dimensions of its own; layer 1 looks for the place whose
token before was the current one, and copies what stands there. Everything else stays random, and all of it is trained.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import torch
from transformers.models.llama.modeling_llama import LlamaAttention
from transformers.models.qwen3.modeling_qwen3 import Qwen3Attention

from ttpa.pretrain.family import SmallModel, head_size

Attention = Qwen3Attention | LlamaAttention

_SHARP_PAIRS = 3
"""Rotary pairs of highest frequency: they tell the token before from its neighbours."""
_SLOWEST_ANGLE = 2e-3
"""Rotary pairs that turn less than this a token hardly move over a prompt: in them tokens compare at any distance."""
_SHARPNESS = 2.5
"""Scale of the sharp pairs in queries and keys."""
_CODE_GAIN = 0.05
_COPY_GAIN = 0.4
"""How loud the two heads write into the residual stream, where embeddings have a norm of about 0.5."""


@torch.no_grad()
def set_copying_heads(model: SmallModel, *, seed: int) -> None:
    """Sets the first head of layers 0 and 1 of a freshly initialised model, in place, and silences all others."""
    head, hidden = head_size(model), int(model.config.hidden_size)
    angles = rotary_angles(model)
    slow = torch.nonzero(angles < _SLOWEST_ANGLE).flatten()
    code_dims = torch.cat([slow, slow + head // 2])
    room = hidden - len(code_dims)  # embeddings live below this dimension, codes of previous tokens above
    embeddings = model.get_input_embeddings().weight
    assert isinstance(embeddings, torch.Tensor)
    embeddings[:, room:] = 0.0
    embeddings[:, 0] = embeddings.std() * room**0.5 / 2  # a constant that the previous-token head can read
    for name, parameter in model.named_parameters():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            parameter.zero_()  # every other head and layer starts silent, and does not drown these two
    generator = torch.Generator().manual_seed(seed)
    code = torch.randn(len(code_dims), room - 1, generator=generator) / (room - 1) ** 0.5
    basis = torch.linalg.qr(torch.randn(room - 1, head, generator=generator)).Q.T
    _look_one_back(_attention(model, 0), angles[:_SHARP_PAIRS], code, room, head)
    _copy_what_followed(_attention(model, 1), code_dims, code, basis, room, head)


def rotary_angles(model: SmallModel) -> torch.Tensor:
    """By how much each rotary pair turns from one token to the next, (head size / 2,), in radians."""
    parameters = model.config.rope_parameters
    theta = parameters.get("rope_theta") if isinstance(parameters, dict) else None
    assert isinstance(theta, float), "the model has one rotary base"
    pairs = head_size(model) // 2
    return theta ** (-torch.arange(pairs, device=model.device) / pairs)


def _attention(model: SmallModel, layer: int) -> Attention:
    attention = model.get_submodule(f"model.layers.{layer}.self_attn")
    assert isinstance(attention, Qwen3Attention | LlamaAttention)
    return attention


def _look_one_back(attention: Attention, angles: torch.Tensor, code: torch.Tensor, room: int, head: int) -> None:
    """Query and key are one constant, the key turned on by one position; the value is the token's code."""
    first = torch.arange(len(angles))
    second = first + head // 2
    for linear in (attention.q_proj, attention.k_proj, attention.v_proj):
        linear.weight[:head] = 0.0
    attention.q_proj.weight[first, 0] = 1.0
    attention.k_proj.weight[first, 0] = angles.cos()
    attention.k_proj.weight[second, 0] = angles.sin()
    # Without norms: the constant is sqrt(hidden / 5) after the layer's norm, and all of a query in these pairs.
    alone = (head / len(angles) / (attention.q_proj.in_features / 5)) ** 0.5
    _sharpen(attention, torch.cat([first, second]), _SHARPNESS, alone)
    attention.v_proj.weight[: len(code), 1:room] = code
    attention.o_proj.weight[room:, : len(code)] = torch.eye(len(code)) * _CODE_GAIN


def _copy_what_followed(
    attention: Attention, code_dims: torch.Tensor, code: torch.Tensor, basis: torch.Tensor, room: int, head: int
) -> None:
    """The query is the token's own code, the key the code of the token before; the value goes back to the embedding."""
    for linear in (attention.q_proj, attention.k_proj, attention.v_proj):
        linear.weight[:head] = 0.0
    attention.q_proj.weight[code_dims, 1:room] = code
    attention.k_proj.weight[code_dims, room:] = torch.eye(len(code_dims))
    _sharpen(attention, code_dims, _SHARPNESS**0.5, (head / len(code_dims)) ** 0.5)
    attention.v_proj.weight[:head, 1:room] = basis
    attention.o_proj.weight[1:room, :head] = basis.T * _COPY_GAIN


def _sharpen(attention: Attention, dims: torch.Tensor, sharpness: float, alone: float) -> None:
    """Scales the first head's queries and keys: by their norms, or, where there are none, their weights.

    What the norms would do besides, with inputs of size 1, is `alone`.
    """
    for linear, norm in ((attention.q_proj, "q_norm"), (attention.k_proj, "k_norm")):
        if hasattr(attention, norm):
            attention.get_submodule(norm).get_parameter("weight")[dims] = sharpness
        else:
            linear.weight[dims] *= sharpness * alone
