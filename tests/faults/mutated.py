"""Promise 5 by numbers: `python -m faults.mutated COUNT` takes so many mutated inputs through parser and scorer."""

import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from faults.candidates import try_candidates
from faults.mutated_texts import try_texts
from faults.table import Row, merge, render

_AT_ONCE = 10_000


def try_mutated_texts(count: int, seed: int = 0) -> Row:
    """Mutated turns, of every dialect: each is read, and what was read is scored."""
    return _try("5 mutated texts through parser and scorer", try_texts, "that still held calls", count, seed)


def try_mutated_calls(count: int, seed: int = 0) -> Row:
    """Calls of any form and value against references and schemas of any form."""
    return _try("5 mutated calls through the scorer", try_candidates, "that were right", count, seed)


def _try(promise: str, take: Callable[[int, int], int], name: str, count: int, seed: int) -> Row:
    row = Row(promise, tried=count)
    for number, done in enumerate(range(0, count, _AT_ONCE)):
        try:
            row.counted[name] += take(min(_AT_ONCE, count - done), seed * 1_000_000 + number)
        except Exception as failure:
            row.crashed += 1
            row.remarks.append(f"{type(failure).__name__}: {str(failure)[:500]}")
    return row


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with ProcessPoolExecutor(2, get_context("fork")) as pool:
        tried = [pool.submit(part, count) for part in (try_mutated_texts, try_mutated_calls)]
    rows = merge(one.result() for one in tried)
    print(render(rows))
    sys.exit(not all(row.holds for row in rows))


if __name__ == "__main__":
    main()
