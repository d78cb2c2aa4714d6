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


def sample_one(turns: dict[str, float], rules: ForkRules | None = None, **changes: object) -> CandidateTree:
    config = SampleConfig.model_validate({"forks": rules or ForkRules(), **changes})
    [tree] = sample([POINT], model=ScriptedTokenModel(lambda _: turns), dialect=HERMES, config=config)
    assert isinstance(tree, CandidateTree)
    return tree


def texts(tree: CandidateTree, *origins: str) -> list[str]:
    return [leaf.text for leaf in tree.leaves if leaf.origin in origins]


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


def test_a_tools_first_token_forks_by_the_rule_of_all_tokens_too() -> None:
    turns = {turn(name=f"{letter}_hotels"): 0.04 for letter in "abcdefghijklmnopqrstuvwx"}
    rules = ForkRules(min_probability=0.03, tool_name_min_probability=0.05)
    assert [fork.slot for fork in sample_one(turns, rules).forks] == ["tool_name"]


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
    assert tree.leaves[0].slots[0].start == 0
    assert all(
        before.end == after.start for before, after in zip(tree.leaves[0].slots, tree.leaves[0].slots[1:], strict=False)
    )
    assert tree.leaves[0].slots[-1].kind == "end"
    assert tree.leaves[0].slots[-1].end == len(tree.token_ids(0))


def test_no_more_forks_than_allowed_and_values_before_structure() -> None:
    two_calls = turn() + "\n" + turn(city="Faro")
    turns = {turn(): 0.4, two_calls: 0.35, turn(city="Porto"): 0.25}
    tree = sample_one(turns, ForkRules(max_forks=1))
    assert [fork.path for fork in tree.forks] == ["$.city"]


def test_forks_can_be_ranked_by_probability_alone() -> None:
    two_calls = turn() + "\n" + turn(city="Faro")
    turns = {turn(): 0.4, two_calls: 0.35, turn(city="Porto"): 0.25}
    tree = sample_one(turns, ForkRules(max_forks=1, ranking="probability"))
    assert [fork.slot for fork in tree.forks] == ["end"]


def test_cost_counts_the_prompt_once_and_every_decoded_token() -> None:
    turns = {turn(): 0.6, turn(city="Porto"): 0.4}
    tree = sample_one(turns)
    branch = len(tree.token_ids(1)) - tree.forks[0].position
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


def test_a_reference_trunk_forks_where_the_policy_would_rather_say_something_else() -> None:
    tree = sample_one({turn(city="Porto"): 0.9, turn(): 0.1}, trunk="reference")
    assert texts(tree, "reference") == [turn()]
    assert texts(tree, "branch") == [turn(city="Porto")]
    [fork] = tree.forks
    assert fork.path == "$.city"
    assert fork.alternatives[0].logprob > fork.logprob
    assert tree.cost.prefilled == len(tree.prompt_ids) + len(tree.token_ids(0))


def test_both_trunks_share_one_tree_and_no_candidate_comes_twice() -> None:
    turns = {turn(city="Porto"): 0.6, turn(): 0.3, turn(city="Porto", nights=4): 0.1}
    tree = sample_one(turns, trunk="both")
    assert texts(tree, "policy") == [turn(city="Porto")]
    assert sorted(texts(tree, "policy", "reference", "branch")) == sorted(turns)
    assert all(tree.leaves[fork.leaf].text in turns for fork in tree.forks)
    assert len(sample_one({turn(): 1.0}, trunk="both").leaves) == 1


def test_what_one_trunk_has_found_is_not_decoded_for_the_other() -> None:
    turns = {turn(): 0.6, turn(city="Porto"): 0.4}
    alone, both = sample_one(turns), sample_one(turns, trunk="both")
    assert (both.leaves, both.forks, both.cost.decoded) == (alone.leaves, alone.forks, alone.cost.decoded)
    turned = sample_one({turn(): 0.4, turn(city="Porto"): 0.6}, trunk="both")
    [fork] = turned.forks
    assert (fork.leaf, fork.path) == (0, "$.city")
    assert turned.leaves[1].slots  # a branch of the policy's turn, and the reference turn, which was searched


def test_a_fork_of_both_trunks_holds_what_either_forces() -> None:
    turns = {turn(city="Faro"): 0.62, turn(city="Porto"): 0.28, turn(city="Bath"): 0.06, turn(): 0.04}
    [alone] = sample_one(turns).forks
    assert [chr(one.token_id) for one in alone.alternatives] == ["P"]  # the others are too far from Faro
    tree = sample_one(turns, ForkRules(alternatives=3), trunk="both")
    [fork] = tree.forks
    assert [chr(one.token_id) for one in fork.alternatives] == ["P", "B"]
    assert fork.leaf == 0
    assert sorted(texts(tree, "policy", "branch", "reference")) == sorted(turns)


PARTS = st.builds(turn, city=st.sampled_from(["Lisbon", "Porto", "Faro"]), nights=st.sampled_from([3, 4, 33]))


