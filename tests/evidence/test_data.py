"""Data of the experiment: what dev is, worlds of made-up tools, questions that came first."""

from collections import defaultdict

import pytest
from benchmarks.evidence.data import part_of
from benchmarks.evidence.forward import FORGOTTEN, as_if_forward
from benchmarks.evidence.sets import SETS
from benchmarks.evidence.third_party import DATA, read_instructions
from benchmarks.evidence.worlds import draw_instructions

from conftest import MakeInstruction


def test_worlds_give_so_many_questions_once_each_and_the_same_again() -> None:
    drawn = draw_instructions(3, 60)
    assert len(drawn) == 60
    assert len({one.question for one in drawn}) == len({one.id for one in drawn}) == 60
    assert draw_instructions(3, 60) == drawn
    assert draw_instructions(4, 60) != drawn


def test_unseen_worlds_have_tools_that_train_does_not_offer() -> None:
    drawn = draw_instructions(0, 80)
    offered = {
        split: {tool.name for one in drawn if one.split == split for tool in one.tools}
        for split in ("train", "test", "test_unseen")
    }
    assert all(offered.values())
    assert offered["test"] <= offered["train"]
    assert not offered["test_unseen"] & offered["train"]


@pytest.mark.skipif(not DATA.is_dir(), reason="third parties' data are not beside the project (TTPA_SHARED)")
def test_a_third_partys_dialogue_is_in_one_part_as_a_whole() -> None:
    assert SETS["api-bank"].missing is None
    read = read_instructions("apibank_level-1", 0, 1600)
    assert len(read) == 334
    assert read != read_instructions("apibank_level-1", 1, 1600)
    places: dict[str, set[str]] = defaultdict(set)
    for one in read:
        places[one.id.rpartition("@")[0]].add(one.split if one.split != "train" else part_of(one, 0.5))
    assert len(places) < 250
    assert all(len(parts) == 1 or parts == {"test", "test_unseen"} for parts in places.values())


def test_dev_is_about_a_fifth_and_what_is_sampled_half_of_the_rest_by_the_question_alone(
    make_instruction: MakeInstruction,
) -> None:
    made = [make_instruction(f"i{number}", f"Rain in Oslo on day {number}?") for number in range(1000)]
    parts = [part_of(one, 0.5) for one in made]
    assert 160 < parts.count("dev") < 240
    assert abs(parts.count("fresh") - parts.count("fine-tuning")) < 100
    assert [part_of(one.model_copy(update={"id": "other"}), 0.5) for one in made] == parts


def test_a_question_that_came_first_forgets_values_and_names_tools_but_keeps_the_calls(
    make_instruction: MakeInstruction,
) -> None:
    made = [make_instruction(f"i{number}") for number in range(400)]
    forward = [as_if_forward(one, 0) for one in made]
    forgot = [one for one in forward if "Oslo" not in one.question]
    assert abs(len(forgot) / len(made) - FORGOTTEN) < 0.06
    assert 20 < sum("get_weather" in one.question for one in forward) < 110
    assert [one.steps for one in forward] == [one.steps for one in made]
    assert [as_if_forward(one, 0) for one in made] == forward
