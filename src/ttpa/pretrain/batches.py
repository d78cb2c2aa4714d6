"""The sessions of a step -> few padded forwards, and where in them a loss is taken."""

# pyright: reportUnknownMemberType=false

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ttpa.pretrain.sessions import Session

CONTEXT_SHARE = 0.25
"""How many of the tokens that are not the assistant's a loss is taken on, too."""


@dataclass(frozen=True)
class Batch:
    """One forward: padded rows, and where a loss is taken."""

    input_ids: Tensor
    """(rows, columns)"""
    chosen: Tensor
    """(chosen,), positions in the flattened rows; the loss is on the token after each."""
    target_ids: Tensor
    """(chosen,)"""
    is_learned: Tensor
    """(chosen,), whether the target is the assistant's own."""
    decides: Tensor
    """(chosen,), whether a turn is decided in it."""


def make_batches(sessions: Sequence[Session], *, forward_tokens: int, seed: int) -> list[Batch]:
    """The forwards of a step, of at most `forward_tokens` each where several sessions share one.

    Sessions of like length share a forward, padded to a multiple of 32 tokens.
    """
    generator = torch.Generator().manual_seed(seed)
    batches: list[Batch] = []
    rows: list[Session] = []
    for session in sorted(sessions, key=lambda session: len(session.token_ids)):
        if rows and (len(rows) + 1) * _padded(session) > forward_tokens:
            batches.append(_make_batch(rows, generator))
            rows = []
        rows.append(session)
    return [*batches, _make_batch(rows, generator)]


def _padded(session: Session) -> int:
    return -(-len(session.token_ids) // 32) * 32


def _make_batch(rows: list[Session], generator: torch.Generator) -> Batch:
    columns = _padded(rows[-1])
    input_ids = torch.zeros(len(rows), columns, dtype=torch.long)
    learned = torch.zeros(len(rows), columns, dtype=torch.bool)
    decides = torch.zeros(len(rows), columns, dtype=torch.bool)
    real = torch.zeros(len(rows), columns, dtype=torch.bool)
    for index, row in enumerate(rows):
        length = len(row.token_ids)
        input_ids[index, :length] = torch.tensor(row.token_ids)
        learned[index, : length - 1] = torch.tensor(row.is_learned[1:])
        decides[index, : length - 1] = torch.tensor(row.decides[1:])
        real[index, : length - 1] = True
    sampled = torch.rand(learned.shape, generator=generator) < CONTEXT_SHARE
    chosen = torch.nonzero((learned | (real & sampled)).flatten()).flatten()
    targets = input_ids.roll(-1, dims=1).flatten()
    return Batch(input_ids, chosen, targets[chosen], learned.flatten()[chosen], decides.flatten()[chosen])
