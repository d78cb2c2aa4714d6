"""Pairs: siblings of one fork first, the reference where the policy finds no right turn itself."""

import pytest

from ttpa.dialects import DIALECTS
from ttpa.errors import DialogueRefused
from ttpa.models.scripted import ScriptedTokenModel
from ttpa.records.candidates import CandidateTree
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import DecisionPoint
from ttpa.records.messages import UserMessage
from ttpa.records.pairs import PreferencePair
from ttpa.records.scores import ErrorKind
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.pair import PairConfig, pair
from ttpa.stages.sample import ForkRules, SampleConfig, sample
from ttpa.stages.score import ScoreConfig, score

HERMES = DIALECTS["hermes"]
TOOL = ToolSpec(
    name="find_hotels",
    parameters={
        "type": "object",
        "properties": {"city": {"type": "string"}, "nights": {"type": "integer"}},
        "required": ["city", "nights"],
    },
)
POINT = DecisionPoint(
    id="i#0",
    instruction_id="i",
    turn=0,
    split="train",
    history=(UserMessage(content="Rooms in Lisbon for 3 nights?"),),
    tools=(TOOL,),
    reference=(ToolCall(name="find_hotels", arguments={"city": "Lisbon", "nights": 3}),),
)


def turn(city: str = "Lisbon", nights: str = "3") -> str:
    arguments = f'{{"city": "{city}", "nights": {nights}}}'
    return f'<tool_call>\n{{"name": "find_hotels", "arguments": {arguments}}}\n</tool_call>'


def pairs_of(
    turns: dict[str, float],
    config: PairConfig | None = None,
    scoring: ScoreConfig | None = None,
    point: DecisionPoint = POINT,
) -> list[PreferencePair] | Discard:
    model = ScriptedTokenModel(lambda _: turns)
    rules = ForkRules(max_gap=5.0, max_forks=9, alternatives=4)
    [tree] = sample([point], model=model, dialect=HERMES, config=SampleConfig(forks=rules))
    assert isinstance(tree, CandidateTree)
    scored = score(tree, point, scoring or ScoreConfig(), dialect=HERMES)
    _, reference = model.tokenizer.turn_ids(point.history, point.tools, point.reference_turn())
    ordered = scoring is not None and scoring.ordered
    return pair(tree, scored, lambda: reference, config or PairConfig(), ordered=ordered)


def text(token_ids: tuple[int, ...]) -> str:
    return "".join(chr(token_id) for token_id in token_ids if token_id)


def test_pairs_part_at_the_wavering_token() -> None:
    made = pairs_of({turn(): 0.6, turn(city="Porto"): 0.4})
    assert isinstance(made, list)
    [only] = made
    assert text(only.shared_ids).endswith('"city": "')
    assert text(only.chosen_ids).startswith("L")
    assert text(only.rejected_ids).startswith("P")
    assert only.chosen_from == "candidate"
    assert only.slot == "argument_value"
    assert [error.kind for error in only.rejected_errors] == [ErrorKind.WRONG_VALUE]


def test_the_reference_is_chosen_where_the_policy_is_never_right() -> None:
    made = pairs_of({turn(city="Porto"): 1.0})
    assert isinstance(made, list)
    assert [one.chosen_from for one in made] == ["reference"]
    assert text(made[0].shared_ids + made[0].chosen_ids) == turn()
    assert made[0].slot is None


def test_a_right_policy_gives_no_pair_but_a_reason() -> None:
    made = pairs_of({turn(): 1.0})
    assert isinstance(made, Discard)
    assert made.reason is DiscardReason.ALL_RIGHT


def test_rejected_turns_are_the_most_probable_wrong_ones_and_few() -> None:
    turns = {
        turn(): 0.4,
        turn(city="Porto"): 0.25,
        turn(city="Faro"): 0.2,
        turn(nights='"3"'): 0.1,
        turn(city="Bath"): 0.05,
    }
    made = pairs_of(turns, PairConfig(max_rejected=2))
    assert isinstance(made, list)
    kinds = [one.rejected_errors[0].kind for one in made]
    assert len(made) == 2
    assert set(kinds) == {
        ErrorKind.WRONG_VALUE,
        ErrorKind.WRONG_TYPE,
    }  # a new kind of error comes before a second of one


def test_a_new_set_of_known_kinds_is_no_new_kind() -> None:
    both = turn(city="Faro", nights='"3"')
    turns = {turn(): 0.40, turn(city="Porto"): 0.20, turn(nights='"3"'): 0.12, turn(city="Bath"): 0.15, both: 0.10}
    made = pairs_of(turns, PairConfig(max_rejected=3))
    assert isinstance(made, list)
    assert {text(one.shared_ids + one.rejected_ids) for one in made} == set(turns) - {turn(), both}


