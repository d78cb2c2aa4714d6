"""Turns that a policy draws while it is trained, by the decoder that samples: the turns of a prompt read it once."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false

import types
from itertools import groupby
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import GenerationConfig, PreTrainedModel

from ttpa.models.base import Completion
from ttpa.models.shared_prefix import SHARED_ATTENTION
from ttpa.models.transformers_probe import has_its_weights
from ttpa.models.transformers_sharing import share_prefixes
from ttpa.models.transformers_tokenizer import TransformersTokenizer
from ttpa.models.transformers_tokens import TransformersModel


def add_drawing(model: PreTrainedModel, tokenizer: TransformersTokenizer) -> None:
    """Lets `model.generate(input_ids, attention_mask, generation_config)` draw what TRL asks for: the rows, with turns.

    Turns are drawn at the config's temperature and nothing else of it but their length; what is drawn hangs on torch's
    random numbers alone, so a training that goes on from a state draws what it would have drawn. To be called before
    the model is given a forest's attention, and before it is prepared for a training: autocast would convert the
    weights anew for every token. Raises `ModelError` for a model that does not attend as it is told to.
    """
    _require_shared_prefixes(model)
    plain = model.forward

    def generate(
        self: PreTrainedModel, input_ids: Tensor, attention_mask: Tensor, generation_config: GenerationConfig, **_: Any
    ) -> Tensor:
        prompts = [tuple(row[seen].tolist()) for row, seen in zip(input_ids, attention_mask.bool(), strict=True)]
        groups = [(prompt, len(list(rows))) for prompt, rows in groupby(prompts)]
        attention: Any = self.config._attn_implementation
        was_training, prepared = self.training, self.forward
        self.set_attn_implementation(SHARED_ATTENTION)
        self.forward = plain
        self.eval()  # adapters may drop out
        try:
            turns = _draw(
                TransformersModel.holding(self, tokenizer, batch_size=len(prompts)), groups, generation_config
            )
        finally:
            self.set_attn_implementation(attention)
            self.forward = prepared
            self.train(was_training)
        rows = [torch.tensor(turn.token_ids, device=input_ids.device) for turn in turns]
        padded = pad_sequence(rows, batch_first=True, padding_value=0)  # TRL cuts a turn after its end token
        return torch.cat([input_ids, padded], dim=1)

    patched: Any = model
    patched.generate = types.MethodType(generate, model)


def _require_shared_prefixes(model: PreTrainedModel) -> None:
    """Raises `ModelError` as `share_prefixes` does, and leaves the model as it is."""
    if not has_its_weights(model):
        return
    attention: Any = model.config._attn_implementation
    was_training = model.training
    model.eval()
    try:
        share_prefixes(model)
    finally:
        model.set_attn_implementation(attention)
        model.train(was_training)


def _draw(
    model: TransformersModel, groups: list[tuple[tuple[int, ...], int]], config: GenerationConfig
) -> list[Completion]:
    """So many turns after each prompt, in order; a process may have a part of a prompt's turns only."""
    seeds = [str(seed) for seed in torch.randint(2**62, (len(groups),)).tolist()]
    drawn: dict[int, list[Completion]] = {}
    for count in sorted({count for _, count in groups}):
        places = [place for place, (_, wanted) in enumerate(groups) if wanted == count]
        found = model.draw(
            [groups[place][0] for place in places],
            count,
            temperature=float(config.temperature or 1.0),
            seeds=[seeds[place] for place in places],
            max_new_tokens=int(config.max_new_tokens or 1),
        )
        drawn.update(zip(places, found, strict=True))
    return [turn for place in range(len(groups)) for turn in drawn[place]]
