"""The attention of rows that share a prefix, set in a model and tried once."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import torch
from torch import Tensor
from transformers import PreTrainedModel

from ttpa.models.shared_prefix import SHARED_ATTENTION
from ttpa.models.transformers_probe import pad_right, probe_sequences, require_same
from ttpa.models.transformers_reading import feed, read
from ttpa.models.transformers_rows import Place, branch_off


@torch.no_grad()
def share_prefixes(model: PreTrainedModel) -> None:
    """Sets `SHARED_ATTENTION` in a model that is in evaluation mode.

    Raises `ModelError` where branches of a few tokens are not what the model says with the attention that it had.
    """
    sequences = probe_sequences(model)
    ids, seen = pad_right(sequences, model.device)
    logits = model(input_ids=ids, attention_mask=seen.long(), use_cache=False).logits
    due = torch.stack([logits[row, len(sequences[row]) - 1] for row in (0, 2, 1, 2)])

    def branch() -> Tensor:
        model.set_attn_implementation(SHARED_ATTENTION)
        trunk, parted, other = sequences
        [(_, rows, read_logits)] = read(model, [trunk, other], [[len(trunk) - 1], [len(other) - 1]])
        branches = branch_off([Place(rows, 0, 4, 4), Place(rows, 1, 1, 1)])
        feed(model, branches, [parted[4:5], other[1:3]])
        return torch.cat([*read_logits, feed(model, branches, [parted[5:], other[3:]])])

    require_same(
        model,
        due,
        branch,
        refusal=f"{type(model).__name__} goes on from a shared prompt otherwise than by itself, as models do whose "
        "attention is their own: take policy.engine = 'server' or 'vllm'",
    )