def test_of_several_kinds_in_one_turn_each_counts_as_seen() -> None:
    both = turn(city="Faro", nights='"3"')
    turns = {turn(): 0.40, both: 0.30, turn(city="Porto"): 0.12, turn(nights='"3"'): 0.08, turn()[:-1]: 0.10}
    made = pairs_of(turns, PairConfig(max_rejected=2))
    assert isinstance(made, list)
    assert [text(one.shared_ids + one.rejected_ids) for one in made] == [both, turn()[:-1]]


def test_a_turn_that_parts_from_nothing_takes_no_place() -> None:
    model = ScriptedTokenModel(lambda _: {turn(): 0.6, turn(city="Porto"): 0.4})
    config = SampleConfig(max_new_tokens=len(turn()) - 5)  # both are cut off, the first within the reference
    [tree] = sample([POINT], model=model, dialect=HERMES, config=config)
    assert isinstance(tree, CandidateTree)
    _, reference = model.tokenizer.turn_ids(POINT.history, POINT.tools, POINT.reference_turn())
    scored = score(tree, POINT, ScoreConfig(), dialect=HERMES)
    made = pair(tree, scored, lambda: reference, PairConfig(max_rejected=1))
    assert isinstance(made, list)
    assert [text(one.rejected_ids)[:5] for one in made] == ["Porto"]


@pytest.mark.parametrize("turns", [{turn(): 1.0}, {turn(): 0.6, turn(city="Porto"): 0.4}])
def test_the_reference_is_said_only_where_no_candidate_can_be_chosen(turns: dict[str, float]) -> None:
    [tree] = sample([POINT], model=ScriptedTokenModel(lambda _: turns), dialect=HERMES, config=SampleConfig())
    assert isinstance(tree, CandidateTree)
    made = pair(tree, score(tree, POINT, ScoreConfig(), dialect=HERMES), refuse, PairConfig())
    assert isinstance(made, list) == (len(turns) > 1)


def refuse() -> tuple[int, ...]:
    raise DialogueRefused("one call at a time")


def test_the_margin_leaves_out_what_is_nearly_right() -> None:
    made = pairs_of({turn(): 0.6, turn(city="Porto"): 0.4}, PairConfig(margin=0.9))
    assert isinstance(made, Discard)
    assert made.reason is DiscardReason.NO_PAIR


def test_a_turn_that_is_worse_by_the_margin_to_the_digit_is_rejected() -> None:
    [whole] = pairs_of({turn(): 0.6, turn(city="Porto"): 0.4})
    assert isinstance(whole, PreferencePair)
    for margin in (round(1 - whole.rejected_score, 6), round(1 - whole.rejected_score, 6) + 1e-6):
        made = pairs_of({turn(): 0.6, turn(city="Porto"): 0.4}, PairConfig(margin=margin))
        assert isinstance(made, list) == (margin == round(1 - whole.rejected_score, 6))


def test_equal_calls_written_differently_are_no_pair() -> None:
    spaced = turn().replace('"city": ', '"city":  ')
    made = pairs_of({turn(): 0.6, spaced: 0.4})
    assert isinstance(made, Discard)
    assert made.reason is DiscardReason.ALL_RIGHT


def test_of_wrong_turns_that_make_equal_calls_one_is_rejected() -> None:
    made = pairs_of({turn(): 0.4, turn(nights="5"): 0.3, turn(nights="5.0"): 0.2, turn(nights="50e-1"): 0.1})
    assert isinstance(made, list)
    assert [text(one.rejected_ids)[0] for one in made] == ["5"]


def test_where_order_counts_the_same_calls_in_another_order_are_another_turn() -> None:
    calls = [
        ToolCall(name="find_hotels", arguments={"city": city, "nights": 3}) for city in ("Lisbon", "Porto", "Faro")
    ]
    point = POINT.model_copy(update={"reference": tuple(calls)})
    first, second, third = map(turn, ("Lisbon", "Porto", "Faro"))
    turns = {"\n".join(order): 0.5 for order in ((second, third, first), (second, first, third))}
    made = pairs_of(turns, scoring=ScoreConfig(ordered=True), point=point)
    assert isinstance(made, list)
    assert len(made) == 2


def test_equal_calls_are_no_pair_even_where_the_released_formula_gives_them_less_than_one() -> None:
    spaced = turn().replace('"city": ', '"city":  ')
    untyped = TOOL.model_copy(update={"parameters": {"type": "object", "properties": {"city": {}, "nights": {}}}})
    point = POINT.model_copy(update={"tools": (untyped,)})
    made = pairs_of({spaced: 0.6, turn(): 0.4}, scoring=ScoreConfig(formula="authors"), point=point)
    assert isinstance(made, Discard)
    assert made.reason is DiscardReason.ALL_RIGHT


