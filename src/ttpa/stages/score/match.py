"""Which candidate call answers which reference call: the one-to-one assignment with the best total score."""

from collections.abc import Sequence

Assignment = list[int | None]
"""For each row the index of its column; none for a row that is left over."""


def match(scores: Sequence[Sequence[float]], *, ordered: bool = False) -> Assignment:
    """The best assignment of rows (reference calls) to columns (candidate calls), each used at most once.

    Exact: the total is the greatest possible; `ordered` allows no pair to cross another. As many pairs are made as
    there are rows or columns, whichever is fewer. O(rows² x columns) for the free, O(rows x columns) for the ordered.
    """
    rows, columns = len(scores), len(scores[0]) if scores else 0
    if not rows or not columns:
        return [None] * rows
    if ordered:
        return _in_order(scores, rows, columns)
    if rows <= columns:
        return list(_assign(scores, rows, columns))
    turned = [[scores[row][column] for row in range(rows)] for column in range(columns)]
    result: Assignment = [None] * rows
    for column, row in enumerate(_assign(turned, columns, rows)):
        result[row] = column
    return result


def _assign(scores: Sequence[Sequence[float]], rows: int, columns: int) -> list[int]:
    """The Hungarian method by shortest augmenting paths (Kuhn, Munkres; potentials of rows and columns)."""
    row_potential = [0.0] * (rows + 1)
    column_potential = [0.0] * (columns + 1)
    row_of = [0] * (columns + 1)  # counted from 1; column 0 is where each search starts
    for row in range(1, rows + 1):
        row_of[0] = row
        least = [float("inf")] * (columns + 1)
        came_from = [0] * (columns + 1)
        is_used = [False] * (columns + 1)
        column = 0
        while row_of[column]:
            is_used[column] = True
            current, delta, nearest = row_of[column], float("inf"), 0
            for other in range(1, columns + 1):
                if is_used[other]:
                    continue
                cost = -scores[current - 1][other - 1] - row_potential[current] - column_potential[other]
                if cost < least[other]:
                    least[other], came_from[other] = cost, column
                if least[other] < delta:
                    delta, nearest = least[other], other
            for other in range(columns + 1):
                if is_used[other]:
                    row_potential[row_of[other]] += delta
                    column_potential[other] -= delta
                else:
                    least[other] -= delta
            column = nearest
        while column:
            row_of[column] = row_of[came_from[column]]
            column = came_from[column]
    result = [0] * rows
    for column in range(1, columns + 1):
        if row_of[column]:
            result[row_of[column] - 1] = column - 1
    return result


def _in_order(scores: Sequence[Sequence[float]], rows: int, columns: int) -> Assignment:
    """The best assignment without crossing pairs, by dynamic programming from the end; pairs win ties."""
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in reversed(range(rows)):
        for column in reversed(range(columns)):
            pair = scores[row][column] + best[row + 1][column + 1]
            best[row][column] = max(pair, best[row + 1][column], best[row][column + 1])
    result: Assignment = [None] * rows
    row = column = 0
    while row < rows and column < columns:
        if best[row][column] == scores[row][column] + best[row + 1][column + 1]:
            result[row] = column
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return result
