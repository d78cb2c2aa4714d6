"""The objective that raises the probability of each due call, where likelihood raises its logarithm.

A turn that calls tools is a risk of one less its probability, over all that the policy might say instead (minimum risk
training, Shen et al. 2016, eq. 7, for a loss of 1 wherever the turn is not the due one, without a sample). Its slope is
the likelihood's times the probability: what is lost anyway is left alone, what is near to be won is learned first, and
what is known is not driven on. So it goes on from a policy that was fine-tuned. Token by token this is dynamic
fine-tuning (Wu et al. 2025). A turn without calls is as good as impossible, word for word, and would be forgotten: it
keeps its likelihood, as a mean over its tokens. The router's own loss of a mixture of experts is left out.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from trl import SFTTrainer

from ttpa.stages.train.run_trainer import OrderedTrainer

NO_LOSS = -100
"""The label of a token that is not learned."""


class CallProbabilityTrainer(OrderedTrainer, SFTTrainer):
    """TRL's trainer over token ids, whose rows also tell of each learned turn whether it calls tools."""

    loss_is_scaled_for_ga = True

    def tell_calls(self) -> None:
        """Hands each batch what its turns are."""
        self.args.remove_unused_columns = False  # else the collator is not told
        usual = self.data_collator

        def collate(rows: list[dict[str, Any]]) -> dict[str, Any]:
            return {**usual(rows), "calls": torch.tensor([call for row in rows for call in row["calls"]])}

        self.data_collator = collate

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False)
        risks = turn_risks(outputs.logits, inputs["labels"], inputs["calls"])
        if num_items_in_batch is None:
            loss = risks.mean() / self.current_gradient_accumulation_steps
        else:
            loss = risks.sum() / num_items_in_batch
            if self.args.average_tokens_across_devices:
                loss = loss * self.accelerator.num_processes  # gradients are a mean over processes
        return (loss, outputs) if return_outputs else loss

    def _get_num_items_in_batch(self, batch_samples: list[dict[str, Any]], device: torch.device) -> Any:
        """Turns in place of tokens."""
        marked = [
            {**batch, "shift_labels": torch.where(_starts(batch["labels"]), 1, NO_LOSS)} for batch in batch_samples
        ]
        return super()._get_num_items_in_batch(marked, device)


def turn_risks(logits: Tensor, labels: Tensor, calls: Tensor) -> Tensor:
    """Of each learned turn, rows one after another: 1 less its probability, or its mean negative log-likelihood.

    `logits` are rows x length x vocabulary, `labels` rows x length with -100 where nothing is learned, `calls` tells of
    each turn whether it calls tools. Raises `ValueError` where there are more or fewer turns than that.
    """
    learned, starts = labels[:, 1:] != NO_LOSS, _starts(labels)
    turn_of = (starts.flatten().cumsum(0) - 1).view_as(labels)[:, 1:][learned]
    log_probs = -functional.cross_entropy(logits[:, :-1][learned].float(), labels[:, 1:][learned], reduction="none")
    turns = int(starts.sum())
    if turns != len(calls):
        raise ValueError(f"{turns} turns are learned, and {len(calls)} are told of")
    sums, lengths = (torch.zeros(turns, device=log_probs.device) for _ in range(2))
    sums = sums.index_add(0, turn_of, log_probs)
    lengths = lengths.index_add(0, turn_of, torch.ones_like(log_probs))
    return torch.where(calls, 1 - sums.exp(), -sums / lengths)


def _starts(labels: Tensor) -> Tensor:
    """Where a learned turn begins; what is between two turns is not learned."""
    learned = labels != NO_LOSS
    before = functional.pad(learned[:, :-1], (1, 0))
    return learned & ~before
