"""What every source does with its definitions: legal names, a choice, checked arguments."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttpa.errors import ToolError
from ttpa.records.record import JsonObject
from ttpa.records.tools import ToolCall, ToolSpec
from ttpa.tools.base import Effect
from ttpa.tools.offer import Definition, Offer, hash_definitions, legal_names


def tool(name: str, effect: Effect = "none") -> Definition:
    schema: JsonObject = {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}
    return Definition(ToolSpec(name=name, parameters=schema), effect)


def test_illegal_names_become_legal_and_legal_ones_stay() -> None:
    names = ["math.sin", "math_sin", "2d plot", "ünï", "x" * 80, "x" * 80 + "y"]
    assert legal_names(names) == ["math_sin_2", "math_sin", "tool_2d_plot", "n", "x" * 64, "x" * 62 + "_2"]


def test_of_tools_with_one_name_the_first_is_offered() -> None:
    assert legal_names(["find", "find_2", "find", "find"]) == ["find", "find_2", "find_3", "find_4"]
    offer = Offer("here", [tool("find", "read"), tool("find", "write")], allow_write=True)
    assert [(spec.name, offer.original(spec.name)) for spec in offer.specs] == [("find", "find")]
    assert offer.effect("find") == "read"
    assert offer.left_out == {"find_2": "another tool is named 'find' as well"}
    numbered = Offer("here", [tool("find", "read"), tool("find", "write")], allow_write=True, numbered=True)
    assert [numbered.effect(spec.name) for spec in numbered.specs] == ["read", "write"]


def test_a_pattern_that_takes_too_much_leaves_its_tool_out_and_no_other() -> None:
    parameters: JsonObject = {"type": "object", "properties": {"text": {"type": "string", "pattern": "^.{1,1024}$"}}}
    offer = Offer("here", [Definition(ToolSpec(name="long", parameters=parameters), "none"), tool("look")])
    assert [spec.name for spec in offer.specs] == ["look"]
    assert "takes too much to check" in offer.left_out["long"]


@given(st.lists(st.text(max_size=70) | st.sampled_from(["find", "find_2", "find.2"]), max_size=8))
def test_legal_names_are_legal_and_no_two_are_alike(names: list[str]) -> None:
    legal = legal_names(names)
    assert len(set(legal)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", name) for name in legal)


def test_a_call_by_the_legal_name_reaches_the_original() -> None:
    offer = Offer("here", [tool("math.sin")])
    assert [spec.name for spec in offer.specs] == ["math_sin"]
    assert offer.original("math_sin") == "math.sin"


def test_tools_that_write_are_offered_where_that_is_allowed() -> None:
    definitions = [tool("look", "read"), tool("change", "write")]
    closed = Offer("here", definitions)
    assert [spec.name for spec in closed.specs] == ["look"]
    assert "tools.allow_write" in closed.left_out["change"]
    assert [spec.name for spec in Offer("here", definitions, allow_write=True).specs] == ["look", "change"]


def test_a_choice_may_name_tools_either_way_and_an_unknown_one_is_told() -> None:
    definitions = [tool("math.sin"), tool("math.cos")]
    assert len(Offer("here", definitions, only=["math.sin", "math_cos"]).specs) == 2
    with pytest.raises(ToolError, match=r"'here' has no tool 'tan'; it has math\.cos, math\.sin"):
        Offer("here", definitions, only=["tan"])


def test_what_would_be_offered_of_other_definitions_depends_on_the_same_choice() -> None:
    offer = Offer("here", [tool("math.sin"), tool("look", "read")], only=["math.sin", "look"])
    later = [tool("math.sin"), tool("new"), tool("look", "write")]
    assert offer.choose(later) == {"math_sin": tool("math.sin")}
    assert [spec.name for spec in offer.specs] == ["math_sin", "look"]
    assert list(Offer("here", [tool("look")]).choose(later)) == ["math_sin", "new"]


def test_nothing_to_offer_is_an_error_that_says_why() -> None:
    with pytest.raises(ToolError, match="'here' has no tool to offer: change: it changes something"):
        Offer("here", [tool("change", "write")])


def test_a_tool_without_an_object_schema_is_left_out() -> None:
    odd = Definition(ToolSpec(name="odd", parameters={"type": "string"}), "none")
    assert "an object schema was due" in Offer("here", [odd, tool("look")]).left_out["odd"]


def test_what_must_not_be_executed_is_refused() -> None:
    offer = Offer("here", [tool("look")])
    assert offer.refuse(ToolCall(name="look", arguments={"count": 1})) is None
    cases: list[tuple[str, JsonObject, str]] = [
        ("hear", {}, "no tool is named 'hear'"),
        ("look", {}, "invalid arguments: "),
        ("look", {"count": "1"}, "invalid arguments: count: "),
    ]
    for name, arguments, reason in cases:
        refused = offer.refuse(ToolCall(name=name, arguments=arguments))
        assert refused is not None
        assert not refused.ok
        assert refused.content.startswith(reason)


def test_the_hash_of_definitions_depends_on_what_they_say_and_not_on_their_order() -> None:
    one, other = tool("one"), tool("other")
    assert hash_definitions([one, other]) == hash_definitions([other, one])
    assert hash_definitions([one]) != hash_definitions([tool("one", "read")])
