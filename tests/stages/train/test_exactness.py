"""Whole DPO trainings on the forest are those of TRL's own trainer on the same batches: losses, step by step."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

from ttpa.records.pairs import PreferencePair
from ttpa.stages.train import TrainConfig
from ttpa.stages.train.dpo import make_trainer
from ttpa.stages.train.run_trainer import load_tokenizer, without_known_warnings
from ttpa.stages.train.stage import DpoConfig

pytestmark = pytest.mark.heavy
SIZES: dict[str, Any] = {
    "vocab_size": 400, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 512, "initializer_range": 0.1,
}  # fmt: skip


def write_policy(kind: str, base: str, path: Path) -> str:
    """Random weights in one of two forms, with the tokenizer of `base`."""
    torch.manual_seed(2)
    tokenizer = load_tokenizer(base)
    ids: dict[str, Any] = {
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": None,
    }
    if kind == "qwen3":
        Qwen3ForCausalLM(Qwen3Config(**SIZES, **ids, tie_word_embeddings=True)).save_pretrained(path)
    else:
        LlamaForCausalLM(LlamaConfig(**SIZES, **ids, tie_word_embeddings=False)).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return str(path)


def dialogue(name: str, turns: int, rejected: int) -> list[PreferencePair]:
    rng = Random(name)

    def words(count: int) -> tuple[int, ...]:
        return tuple(rng.randrange(10, 390) for _ in range(count))

    said = words(20)
    pairs: list[PreferencePair] = []
    for turn in range(turns):
        chosen = words(9)
        for number in range(rejected):
            shared = rng.randrange(8)
            pairs.append(
                PreferencePair(
                    id=f"{name}/{turn}/{number}",
                    instruction_id=name,
                    tree_id=f"{name}/{turn}",
                    prompt_ids=said,
                    shared_ids=chosen[:shared],
                    chosen_ids=chosen[shared:],
                    rejected_ids=((chosen[shared] + 1) % 380, *words(rng.randint(1, 8))),
                    chosen_from="candidate",
                    slot="argument_value",
                    chosen_score=1.0,
                    rejected_score=0.5,
                    rejected_logprob=-1.0,
                    rejected_errors=(),
                )
            )
        said = (*said, *chosen, *words(5))
    return pairs


@without_known_warnings()
def losses(base: str, pairs: list[PreferencePair], output: Path, **changes: Any) -> list[float]:
    """Of 20 optimiser steps."""
    together = max(1, len(pairs) // 2)
    values = {
        "precision": "float32",
        "micro_batch_size": together,
        "checkpoint_steps": 0,
        "dpo": DpoConfig(learning_rate=1e-3, epochs=10, batch_size=together),
        **changes,
    }
    trainer = make_trainer(base, pairs, output, TrainConfig.model_validate(values), seed=1)
    trainer.train()
    return [row["loss"] for row in trainer.state.log_history if "loss" in row]


@pytest.mark.parametrize("parameters", ["full", "lora"])
@pytest.mark.parametrize("kind", ["qwen3", "llama"])
@pytest.mark.parametrize(("turns", "rejected"), [(1, 1), (1, 4), (4, 2), (6, 4)])
def test_a_training_on_the_forest_has_the_losses_of_padded_pairs(
    base: str, tmp_path: Path, parameters: str, kind: str, turns: int, rejected: int
) -> None:
    policy = write_policy(kind, base, tmp_path / "policy")
    pairs = dialogue("one", turns, rejected) + dialogue("two", turns, rejected)
    ours, theirs = (
        losses(policy, pairs, tmp_path / packing, packing=packing, parameters=parameters)
        for packing in ("tree", "pairs")
    )
    assert len(ours) == 20
    assert ours[-1] < ours[0]
    assert max(abs(one - other) for one, other in zip(ours, theirs, strict=True)) < 1e-5


@pytest.mark.parametrize("kind", ["qwen3", "llama"])
def test_in_bf16_the_forest_is_as_near_to_float32_as_padded_pairs_are(base: str, tmp_path: Path, kind: str) -> None:
    policy = write_policy(kind, base, tmp_path / "policy")
    pairs = dialogue("one", 4, 4) + dialogue("two", 4, 4)
    rows = list(range(len(pairs)))

    def log_probs(packing: str, precision: str) -> torch.Tensor:
        config = TrainConfig.model_validate({"packing": packing, "precision": precision})
        with without_known_warnings():
            trainer = make_trainer(policy, pairs, tmp_path / packing, config, seed=1)
        batch = trainer.data_collator([trainer.train_dataset[row] for row in rows])
        labels = batch["input_ids"].masked_fill(batch.pop("completion_mask") == 0, -100)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            assert trainer.model is not None
            return trainer.model(**batch, labels=labels, use_cache=False, fused_lm_head=True).log_probs

    exact = log_probs("pairs", "float32")
    ours, theirs = (float((log_probs(packing, "bf16") - exact).norm()) for packing in ("tree", "pairs"))
    assert theirs > 0
    assert ours <= 1.2 * theirs


@pytest.mark.parametrize("packing", ["tree", "pairs"])
@pytest.mark.parametrize("parameters", ["full", "lora"])
def test_in_bf16_policy_and_reference_are_one_model_before_the_first_step(
    base: str, tmp_path: Path, packing: str, parameters: str
) -> None:
    config = TrainConfig.model_validate(
        {"packing": packing, "parameters": parameters, "dpo": DpoConfig(epochs=1, batch_size=4)}
    )
    assert config.precision == "bf16"
    with without_known_warnings():
        trainer = make_trainer(
            write_policy("qwen3", base, tmp_path / "policy"), dialogue("one", 2, 2), tmp_path / "out", config, seed=1
        )
        trainer.train()
    [first] = [row for row in trainer.state.log_history if "loss" in row]
    assert (first["rewards/chosen"], first["rewards/rejected"]) == (0, 0)


@pytest.mark.parametrize("packing", ["tree", "pairs"])
@pytest.mark.parametrize("parameters", ["full", "lora"])
def test_pairs_count_by_their_score_gap(base: str, tmp_path: Path, packing: str, parameters: str) -> None:
    """A pair of weight 2 beside one of weight 0 is that pair alone, twice in the batch."""
    policy = write_policy("qwen3", base, tmp_path / "policy")
    heavy, light = dialogue("one", 1, 1)[0], dialogue("two", 1, 1)[0].model_copy(update={"rejected_score": 1.0})
    dpo = {"learning_rate": 1e-3, "epochs": 5, "batch_size": 2, "nll_weight": 0.0}
    told = {"packing": packing, "parameters": parameters, "micro_batch_size": 2}
    weighted = losses(
        policy, [heavy, light], tmp_path / "w", **told, dpo=DpoConfig.model_validate(dpo | {"margin_weight": 1.0})
    )
    twin = heavy.model_copy(update={"id": "twin"})
    alone = losses(policy, [heavy, twin], tmp_path / "a", **told, dpo=DpoConfig.model_validate(dpo))
    assert len(weighted) == 5
    assert weighted == pytest.approx(alone, abs=1e-5)
