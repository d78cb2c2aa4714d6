"""Raising the probabilities of calls: what a turn costs, what a training moves, and batches in parts."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from ttpa.stages.train import SftExample, TrainConfig
from ttpa.stages.train.call_probability import turn_risks
from ttpa.stages.train.stage import OnStep, ProbabilityConfig, SftConfig
from ttpa.stages.train.trl_learners import TrlLearners

LEARNERS = TrlLearners()
LABELS = torch.tensor([[-100, 3, 1, -100, 2, 0], [-100, -100, 4, -100, -100, -100]])
"""Three turns: two tokens, two tokens; one token, and what is padded."""


def config(**changes: object) -> TrainConfig:
    values: dict[str, object] = {
        "method": "probability",
        "precision": "float32",
        "sft": SftConfig(learning_rate=5e-3, epochs=24, batch_size=4),
        "probability": ProbabilityConfig(learning_rate=2e-3, epochs=6, batch_size=4),
        **changes,
    }
    return TrainConfig.model_validate(values)


def risks(policy: str, example: SftExample) -> list[float]:
    """Of the turns of one sequence, alone in its batch."""
    model = AutoModelForCausalLM.from_pretrained(policy, dtype=torch.float32)
    ids = torch.tensor([example.token_ids])
    with torch.no_grad():
        logits = model(ids).logits
    labels = ids.where(torch.tensor([example.is_learned]), -100)
    return turn_risks(logits, labels, torch.tensor(example.calls)).tolist()


def last_of(example: SftExample, number: int) -> tuple[bool, ...]:
    """The end of the one turn that is learned, which a policy knows early."""
    first = len(example.is_learned) - number
    return tuple(learned and place >= first for place, learned in enumerate(example.is_learned))


def test_a_call_costs_one_less_its_probability_and_a_text_its_mean_likelihood() -> None:
    logits = torch.randn(2, 6, 5, generator=torch.Generator().manual_seed(0))
    each = logits.log_softmax(-1)
    call, text, other = each[0, 0, 3] + each[0, 1, 1], each[0, 3, 2] + each[0, 4, 0], each[1, 1, 4]
    told = turn_risks(logits, LABELS, torch.tensor([True, False, True]))
    assert told.tolist() == pytest.approx([1 - call.exp().item(), -text.item() / 2, 1 - other.exp().item()])


def test_the_slope_of_a_call_is_that_of_its_likelihood_times_its_probability() -> None:
    logits = torch.randn(2, 6, 5, generator=torch.Generator().manual_seed(1)).requires_grad_()
    one = torch.tensor([False, False, True])
    (slope,) = torch.autograd.grad(turn_risks(logits, LABELS, one)[2], logits)
    (likelihood,) = torch.autograd.grad(turn_risks(logits, LABELS, ~one)[2], logits)
    probability = logits.detach()[1, 1].softmax(-1)[4]
    assert torch.allclose(slope, probability * likelihood, atol=1e-6)


def test_turns_that_nothing_is_told_of_are_refused() -> None:
    with pytest.raises(ValueError, match="3 turns are learned, and 2 are told of"):
        turn_risks(torch.zeros(2, 6, 5), LABELS, torch.tensor([True, False]))


@pytest.mark.heavy
def test_a_step_costs_the_mean_over_its_turns_texts_and_calls_alike_however_many_a_dialogue_has(
    base: str, examples: list[SftExample], tmp_path: Path, ignore_step: OnStep
) -> None:
    """The second token of one dialogue becomes a text, so that it has two turns where the others have one."""
    first, *others = examples
    learned = (False, True, *first.is_learned[2:])
    batch = [first.model_copy(update={"is_learned": learned, "calls": (False, True)}), *others]
    every = [risk for one in batch for risk in risks(base, one)]
    assert len(every) == 5
    for size in (4, 1):
        made = LEARNERS.sft(
            base, batch, tmp_path / f"by-{size}", config(micro_batch_size=size), method="probability", steps=1, seed=0,
            on_step=ignore_step,
        )  # fmt: skip
        assert made.history[0].loss == pytest.approx(sum(every) / len(every), abs=1e-4)


@pytest.mark.heavy
def test_calls_become_more_probable_and_a_batch_in_parts_is_the_batch_as_a_whole(
    base: str, examples: list[SftExample], tmp_path: Path, ignore_step: OnStep
) -> None:
    ends = [one.model_copy(update={"is_learned": last_of(one, 4)}) for one in examples]
    assert {one.calls for one in ends} == {(True,)}
    start = str(tmp_path / "sft")
    LEARNERS.sft(base, ends, Path(start), config(), method="sft", steps=None, seed=0, on_step=ignore_step)
    losses: list[list[float]] = []
    for size in (4, 1):
        output = tmp_path / f"by-{size}"
        settings = config(micro_batch_size=size)
        made = LEARNERS.sft(
            start, ends, output, settings, method="probability", steps=None, seed=0, on_step=ignore_step
        )
        assert (made.method, made.steps) == ("probability", 6)
        losses.append([step.loss for step in made.history])
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    before, after = ([risks(policy, one)[0] for one in ends] for policy in (start, str(tmp_path / "by-4")))
    assert all(0.02 < 1 - risk < 0.2 for risk in before)
    assert all(1 - low > 1.8 * (1 - high) for low, high in zip(after, before, strict=True))
