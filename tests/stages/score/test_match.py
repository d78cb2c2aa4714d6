"""The assignment of calls is the best there is."""

from itertools import combinations, permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from ttpa.stages.score.match import Assignment, match


@st.composite
def _tables(draw: st.DrawFn) -> list[list[float]]:
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    score = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 0.9, 1.0])
    return draw(st.lists(st.lists(score, min_size=columns, max_size=columns), min_size=rows, max_size=rows))


def _total(scores: list[list[float]], assignment: Assignment) -> float:
    return sum(scores[row][column] for row, column in enumerate(assignment) if column is not None)


def _assignments(rows: int, columns: int) -> list[Assignment]:
    found: list[Assignment] = []
    pairs = min(rows, columns)
    for chosen in combinations(range(rows), pairs):
        for order in permutations(range(columns), pairs):
            assignment: Assignment = [None] * rows
            for row, column in zip(chosen, order, strict=True):
                assignment[row] = column
            found.append(assignment)
    return found


@settings(max_examples=300)
@given(_tables())
def test_no_assignment_has_a_better_total(scores: list[list[float]]) -> None:
    best = max(_total(scores, each) for each in _assignments(len(scores), len(scores[0])))
    found = match(scores)
    taken = [column for column in found if column is not None]
    assert len(taken) == len(set(taken)) == min(len(scores), len(scores[0]))
    assert abs(_total(scores, found) - best) < 1e-9


@settings(max_examples=300)
@given(_tables())
def test_in_order_no_assignment_without_crossing_has_a_better_total(scores: list[list[float]]) -> None:
    rows, columns = len(scores), len(scores[0])
    fitting = [
        each
        for each in _assignments(rows, columns)
        if (taken := [column for column in each if column is not None]) == sorted(taken)
    ]
    found = match(scores, ordered=True)
    taken = [column for column in found if column is not None]
    assert taken == sorted(set(taken))
    assert _total(scores, found) >= max(_total(scores, each) for each in fitting) - 1e-9


def test_a_greedy_choice_would_lose() -> None:
    assert match([[1.0, 0.9], [0.9, 0.0]]) == [1, 0]


def test_nothing_to_match_leaves_every_row_over() -> None:
    assert match([]) == []
    assert match([[], []]) == [None, None]
