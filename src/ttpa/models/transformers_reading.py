"""Sequences that are given, prompts and whole dialogues, read by a model in few forwards, and tokens that follow."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Iterator, Sequence

import torch
from transformers import PreTrainedModel

from ttpa.models.transformers_rows import Rows

_MOST_TOKENS = 4096
"""Of one forward: more at once is no faster, on CPUs slower, and takes memory."""
_MOST_LOGITS = 2**27
"""Numbers that the logits of one forward may have: 0.5 GiB."""


def read(
    model: PreTrainedModel, sequences: Sequence[Sequence[int]], wanted: Sequence[Sequence[int]]
) -> Iterator[tuple[list[int], Rows, list[torch.Tensor]]]:
    """The sequences, in their order, in few forwards: of each the indices, the rows, and each row's logits.

    Those are (wanted, vocabulary), after the row's `wanted` tokens. Padded on the right: causality keeps the padding
    out of sight, and no mask slows attention down.
    """
    layers = int(model.config.get_text_config().num_hidden_layers)
    for batch in _batches(sequences, wanted, int(model.config.get_text_config().vocab_size)):
        longest = max(len(sequences[index]) for index in batch)
        ids = [[*sequences[index], *[0] * (longest - len(sequences[index]))] for index in batch]
        kept = sorted({column for index in batch for column in wanted[index]})
        place_of = {column: place for place, column in enumerate(kept)}
        rows = Rows.filled(layers, [len(sequences[index]) for index in batch], model.device)
        output = model(
            input_ids=torch.tensor(ids, device=model.device),
            past_key_values=rows.cache,
            logits_to_keep=torch.tensor(kept, device=model.device),
        )
        found = [[place_of[column] for column in wanted[index]] for index in batch]
        yield batch, rows, [output.logits[row, places] for row, places in enumerate(found)]


def feed(model: PreTrainedModel, rows: Rows, tokens: Sequence[Sequence[int]]) -> torch.Tensor:
    """Some tokens into each row, padded on the left; the logits after them, (rows, vocabulary)."""
    input_ids, positions = rows.extend(tokens)
    output = model(
        input_ids=input_ids,
        attention_mask=rows.visible(positions.shape[1]),
        position_ids=positions,
        past_key_values=rows.cache,
        prefix=rows.prefix,
        logits_to_keep=1,
    )
    return output.logits[:, -1].float()


def _batches(
    sequences: Sequence[Sequence[int]], wanted: Sequence[Sequence[int]], vocabulary: int
) -> Iterator[list[int]]:
    """Indices in batches, each as many as one forward takes."""
    batch: list[int] = []
    asked: set[int] = set()
    longest = 0
    for index, sequence in enumerate(sequences):
        more, padded = asked.union(wanted[index]), max(longest, len(sequence))
        numbers = (len(batch) + 1) * len(more) * vocabulary
        if batch and ((len(batch) + 1) * padded > _MOST_TOKENS or numbers > _MOST_LOGITS):
            yield batch
            batch, more, padded = [], set(wanted[index]), len(sequence)
        batch.append(index)
        asked, longest = more, padded
    if batch:
        yield batch
