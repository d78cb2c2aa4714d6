"""What a limit on length keeps and loses, in words."""

from ttpa.steps.lengths import LengthAccount


def test_where_nothing_is_lost_the_longest_is_told() -> None:
    account = LengthAccount("pairs", 100, [40, 100, 60])
    assert account.lost == 0
    assert account.text == "nothing is lost at train.max_length = 100: 3 pairs of 200 tokens, the longest of 100"


def test_what_is_lost_is_counted_with_the_value_that_loses_nothing() -> None:
    account = LengthAccount("sequences", 99, [40, 100, 260])
    assert account.lost == 2
    text = "2 of 3 sequences (90.0 % of the tokens) are longer than train.max_length = 99; 260 loses nothing"
    assert account.text == text


def test_of_nothing_nothing_is_lost() -> None:
    assert LengthAccount("pairs", 1, []).lost == 0


def test_the_longest_that_is_kept_is_within_the_limit() -> None:
    assert LengthAccount("pairs", 100, [40, 100, 260]).longest_kept == 100
    assert LengthAccount("pairs", 10, [40, 100, 260]).longest_kept == 0
