"""What arms learn from: sequences that are made of pairs; and what drawing turns costs."""

import pytest
from benchmarks.evidence.learning import chosen_turns, drawing_cost

from ttpa.records.checkpoints import Checkpoint, TrainStep
from ttpa.records.pairs import PreferencePair
from ttpa.stages.train.stage import GrpoConfig


def pair(name: str, chosen: tuple[int, ...], rejected: tuple[int, ...]) -> PreferencePair:
    return PreferencePair(
        id=name, instruction_id="i", tree_id="t", prompt_ids=(1, 2), shared_ids=(3,), chosen_ids=chosen,
        rejected_ids=rejected, chosen_from="reference", slot=None, chosen_score=1.0, rejected_score=0.0,
        rejected_logprob=-1.0, rejected_errors=(),
    )  # fmt: skip


def test_the_chosen_turn_of_several_pairs_is_one_sequence_and_only_the_turn_is_learned() -> None:
    examples = chosen_turns([pair("a", (4, 9), (5, 9)), pair("b", (4, 9), (6, 9)), pair("c", (7,), (4,))])
    assert [one.token_ids for one in examples] == [(1, 2, 3, 4, 9), (1, 2, 3, 7)]
    assert examples[0].is_learned == (False, False, True, True, True)


@pytest.mark.parametrize("logged", [(1, 2), (2,)])
def test_a_prompt_that_turns_are_drawn_at_is_read_once_whichever_steps_were_logged(logged: tuple[int, ...]) -> None:
    history = tuple(TrainStep(step=step, loss=0.0, metrics={"completions/mean_length": 40.0}) for step in logged)
    grpo = GrpoConfig(batch_size=4, completions=8)
    trained = 2 * 4 * 8 * (300 + 40)  # each turn with its prompt
    checkpoint = Checkpoint(
        method="grpo", base="b", examples=10, steps=2, tokens=trained, trainable_parameters=1, history=history,
        files={}, data_sha256="d",
    )  # fmt: skip
    assert drawing_cost(checkpoint, grpo) == (2 * 4, 2 * 4 * (300 + 8 * 40))
