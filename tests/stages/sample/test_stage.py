"""Sampling with a scripted policy: it wavers exactly where its scripted turns part."""

from hypothesis import given
from hypothesis import strategies as st

from ttpa.dialects import DIALECTS
from ttpa.models.scripted import ScriptedTokenModel
from ttpa.records.candidates import CandidateTree
from ttpa.records.discards import Discard, DiscardReason
from ttpa.records.instructions import DecisionPoint
from ttpa.records.messages import UserMessage
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.stages.sample import ForkRules, SampleConfig, sample

HERMES = DIALECTS["hermes"]
POINT = DecisionPoint(
    id="i#0",
    instruction_id="i",
    turn=0,
    split="train",
    history=(UserMessage(content="Rooms in Lisbon for 3 nights?"),),
    tools=(ToolSpec(name="find_hotels", parameters={"type": "object", "properties": {}}),),
    reference=(ToolCall(name="find_hotels", arguments={"city": "Lisbon", "nights": 3}),),
)


def turn(name: str = "find_hotels", city: str = "Lisbon", nights: int = 3) -> str:
    return f'<tool_call>\n{{"name": "{name}", "arguments": {{"city": "{city}", "nights": {nights}}}}}\n</tool_call>'


def sample_one(turns: dict[str, float], rules: ForkRules | None = None) -> CandidateTree:
    config = SampleConfig(forks=rules or ForkRules())
    [tree] = sample([POINT], model=ScriptedTokenModel(lambda _: turns), dialect=HERMES, config=config)
    assert isinstance(tree, CandidateTree)
    return tree


def test_the_trunk_is_the_greedy_turn() -> None:
    tree = sample_one({turn(): 0.6, turn(city="Porto"): 0.4})
    assert tree.leaves[0].text == turn()
    assert tree.leaves[0].fork is None


def test_forks_stand_at_the_wavering_tokens_and_say_what_they_spell() -> None:
    tree = sample_one({turn(): 0.5, turn(city="Porto"): 0.3, turn(name="find_hostels"): 0.2})
    assert [(fork.slot, fork.path) for fork in tree.forks] == [("tool_name", None), ("argument_value", "$.city")]
    assert {leaf.text for leaf in tree.leaves} == {turn(), turn(city="Porto"), turn(name="find_hostels")}


def test_a_confident_policy_has_no_forks() -> None:
    tree = sample_one({turn(): 0.995, turn(city="Porto"): 0.005})
    assert tree.forks == ()
    assert len(tree.leaves) == 1


def test_a_gap_in_nats_closes_a_fork() -> None:
    turns = {turn(): 0.9, turn(city="Porto"): 0.1}  # a gap of 2.2 nats
    assert len(sample_one(turns, ForkRules(max_gap=2.5)).forks) == 1
    assert len(sample_one(turns, ForkRules(max_gap=2.0)).forks) == 0


def test_a_tools_first_token_forks_whatever_the_gap() -> None:
    name = HERMES.read_turn(turn()).spans[0]
    assert name.kind == "tool_name"
    tree = sample_one({turn(): 0.93, turn(name="book_hotel"): 0.07}, ForkRules(max_gap=1.0))
    assert [fork.position for fork in tree.forks] == [name.start]


def test_each_token_is_stored_once_and_leaves_are_whole_turns() -> None:
    turns = {turn(): 0.4, turn(city="Porto"): 0.3, turn(nights=4): 0.3}
    tree = sample_one(turns)
    for index, leaf in enumerate(tree.leaves):
        ids = tree.token_ids(index)
        assert ids[-1] == 0
        assert "".join(chr(token_id) for token_id in ids[:-1]) == leaf.text
    shared = sum(len(span.token_ids) for span in tree.spans)
    assert shared < sum(len(tree.token_ids(index)) for index in range(len(tree.leaves)))


def test_slots_cover_the_trunk_without_gaps() -> None:
    tree = sample_one({turn(): 0.6, turn(city="Porto"): 0.4})
    assert tree.slots[0].start == 0
    assert all(before.end == after.start for before, after in zip(tree.slots, tree.slots[1:], strict=False))
    assert tree.slots[-1].kind == "end"
    assert tree.slots[-1].end == len(tree.token_ids(0))


def test_no_more_forks_than_allowed_and_values_before_structure() -> None:
    two_calls = turn() + "\n" + turn(city="Faro")
    turns = {turn(): 0.4, two_calls: 0.35, turn(city="Porto"): 0.25}
    tree = sample_one(turns, ForkRules(max_forks=1))
    assert [fork.path for fork in tree.forks] == ["$.city"]


def test_cost_counts_the_prompt_once_and_every_decoded_token() -> None:
    turns = {turn(): 0.6, turn(city="Porto"): 0.4}
    tree = sample_one(turns)
    branch = len(tree.spans[tree.leaves[1].span].token_ids)
    assert tree.cost.prefilled == len(tree.prompt_ids)
    assert tree.cost.decoded == len(tree.token_ids(0)) + branch - 1  # the forced token is not decoded


def test_a_prompt_that_does_not_fit_is_a_discard() -> None:
    model = ScriptedTokenModel(lambda _: {turn(): 1.0}, max_length=50)
    [outcome] = sample([POINT], model=model, dialect=HERMES, config=SampleConfig())
    assert isinstance(outcome, Discard)
    assert outcome.reason is DiscardReason.CONTEXT_OVERFLOW


@given(st.dictionaries(st.text("ab{}\"<>/_tol cn:,'", max_size=12), st.floats(0.05, 1.0), min_size=1, max_size=5))
def test_any_text_a_policy_may_say_becomes_a_sound_tree(turns: dict[str, float]) -> None:
    tree = sample_one(turns)
    assert {leaf.text for leaf in tree.leaves} <= set(turns)
    assert all(0 <= fork.position < len(tree.token_ids(0)) for fork in tree.forks)


def test_no_leaf_is_longer_than_a_turn_may_be() -> None:
    turns = {turn(): 0.5, turn(city="Porto and everything around it"): 0.5}
    config = SampleConfig(max_new_tokens=70)
    [tree] = sample([POINT], model=ScriptedTokenModel(lambda _: turns), dialect=HERMES, config=config)
    assert isinstance(tree, CandidateTree)
    assert [len(tree.token_ids(leaf)) for leaf in range(len(tree.leaves))] == [70, 70]
