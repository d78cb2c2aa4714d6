"""Direct preference optimisation through TRL, on the sampled token ids.

TRL tokenises text; sampled tokens do not survive that round trip, so its preparation of the dataset is replaced. All
else is TRL's: losses, metrics, collator. Reference: Rafailov et al. 2023, eq. 7, with an NLL term on the chosen turn.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import DPOConfig as TrlDpoConfig
from trl import DPOTrainer

from ttpa.records.checkpoints import Checkpoint
from ttpa.records.pairs import PreferencePair
from ttpa.stages.train.run_trainer import (
    load_tokenizer,
    peft_config,
    run_trainer,
    trainer_arguments,
    without_known_warnings,
)
from ttpa.stages.train.stage import OnStep, TrainConfig


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
    tokenizer = load_tokenizer(base)
    trainer = _TokenDpoTrainer(
        model=base,
        args=TrlDpoConfig(
            learning_rate=dpo.learning_rate,
            beta=dpo.beta,
            loss_type=loss_types,
            loss_weights=loss_weights,
            **arguments,
        ),
        train_dataset=Dataset.from_list([_row(pair) for pair in pairs]),
        processing_class=tokenizer,
        peft_config=peft_config(config),
    )
    return run_trainer(trainer, tokenizer, output, method="dpo", base=base, examples=len(pairs), on_step=on_step)


class _TokenDpoTrainer(DPOTrainer):
    """TRL's trainer over rows that hold token ids already."""

    def _prepare_dataset(self, dataset: Dataset, *_: Any, **__: Any) -> Dataset:
        return dataset


def _row(pair: PreferencePair) -> dict[str, list[int]]:
    return {
        "prompt_ids": [*pair.prompt_ids, *pair.shared_ids],
        "chosen_ids": list(pair.chosen_ids),
        "rejected_ids": list(pair.rejected_ids),
    }
