"""Direct preference optimisation through TRL, on the sampled token ids.

TRL tokenises text; sampled tokens do not survive that round trip, so its preparation of the dataset is replaced. The
forward may be that of a forest, in which what sequences share is computed once. All else is TRL's: losses, metrics,
collator. Reference: Rafailov et al. 2023, eq. 7, with an NLL term on the chosen turn.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from datasets import Dataset
from peft import PeftModel
from torch.nn import functional as nn_functional
from transformers import PreTrainedModel
from trl import DPOConfig as TrlDpoConfig
from trl import DPOTrainer

from ttpa.records.checkpoints import Checkpoint
from ttpa.records.pairs import PreferencePair
from ttpa.stages.train.arguments import peft_config, quantization, trainer_arguments
from ttpa.stages.train.order import by_group
from ttpa.stages.train.run_trainer import OrderedTrainer, load_tokenizer, train_once, without_known_warnings
from ttpa.stages.train.stage import Attention, OnStep, TrainConfig
from ttpa.stages.train.tree import plant
from ttpa.stages.train.tree_forward import add_tree_forward


@without_known_warnings()
def train_dpo(
    base: str,
    pairs: Sequence[PreferencePair],
    output: Path,
    config: TrainConfig,
    *,
    seed: int,
    on_step: OnStep,
) -> Checkpoint:
    """Aligns `base` on `pairs`, with `base` itself as the reference model, and writes a checkpoint to `output`."""
    return train_once(
        lambda: make_trainer(base, pairs, output, config, seed=seed),
        output,
        method="dpo",
        base=base,
        data=pairs,
        config=config,
        seed=seed,
        on_step=on_step,
    )


def make_trainer(
    base: str, pairs: Sequence[PreferencePair], output: Path, config: TrainConfig, *, seed: int
) -> "TokenDpoTrainer":
    """TRL's trainer over the pairs' token ids, on a forest where the config packs them.

    Raises `ModelError` where it does and the model has other than full attention.
    """
    dpo = config.dpo
    arguments = trainer_arguments(
        output,
        config,
        batch_size=dpo.batch_size,
        epochs=dpo.epochs,
        warmup_share=dpo.warmup_share,
        examples=len(pairs),
        steps=None,
        seed=seed,
    )
    loss_types, loss_weights = (["sigmoid", "sft"], [1.0, dpo.nll_weight]) if dpo.nll_weight else (["sigmoid"], [1.0])
    trainer = TokenDpoTrainer(
        model=base,
        args=TrlDpoConfig(
            learning_rate=dpo.learning_rate,
            beta=dpo.beta,
            loss_type=loss_types,
            loss_weights=loss_weights,
            **arguments,
        ),
        train_dataset=Dataset.from_list(
            [_row(pair, weight) for pair, weight in zip(pairs, weigh_margins(pairs, dpo.margin_weight), strict=True)]
        ),
        processing_class=load_tokenizer(base),
        peft_config=peft_config(config),
        quantization_config=quantization(config),
    )
    trainer.order = by_group([pair.instruction_id for pair in pairs])
    if dpo.margin_weight:
        trainer.weigh()
    if config.packing == "tree":
        trainer.pack(config.attention)
    return trainer


class TokenDpoTrainer(OrderedTrainer, DPOTrainer):
    """TRL's trainer over rows that hold token ids already; once packed it computes each batch as one forest."""

    def pack(self, attention: Attention = "sdpa") -> None:
        """Computes what the sequences of a batch share once.

        Raises `ModelError` for a model with other than full attention.
        """
        for model in (self.model, self.ref_model):
            if model is not None:
                base = model.get_base_model() if isinstance(model, PeftModel) else model
                assert isinstance(base, PreTrainedModel)
                add_tree_forward(base, attention)
                if model is self.ref_model:
                    # It was prepared before it had this forward; the policy is prepared when the training begins.
                    base.forward = self.accelerator.autocast()(base.forward)
        usual = self.data_collator

        def collate(rows: list[dict[str, Any]]) -> dict[str, Any]:
            batch = usual(rows)
            chosen = [[*row["prompt_ids"], *row["chosen_ids"]] for row in rows]
            rejected = [[*row["prompt_ids"], *row["rejected_ids"]] for row in rows]
            return {**batch, "forest": plant(chosen + rejected)}

        self.data_collator = collate

    def weigh(self) -> None:
        """Weighs the preference loss of each pair with its row's `weight`, 1 on average; the NLL term stays."""
        self.args.remove_unused_columns = False  # else the collator is not given the weights
        self._read: list[torch.Tensor] = []

        def keep(_: torch.nn.Module, __: Any, output: Any) -> None:
            self._read.append(output.log_probs.sum(dim=1))

        for model in (self.model, self.ref_model):
            if isinstance(model, torch.nn.Module):
                model.register_forward_hook(keep)
        usual = self.data_collator

        def collate(rows: list[dict[str, Any]]) -> dict[str, Any]:
            return {**usual(rows), "weights": torch.tensor([row["weight"] for row in rows])}

        self.data_collator = collate

    def _compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool) -> Any:
        if "weights" not in inputs:
            return super()._compute_loss(model, inputs, return_outputs)
        told = {name: value for name, value in inputs.items() if name != "weights"}
        self._read.clear()
        loss = super()._compute_loss(model, told, return_outputs)
        policy, reference = self._read  # TRL asks the policy first, then the reference
        chosen, rejected = (policy - reference).chunk(2)
        every = -nn_functional.logsigmoid(self.beta * (chosen - rejected))
        return loss + ((inputs["weights"] - 1) * every).mean()

    def _prepare_dataset(self, dataset: Dataset, *_: Any, **__: Any) -> Dataset:
        return dataset


def weigh_margins(pairs: Sequence[PreferencePair], power: float) -> list[float]:
    """The weight of each pair: its score gap to this power, over the mean of all."""
    raised = [pair.margin**power for pair in pairs]
    mean = fmean(raised)
    return [one / mean if mean else 1.0 for one in raised]


def _row(pair: PreferencePair, weight: float) -> dict[str, Any]:
    return {
        "weight": weight,
        "prompt_ids": [*pair.prompt_ids, *pair.shared_ids],
        "chosen_ids": list(pair.chosen_ids),
        "rejected_ids": list(pair.rejected_ids),
    }
