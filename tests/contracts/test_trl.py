"""What we rely on in TRL and transformers, pinned: a new version that breaks it fails here and not in a training."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import inspect

import torch
from transformers import DynamicCache, Trainer
from trl import DPOConfig, DPOTrainer, GRPOTrainer, SFTConfig, SFTTrainer
from trl.trainer.dpo_trainer import DataCollatorForPreference


def test_dpo_prepares_its_dataset_in_one_method() -> None:
    parameters = list(inspect.signature(DPOTrainer._prepare_dataset).parameters)  # pyright: ignore[reportPrivateUsage]
    assert parameters == ["self", "dataset", "processing_class", "args", "dataset_name"]


def test_dpo_collates_token_ids() -> None:
    collate = DataCollatorForPreference(pad_token_id=9)
    batch = collate([{"prompt_ids": [1, 2], "chosen_ids": [3], "rejected_ids": [4, 5]}])
    assert batch["input_ids"].tolist() == [[1, 2, 3, 9], [1, 2, 4, 5]]
    assert batch["completion_mask"].tolist() == [[0, 0, 1, 0], [0, 0, 1, 1]]


def test_dpo_takes_a_weighted_nll_term_beside_the_preference_loss() -> None:
    fields = {field: DPOConfig.__dataclass_fields__[field] for field in ("loss_type", "loss_weights", "beta")}
    assert set(fields) == {"loss_type", "loss_weights", "beta"}


def test_sft_takes_rows_with_their_own_labels() -> None:
    assert "skip_prepare_dataset" in inspect.getsource(SFTTrainer)
    assert "dataset_kwargs" in SFTConfig.__dataclass_fields__


def test_a_cache_is_rebuilt_from_its_keys_and_values() -> None:
    cache = DynamicCache([(torch.zeros(2, 1, 3, 4), torch.ones(2, 1, 3, 4))])
    [(keys, values, *_)] = list(cache)
    assert keys is not None
    assert values is not None
    assert keys.shape == values.shape == (2, 1, 3, 4)
    cache.batch_select_indices(torch.tensor([1]))
    assert cache.get_seq_length() == 3


def test_dpo_hands_over_what_its_collator_adds_and_reads_one_forward() -> None:
    source = inspect.getsource(DPOTrainer._compute_loss)  # pyright: ignore[reportPrivateUsage]
    assert '_non_model_keys = {"completion_mask", "ref_chosen_logps", "ref_rejected_logps"}' in source
    assert "model(**model_kwargs, labels=labels, fused_lm_head=True)" in source


def test_grpo_turns_prompts_into_ids_in_one_method() -> None:
    source = inspect.getsource(GRPOTrainer._generate)  # pyright: ignore[reportPrivateUsage]
    assert "prompt_ids, images, multimodal_fields = self._tokenize_prompts(prompts)" in source


def test_grpo_hands_rewards_the_ids_of_what_was_said() -> None:
    source = inspect.getsource(GRPOTrainer._calculate_rewards)  # pyright: ignore[reportPrivateUsage]
    assert "prompts=prompts, completions=completions, completion_ids=completion_ids_list, **reward_kwargs" in source


def test_trainers_count_what_a_batch_learns_in_one_method_by_its_shifted_labels() -> None:
    source = inspect.getsource(Trainer._get_num_items_in_batch)  # pyright: ignore[reportPrivateUsage]
    assert '"labels" in batch_samples[0]' in source
    assert 'batch["shift_labels"]\n                    if "shift_labels" in batch' in source
    assert Trainer.loss_is_scaled_for_ga is None
