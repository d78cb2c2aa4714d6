"""The parts of the kit: what each tries, small and whole."""

from collections.abc import Callable, Mapping, Sequence

from faults.bad_tools import kinds, try_tools
from faults.hostile_names import try_names
from faults.keys import try_keys
from faults.killer import try_kills
from faults.mutated import try_mutated_calls, try_mutated_texts
from faults.page import PAYLOADS, find_browser, try_page
from faults.replies import try_budgets, try_outage, try_replies
from faults.same_bytes import try_same_bytes
from faults.strangers_run import try_carried_run, try_strangers_run
from faults.system_calls import is_possible, try_system_calls
from faults.table import Row
from faults.texts import try_json, try_schemas
from faults.training import try_training
from faults.two_processes import try_two_processes

Task = tuple[Callable[..., Row | list[Row]], tuple[object, ...]]
"""What is tried, with its arguments; tasks of one part run beside each other, and their rows are added up."""


def _page(payloads: int) -> Row:
    browser = find_browser()
    if browser is None:
        return Row("9 model and tool text is inert in reports", remarks=["not tried: Chromium is not here"])
    return try_page(browser, PAYLOADS[:payloads])


def _system_calls(share: float, part: int, parts: int) -> Row:
    if is_possible():
        return try_system_calls(share, part, parts)
    return Row("1 KILL, ENOSPC and EIO at system calls that write", remarks=["not tried: strace may not trace here"])


SMALL: Mapping[str, Sequence[Task]] = {
    "kills": [(try_kills, (12, 50))],
    "system_calls": [(_system_calls, (0.05, 0, 1))],
    "two_processes": [(try_two_processes, (1,))],
    "replies": [(try_replies, (40, (0,)))],
    "money": [(try_outage, (30,)), (try_budgets, (4,))],
    "texts": [(try_json, ()), (try_schemas, ()), (try_names, ())],
    "mutated": [(try_mutated_texts, (20_000,)), (try_mutated_calls, (20_000,))],
    "tools": [(try_tools, (kinds(),))],
    "bytes": [(try_same_bytes, (24,))],
    "page": [(_page, (20,))],
    "keys": [(try_keys, ())],
    "stranger": [(try_strangers_run, ()), (try_carried_run, (24,))],
    "training": [(try_training, ())],
}
WHOLE: Mapping[str, Sequence[Task]] = {
    **SMALL,
    "kills": [(try_kills, (100, 1000, seed)) for seed in range(2)],
    "system_calls": [(_system_calls, (1.0, part, 4)) for part in range(4)],
    "replies": [(try_replies, (1000, seeds)) for seeds in ((0, 1), (2, 3), (4,))],
    "mutated": [
        *((try_mutated_texts, (250_000, seed)) for seed in range(4)),
        *((try_mutated_calls, (250_000, seed)) for seed in range(4)),
    ],
    "two_processes": [(try_two_processes, (10,))],
    "money": [(try_outage, (30,)), (try_budgets, (40,))],
    "bytes": [(try_same_bytes, (300,))],
    "page": [(_page, (len(PAYLOADS),))],
    "stranger": [(try_strangers_run, ()), (try_carried_run, (300,))],
}
