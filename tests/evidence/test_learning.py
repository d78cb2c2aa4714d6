"""What arms learn from: sequences that are made of pairs."""

from benchmarks.evidence.learning import chosen_turns

from ttpa.records.pairs import PreferencePair


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
