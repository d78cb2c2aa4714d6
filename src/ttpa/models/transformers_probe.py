"""Whether a model attends as it is told to: families with attention of their own hear nothing of it, and say nothing.

What transformers says a class supports does not tell: Nemotron's does go through its interface, and passes nothing on.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor
from transformers import PreTrainedModel

from ttpa.errors import ModelError

_EXACT = 1e-3
"""How far two computations of a row in float32 may be apart, as a share of its spread: they are by 1e-6 or so."""
_NARROW = 0.1
"""The same where any weight has fewer bits: in bf16 they are by 0.02, and by over 0.2 where the prompt is missed."""
_SEQUENCES = ((11, 12, 13, 14, 15, 16, 17), (11, 12, 13, 14, 18, 19), (20, 21, 22, 23))
"""Two that part and one by itself."""
_UNFIT = (AttributeError, IndexError, KeyError, NotImplementedError, RuntimeError, TypeError, ValueError)
"""What code raises that is handed what it does not know."""


def probe_sequences(model: PreTrainedModel) -> list[list[int]]:
    """A few tokens of the model's vocabulary, in three sequences."""
    vocabulary = int(model.config.get_text_config().vocab_size)
    return [[token_id % vocabulary for token_id in sequence] for sequence in _SEQUENCES]


def pad_right(sequences: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Their ids and where they are no padding, (sequences, longest)."""
    longest = max(map(len, sequences))
    ids = torch.tensor([[*one, *[0] * (longest - len(one))] for one in sequences], device=device)
    lengths = torch.tensor([len(one) for one in sequences], device=device)
    return ids, torch.arange(longest, device=device)[None] < lengths[:, None]


def has_its_weights(model: PreTrainedModel) -> bool:
    """Whether this process holds all of them: not where processes share them, or the first one sends them later on."""
    return not any(one.is_meta or not one.numel() or isinstance(one, DTensor) for one in model.parameters())


def require_same(model: PreTrainedModel, due: Tensor, compute: Callable[[], Tensor], *, refusal: str) -> None:
    """Raises `ModelError`, in the words of `refusal`, where `compute` raises or gives other rows than `due`."""
    try:
        found = compute().float()
    except torch.OutOfMemoryError:
        raise
    except _UNFIT as error:
        raise ModelError(f"{refusal} ({type(error).__name__}: {error})") from error
    due = due.float()
    if not bool(due.isfinite().all()):
        return  # nothing can be told by such weights
    spread = (due - due.mean(-1, keepdim=True)).norm(dim=-1)
    tolerance = _EXACT if all(one.dtype == torch.float32 for one in model.parameters()) else _NARROW
    apart = (found - due).norm(dim=-1) / spread.clamp(min=1e-6)
    if not bool((apart <= tolerance).all()):
        raise ModelError(f"{refusal} (they differ by {float(apart.max()):.1%})")
