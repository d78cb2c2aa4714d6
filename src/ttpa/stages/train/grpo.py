"""Group relative policy optimisation through TRL, on the prompts' own token ids.

The policy draws several turns at each decision point; each is rewarded, and its advantage is its reward less the mean
of its group, in standard deviations: of the batch's rewards, or as in the paper of the group's. Reference: Shao et al.
2024, section 4.1, with TRL's default loss.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from torch import Tensor
from transformers import PreTrainedModel
from trl import GRPOConfig as TrlGrpoConfig
from trl import GRPOTrainer

from ttpa.models.transformers_tokenizer import TransformersTokenizer
from ttpa.records.checkpoints import Checkpoint
from ttpa.stages.train.arguments import peft_config, quantization, trainer_arguments
from ttpa.stages.train.drawing import add_drawing
from ttpa.stages.train.order import by_generation
from ttpa.stages.train.run_trainer import OrderedTrainer, load_tokenizer, train_once, without_known_warnings
from ttpa.stages.train.stage import Attention, OnStep, RewardedPrompt, TrainConfig, TurnReward
from ttpa.stages.train.tree_forward import add_tree_forward, read_turns


@without_known_warnings()
def train_grpo(
    base: str,
    prompts: Sequence[RewardedPrompt],
    output: Path,
    config: TrainConfig,
    *,
    reward: TurnReward,
    rewarded_by: str,
    seed: int,
    on_step: OnStep,
) -> Checkpoint:
    """Aligns `base` on turns that it draws after `prompts`, by their `reward`, and writes a checkpoint to `output`.

    `reward` is handed each turn as its text, tags included and without its end token; `rewarded_by` says what it is.
    """
    return train_once(
        lambda: _make_trainer(base, prompts, output, config, reward=reward, seed=seed),
        output,
        method="grpo",
        base=base,
        data=prompts,
        config=config,
        reward=rewarded_by,
        seed=seed,
        on_step=on_step,
    )


def _make_trainer(
    base: str,
    prompts: Sequence[RewardedPrompt],
    output: Path,
    config: TrainConfig,
    *,
    reward: TurnReward,
    seed: int,
) -> "_TokenGrpoTrainer":
    """TRL's trainer over the prompts' token ids, on a forest where the config packs them."""
    grpo = config.grpo
    together = min(grpo.batch_size, len(prompts))
    arguments = trainer_arguments(
        output,
        config,
        batch_size=together * grpo.completions,
        epochs=grpo.epochs,
        warmup_share=grpo.warmup_share,
        examples=len(prompts) * grpo.completions,
        steps=max(1, round(grpo.epochs * len(prompts) / together)),
        seed=seed,
        rows_together=grpo.completions,
    )
    del arguments["max_length"]  # prompts are never cut
    arguments["include_num_input_tokens_seen"] = "no"  # this trainer counts by itself
    settings = TrlGrpoConfig(
        learning_rate=grpo.learning_rate,
        beta=grpo.beta,
        scale_rewards=grpo.scale,
        num_generations=grpo.completions,
        temperature=grpo.temperature,
        max_completion_length=grpo.max_new_tokens,
        **arguments,
    )
    tokenizer = TransformersTokenizer(base)
    trainer = _TokenGrpoTrainer(
        model=base,
        reward_funcs=_told_as_text(reward, tokenizer),
        args=settings,
        train_dataset=Dataset.from_list([{"prompt": str(i), **one.columns} for i, one in enumerate(prompts)]),
        processing_class=load_tokenizer(base),
        peft_config=peft_config(config),
        quantization_config=quantization(config),
    )
    if config.packing == "tree":
        trainer.pack(tokenizer, config.attention)
    trainer.prompt_ids = [list(one.prompt_ids) for one in prompts]
    uses = (settings.steps_per_generation or 1) * settings.num_iterations
    trainer.order = by_generation(len(prompts), together=together, completions=grpo.completions, uses=uses)
    return trainer


def _told_as_text(reward: TurnReward, tokenizer: TransformersTokenizer) -> Callable[..., list[float | None]]:
    """The reward as TRL asks for it, of each turn's whole text without its end token."""

    def judge(
        prompts: list[str], completions: list[str], completion_ids: list[list[int]], **told: Any
    ) -> list[float | None]:
        del completions  # TRL leaves marks out of them, with which some dialects open a call
        ended = [bool(ids) and ids[-1] in tokenizer.end_ids for ids in completion_ids]
        texts = [tokenizer.text(ids[:-1] if whole else ids) for ids, whole in zip(completion_ids, ended, strict=True)]
        return [*reward(prompts, texts, ended=ended, **told)]

    return judge


class _TokenGrpoTrainer(OrderedTrainer, GRPOTrainer):
    """TRL's trainer over prompts that are token ids already; a row's `prompt` is the number of its prompt.

    Once packed it reads a prompt once for all turns that are drawn there, and computes them as one forest.
    """

    prompt_ids: Sequence[list[int]] = ()
    is_packed = False

    def pack(self, tokenizer: TransformersTokenizer, attention: Attention) -> None:
        """Computes what the turns of a batch share once.

        Raises `ModelError` as `add_drawing` and `add_tree_forward` do.
        """
        for model in (self.model, self.ref_model):
            if model is not None:
                base = model.get_base_model() if isinstance(model, PeftModel) else model
                assert isinstance(base, PreTrainedModel)
                if model is self.model:  # a reference model reads what the policy has drawn
                    add_drawing(base, tokenizer)
                add_tree_forward(base, attention, temperature=self.temperature)
        self.is_packed = True

    def _tokenize_prompts(self, prompts: list[str]) -> tuple[list[list[int]], None, dict[str, Any]]:
        return [self.prompt_ids[int(number)] for number in prompts], None, {}

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: Tensor,
        attention_mask: Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        compute_entropy: bool = False,
        **told: Any,
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        if not self.is_packed:
            return super()._get_per_token_logps_and_entropies(
                model, input_ids, attention_mask, logits_to_keep, batch_size, compute_entropy, **told
            )
        size = batch_size or len(input_ids)
        read: list[tuple[Tensor, Tensor]] = []
        for rows, seen in zip(input_ids.split(size), attention_mask.bool().split(size), strict=True):
            with self.accelerator.autocast():
                read.append(read_turns(model, rows, seen, logits_to_keep))
        log_probs, entropies = (torch.cat(parts) for parts in zip(*read, strict=True))
        return log_probs, entropies if compute_entropy else None, None