@given(
    st.dictionaries(PARTS, st.floats(0.05, 1.0), min_size=1, max_size=6),
    st.integers(1, 3),
    st.integers(1, 4),
    st.sampled_from(["tokens", "random"]),
)
def test_both_trunks_find_what_each_finds_and_fork_once_after_the_same_tokens(
    turns: dict[str, float], alternatives: int, max_forks: int, strategy: str
) -> None:
    rules = ForkRules(alternatives=alternatives, max_forks=max_forks)
    policy, reference, both = (
        sample_one(turns, rules, trunk=trunk, strategy=strategy) for trunk in ("policy", "reference", "both")
    )
    assert {leaf.text for leaf in both.leaves} == {leaf.text for tree in (policy, reference) for leaf in tree.leaves}
    before = [both.token_ids(fork.leaf)[: fork.position] for fork in both.forks]
    assert len(set(before)) == len(before)
    assert both.cost.decoded <= policy.cost.decoded + reference.cost.decoded
    for start, fork in zip(before, both.forks, strict=True):
        left = both.leaves[fork.leaf].fork
        assert left is None or both.forks[left].position < fork.position  # a branch has no forks before it leaves
        for one in fork.alternatives:
            ids = (*start, one.token_id)
            assert any(both.token_ids(leaf)[: len(ids)] == ids for leaf in range(len(both.leaves)))


def test_without_a_reference_turn_there_is_no_reference_trunk() -> None:
    point = POINT.model_copy(update={"reference": ()})
    model = ScriptedTokenModel(lambda _: {"Which city?": 1.0})
    [outcome] = sample([point], model=model, dialect=HERMES, config=SampleConfig(trunk="reference"))
    assert isinstance(outcome, Discard)
    assert "no reference turn" in outcome.detail
    [tree] = sample([point], model=model, dialect=HERMES, config=SampleConfig(trunk="both"))
    assert isinstance(tree, CandidateTree)


def test_at_depth_two_a_branch_forks_once_more() -> None:
    turns = {turn(): 0.5, turn(city="Porto"): 0.28, turn(city="Porto", nights=4): 0.22}
    assert turn(city="Porto", nights=4) not in texts(sample_one(turns), "branch")
    tree = sample_one(turns, ForkRules(depth=2))
    leaf = next(leaf for leaf in tree.leaves if leaf.text == turn(city="Porto", nights=4))
    assert leaf.fork is not None
    fork = tree.forks[leaf.fork]
    assert tree.leaves[fork.leaf].text == turn(city="Porto")
    assert fork.path == "$.nights"
    ids = [tree.token_ids(index) for index in range(len(tree.leaves))]
    assert all("".join(map(chr, one[:-1])) == leaf.text for one, leaf in zip(ids, tree.leaves, strict=True))


def test_a_quota_leaves_room_for_other_slots() -> None:
    turns = {turn(): 0.4, turn(city="Porto"): 0.2, turn(nights=4): 0.2, turn() + "\n" + turn(city="Faro"): 0.2}
    rules = {"max_forks": 2}
    both_values = sample_one(turns, ForkRules.model_validate(rules)).forks
    assert [fork.path for fork in both_values] == ["$.city", "$.nights"]
    mixed = sample_one(turns, ForkRules.model_validate(rules | {"quotas": {"argument_value": 1}})).forks
    assert sorted(fork.slot for fork in mixed) == ["argument_value", "end"]


def test_a_policy_that_is_nearly_sure_has_too_little_entropy() -> None:
    turns = {turn(): 0.8, turn(city="Porto"): 0.2}  # 0.5 nats
    assert sample_one(turns, ForkRules(min_entropy=0.4)).forks
    assert not sample_one(turns, ForkRules(min_entropy=0.6)).forks


def test_whole_turns_are_drawn_by_seed_and_point_alone() -> None:
    turns = {turn(): 0.5, turn(city="Porto"): 0.3, turn(nights=4): 0.2}
    config = SampleConfig(strategy="whole", completions=5)
    points = [POINT.model_copy(update={"id": f"i#{number}"}) for number in range(6)]

    def drawn(some: list[DecisionPoint], seed: int) -> dict[str, list[str]]:
        trees = sample(some, model=ScriptedTokenModel(lambda _: turns), dialect=HERMES, config=config, seed=seed)
        return {tree.id: texts(tree, "drawn") for tree in trees if isinstance(tree, CandidateTree)}

    every = drawn(points, 1)
    assert drawn(points[3:], 1) == {key: every[key] for key in ("i#3", "i#4", "i#5")}
    assert drawn(points, 2) != every
    assert {text for found in every.values() for text in found} == set(turns)
    assert all(len(set(found)) == len(found) for found in every.values())


def test_forks_at_random_positions_ask_nobody_whether_they_waver() -> None:
    turns = {turn(): 0.999, turn(city="Porto"): 0.001}
    assert not sample_one(turns).forks
    found = sample_one(turns, ForkRules(max_forks=200), strategy="random").forks
    assert [fork.path for fork in found] == ["$.city"]  # everywhere else the script knows no other token