def test_a_pair_adds_up_to_whole_turns_with_their_end() -> None:
    made = pairs_of({turn(): 0.6, turn(city="Porto"): 0.4})
    assert isinstance(made, list)
    for one in made:
        assert text(one.shared_ids + one.chosen_ids) == turn()
        assert text(one.shared_ids + one.rejected_ids) == turn(city="Porto")
        assert one.chosen_ids[-1] == one.rejected_ids[-1] == 0


def test_an_empty_reference_is_never_chosen() -> None:
    silent = POINT.model_copy(update={"reference": (), "answer": None})
    model = ScriptedTokenModel(lambda _: {turn(): 1.0})
    [tree] = sample([silent], model=model, dialect=HERMES, config=SampleConfig())
    assert isinstance(tree, CandidateTree)
    made = pair(tree, score(tree, silent, ScoreConfig(), dialect=HERMES), tuple, PairConfig())
    assert isinstance(made, Discard)
    assert made.reason is DiscardReason.NO_PAIR
    assert "holds no text of the reference turn" in made.detail


def test_a_turn_that_was_cut_off_is_never_chosen() -> None:
    model = ScriptedTokenModel(lambda _: {turn(): 0.6, turn(city="Porto"): 0.4})
    config = SampleConfig(max_new_tokens=len(turn()))  # all of the call, but no end
    [tree] = sample([POINT], model=model, dialect=HERMES, config=config)
    assert isinstance(tree, CandidateTree)
    assert not any(leaf.finished for leaf in tree.leaves[:1])
    _, reference = model.tokenizer.turn_ids(POINT.history, POINT.tools, POINT.reference_turn())
    made = pair(tree, score(tree, POINT, ScoreConfig(), dialect=HERMES), lambda: reference, PairConfig())
    assert isinstance(made, list)
    assert [one.chosen_from for one in made] == ["reference"]


def test_a_turn_of_right_calls_that_does_not_end_is_rejected() -> None:
    babble = turn() + " and on" * 9
    model = ScriptedTokenModel(lambda _: {turn(): 0.6, babble: 0.4})
    config = SampleConfig(max_new_tokens=len(turn()) + 20, forks=ForkRules(max_gap=5.0))
    [tree] = sample([POINT], model=model, dialect=HERMES, config=config)
    assert isinstance(tree, CandidateTree)
    made = pair(tree, score(tree, POINT, ScoreConfig(), dialect=HERMES), tuple, PairConfig())
    assert isinstance(made, list)
    [one] = made
    assert [error.kind for error in one.rejected_errors] == [ErrorKind.MALFORMED]
    assert (text(one.shared_ids), one.chosen_ids[0]) == (turn(), 0)


def test_what_both_turns_end_with_alike_can_be_left_out() -> None:
    made = pairs_of({turn(): 0.6, turn(city="Porto"): 0.4}, PairConfig(tail="cut"))
    assert isinstance(made, list)
    [only] = made
    assert (text(only.chosen_ids), text(only.rejected_ids)) == ("Lisbon", "Porto")


def test_a_cut_pair_keeps_the_token_that_differs() -> None:
    made = pairs_of({turn(nights="3"): 0.6, turn(nights="33"): 0.4}, PairConfig(tail="cut"))
    assert isinstance(made, list)
    assert (text(made[0].chosen_ids), text(made[0].rejected_ids)) == ("}", "3}")


def test_without_a_look_at_kinds_the_most_probable_wrong_turns_are_rejected() -> None:
    turns = {turn(): 0.4, turn(city="Porto"): 0.3, turn(city="Faro"): 0.2, turn(nights='"3"'): 0.1}
    made = pairs_of(turns, PairConfig(max_rejected=2, rejected="probable"))
    assert isinstance(made, list)
    assert {error.kind for one in made for error in one.rejected_errors} == {ErrorKind.WRONG_VALUE}


def test_the_released_threshold_chooses_a_turn_with_a_wrong_value() -> None:
    wrong = turn(city="Porto")  # the released formula gives it 0.91
    config = PairConfig(threshold=0.8)
    made = pairs_of({wrong: 0.6, turn()[:30]: 0.4}, config, ScoreConfig(formula="authors"))
    assert isinstance(made, list)
    assert text(made[0].shared_ids + made[0].chosen_ids) == wrong
    assert made[0].chosen_from == "candidate"
    assert 0.8 < made[0].chosen_score < 1.0
