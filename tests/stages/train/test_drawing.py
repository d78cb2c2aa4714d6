"""Turns of GRPO: drawn as the policy that samples draws them, and read on a forest as TRL reads padded rows."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false

from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor
from transformers import AutoModelForCausalLM, DiffLlamaConfig, GenerationConfig, PreTrainedModel
from trl.trainer.utils import add_fused_lm_head

from ttpa.errors import ModelError
from ttpa.models.transformers_tokenizer import TransformersTokenizer
from ttpa.models.transformers_tokens import TransformersModel
from ttpa.stages.train import RewardedPrompt
from ttpa.stages.train.drawing import add_drawing
from ttpa.stages.train.run_trainer import without_known_warnings
from ttpa.stages.train.tree_forward import add_tree_forward, read_turns

TEMPERATURE = 0.7


def load(base: str) -> PreTrainedModel:
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, attn_implementation="eager")
    add_fused_lm_head(model, temperature=TEMPERATURE, outputs=("log_probs", "entropy"))
    return model


def pad_left(prompts: list[RewardedPrompt], turns: list[int]) -> tuple[Tensor, Tensor]:
    """A row for each turn that is wanted of a prompt, and where it is not padding."""
    rows = [list(prompt.prompt_ids) for prompt, count in zip(prompts, turns, strict=True) for _ in range(count)]
    longest = max(map(len, rows))
    ids = torch.tensor([[0] * (longest - len(row)) + row for row in rows])
    return ids, torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])


def test_a_model_that_would_draw_without_its_prompt_is_refused_and_left_as_it_is(base: str) -> None:
    config = DiffLlamaConfig(
        vocab_size=2000,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
    )
    model = AutoModelForCausalLM.from_config(config).train()
    before = model.config._attn_implementation
    with pytest.raises(ModelError, match="DiffLlamaForCausalLM goes on from a shared prompt otherwise"):
        add_drawing(model, TransformersTokenizer(base))
    assert (model.training, model.config._attn_implementation) == (True, before)


@pytest.mark.parametrize("turns", [[3, 3, 3], [1, 4, 2]])
@pytest.mark.parametrize("adapters", [False, True])
def test_drawn_turns_are_those_of_the_policy_that_samples(
    base: str, prompts: list[RewardedPrompt], turns: list[int], adapters: bool
) -> None:
    tokenizer, model = TransformersTokenizer(base), load(base)
    add_drawing(model, tokenizer)
    add_tree_forward(model, temperature=TEMPERATURE)
    with without_known_warnings():
        asked: Any = get_peft_model(model, LoraConfig(target_modules="all-linear")) if adapters else model
    ids, seen = pad_left(prompts[:3], turns)
    torch.manual_seed(7)
    settings = GenerationConfig(temperature=TEMPERATURE, max_new_tokens=12)
    rows = asked.train().generate(input_ids=ids, attention_mask=seen, generation_config=settings)
    torch.manual_seed(7)
    seeds = [str(seed) for seed in torch.randint(2**62, (3,)).tolist()]
    given = [prompt.prompt_ids for prompt in prompts[:3]]
    sampler = TransformersModel(base)
    drawn = sampler.draw(given, max(turns), temperature=TEMPERATURE, seeds=seeds, max_new_tokens=12)
    due = [turn for found, count in zip(drawn, turns, strict=True) for turn in found[:count]]
    assert len({turn.token_ids for turn in due}) > 3
    assert rows[:, : ids.shape[1]].equal(ids)
    for row, turn in zip(rows[:, ids.shape[1] :].tolist(), due, strict=True):
        assert tuple(row[: len(turn.token_ids)]) == turn.token_ids
    assert model.training
    assert model.config._attn_implementation == "ttpa_tree"


@pytest.mark.parametrize("micro", [2, 7])
def test_turns_on_the_forest_have_the_values_and_gradients_of_padded_rows(
    base: str, prompts: list[RewardedPrompt], micro: int
) -> None:
    ids, seen = pad_left(prompts[:3], [2, 3, 2])
    columns = 9
    torch.manual_seed(3)
    theirs, ours = load(base), load(base)
    ids = torch.cat([ids, torch.randint(0, theirs.config.vocab_size, (7, columns))], dim=1)
    ids[1, -columns:-4] = ids[0, -columns:-4]  # two turns that start alike
    lengths = torch.tensor([9, 9, 1, 5, 8, 2, 9])
    seen = torch.cat([seen, (torch.arange(columns) < lengths[:, None]).long()], dim=1)
    advantages = torch.randn(7, 1)
    add_tree_forward(ours, temperature=TEMPERATURE)

    def read_padded(rows: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        labels = rows.masked_fill(there == 0, -100)
        labels[:, :-columns] = -100
        output = theirs(input_ids=rows, attention_mask=there, labels=labels, fused_lm_head=True)
        return output.log_probs[:, -columns:], output.entropy[:, -columns:]

    due, entropies = read_padded(ids, seen)
    (due * advantages).sum().backward()
    for rows, there, wanted, unsure, scale in zip(
        *(one.split(micro) for one in (ids, seen, due, entropies, advantages)), strict=True
    ):
        found, entropy = read_turns(ours, rows, there.bool(), columns)
        torch.testing.assert_close(found, wanted.detach(), atol=2e-5, rtol=0)
        torch.testing.assert_close(entropy, unsure.detach(), atol=2e-5, rtol=0)
        (found * scale).sum().backward()
    found, due = (
        torch.cat([one.grad.flatten() for one in model.parameters() if one.grad is not None])
        for model in (ours, theirs)
    )
    assert (found - due).norm() < 1e-5 * due.norm()
