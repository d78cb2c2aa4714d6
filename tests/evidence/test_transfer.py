"""Pairs that nobody was trained on: their odds, as a policy sees them."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from pathlib import Path

import pytest
import torch
from benchmarks.evidence.transfer import log_odds
from transformers import AutoModelForCausalLM

from conftest import MakeInstruction, WriteTinyPolicy
from ttpa.records.pairs import PreferencePair


def pair(number: int) -> PreferencePair:
    start = 40 + number
    return PreferencePair(
        id=f"p{number}", instruction_id="i", tree_id="t", prompt_ids=(start, 7, 9), shared_ids=(5, number + 3),
        chosen_ids=(8, 9), rejected_ids=(6, 4, 2), chosen_from="reference", slot=None, chosen_score=1.0,
        rejected_score=0.0, rejected_logprob=-1.0, rejected_errors=(),
    )  # fmt: skip


def test_odds_are_of_the_sides_after_what_both_share_in_the_order_of_the_pairs(
    tmp_path: Path, write_tiny_policy: WriteTinyPolicy, make_instruction: MakeInstruction
) -> None:
    policy = write_tiny_policy(tmp_path / "base", [make_instruction("i", "Rain in Oslo?")], 32)
    pairs = [pair(number) for number in (5, 1, 9, 3, 8, 2, 7, 4, 6, 0)]
    model = AutoModelForCausalLM.from_pretrained(policy, dtype=torch.float32)

    def log_prob(one: PreferencePair, rest: tuple[int, ...]) -> float:
        before = (*one.prompt_ids, *one.shared_ids)
        with torch.no_grad():
            logits = model(torch.tensor([[*before, *rest]])).logits[0, len(before) - 1 : -1].log_softmax(-1)
        return float(logits.gather(-1, torch.tensor(rest)[:, None]).sum())

    plain = [log_prob(one, one.chosen_ids) - log_prob(one, one.rejected_ids) for one in pairs]
    assert len({round(each, 4) for each in plain}) == len(pairs)
    assert log_odds(policy, pairs) == pytest.approx(plain, abs=1e-4)
