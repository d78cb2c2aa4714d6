"""Slots: labels of tokens, also of tokens that straddle two slots or hold part of a character."""

from tests.growth import growth

from ttpa.dialects import DIALECTS
from ttpa.records.candidates import Slot, SlotKind, slot_at
from ttpa.stages.sample import label_tokens

HERMES = DIALECTS["hermes"]


def spelled(pieces: list[str]) -> list[tuple[str, str]]:
    """Each slot's exact text: that of its tokens without what belongs to its neighbours."""
    found: list[tuple[str, str]] = []
    for slot in label_tokens(pieces, HERMES, finished=True):
        text = "".join(pieces[slot.start : slot.end])
        found.append((slot.kind, text[slot.skip : len(text) - slot.cut]))
    return found


def labels(pieces: list[str], *, finished: bool = True) -> list[tuple[str, str]]:
    slots = label_tokens(pieces, HERMES, finished=finished)
    return [("".join(pieces[slot.start : slot.end]), slot.kind) for slot in slots]


def test_a_token_that_straddles_stands_in_both_slots_and_each_knows_its_own_characters() -> None:
    pieces = [
        "<tool_call>",
        '{"name": "',
        'f", "',
        'arguments": {"',
        'x": "a',
        'b", "y_',
        '": 1}}',
        "</tool_call>",
        "<end>",
    ]
    slots = label_tokens(pieces, HERMES, finished=True)
    assert ("argument_value", "ab") in spelled(pieces)
    assert ("argument_name", "y_") in spelled(pieces)
    held = [slot.kind for slot in slots if slot.start <= 5 < slot.end]
    assert held == ["argument_value", "argument_name"]
    assert slot_at(slots, 5).kind == "argument_value"


def test_what_a_token_of_many_spells_takes_the_same_time_wherever_it_stands() -> None:
    def find_all(length: int) -> list[str]:
        slots = [Slot(kind="argument_value", start=at, end=at + 1) for at in range(length)]
        return [slot_at(slots, position).kind for position in range(length)]

    assert growth(find_all, 2000) < 8


def test_a_slot_without_tokens_hides_none_that_straddles_it() -> None:
    kinds: tuple[tuple[SlotKind, int, int], ...] = (("tool_name", 0, 3), ("argument_value", 2, 2), ("text", 2, 4))
    slots = [Slot(kind=kind, start=start, end=end) for kind, start, end in kinds]
    assert [slot_at(slots, position).kind for position in range(4)] == ["tool_name"] * 3 + ["text"]


def test_a_token_that_straddles_counts_as_what_matters_most() -> None:
    pieces = ["<tool_call>", '\n{"name": "', 'f", "', 'arguments": {"', 'x": "a', '"}}\n', "</tool_call>", "<end>"]
    assert labels(pieces) == [
        ('<tool_call>\n{"name": "', "structure"),
        ('f", "', "tool_name"),
        ('arguments": {"', "structure"),
        ('x": "a', "argument_name"),
        ('x": "a', "argument_value"),
        ('"}}\n</tool_call>', "structure"),
        ("<end>", "end"),
    ]


def test_part_of_a_character_belongs_where_the_character_stands() -> None:
    pieces = ["<tool_call>", '{"name": "f", "arguments": {"x": "', "", "é", '"}}', "</tool_call>", "<end>"]
    assert ("é", "argument_value") in labels(pieces)


def test_plain_text_is_text_and_its_last_token_is_the_end() -> None:
    assert labels(["Which", " city", "?", "<end>"]) == [("Which city?", "text"), ("<end>", "end")]


def test_a_turn_that_was_cut_off_has_no_end() -> None:
    assert labels(["Which", " city"], finished=False) == [("Which city", "text")]


def test_nested_values_have_paths() -> None:
    pieces = [*'<tool_call>{"name": "f", "arguments": {"guests": [{"name": "Ann"}]}}</tool_call>', ""]
    slots = label_tokens(pieces, HERMES, finished=True)
    assert ("argument_value", "$.guests[0].name") in [(slot.kind, slot.path) for slot in slots]
