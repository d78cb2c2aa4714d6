"""Promises 3 and 4: bad replies, a provider that is down, a budget that ends; every item is accounted for."""

import random
import shutil
import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from faults.played_run import WORKERS, make_run
from faults.server import PASSING, SPOILING, FaultyServer, serve
from faults.table import Row
from faults.waits import short_waits
from ttpa.errors import ModelError
from ttpa.models.spending import BudgetSpent
from ttpa.pipeline import take_steps
from ttpa.records.discards import Discard
from ttpa.records.instructions import Instruction
from ttpa.records.summaries import StepSummary
from ttpa.runs.journal import Journal
from ttpa.runs.layout import RunDirectory
from ttpa.runs.record_files import read_record, read_records


def try_replies(items: int, seeds: Sequence[int] = (0,)) -> Row:
    """Constructs under 30 % bad replies: faults that pass, then all kinds; an item without an end is lost.

    Faults that pass have to leave the records of a run that met none.
    """
    row = Row("3 every item ends done, or discarded with a reason")
    with tempfile.TemporaryDirectory() as folder, short_waits():
        whole = _construct(Path(folder) / "whole", items, FaultyServer())
        for seed, (name, faults) in product(seeds, (("that pass", PASSING), ("of all kinds", PASSING + SPOILING))):
            server = FaultyServer(seed, 0.3, faults)
            run = _construct(Path(folder) / f"{faults[-1]}-{seed}", items, server)
            done = [one.id for one in read_records(run.instructions, Instruction)]
            ids = [*done, *(one.id for one in read_records(run.discards("construct"), Discard))]
            row.tried += sum(count for fault, count in server.made.items() if fault != "none")
            row.lost += items - len(set(ids))
            row.doubled += len(ids) - len(set(ids))
            row.lost += read_record(run.summary("construct"), StepSummary).records_out != len(done)
            row.lost += faults is PASSING and run.instructions.read_bytes() != whole.instructions.read_bytes()
            row.counted[f"items done under faults {name}"] += len(done)
            row.counted[f"items discarded under faults {name}"] += len(ids) - len(done)
            shutil.rmtree(run.path)  # the journal of replies of 10 MB
    return row


def _construct(path: Path, items: int, server: FaultyServer) -> RunDirectory:
    run = make_run(path, items, offline=False)
    with serve(server):
        take_steps(run, ("construct",))
    return run.directory


def try_outage(items: int = 60) -> Row:
    """The provider fails for good after a while; it is left alone, and the run goes on when it is back."""
    row = Row("4 it stops early when the provider is down, and goes on")
    with tempfile.TemporaryDirectory() as folder, short_waits(), serve(FaultyServer()) as server:
        server.is_down = True
        for _ in range(3):
            server.requests = 0
            run = make_run(Path(folder) / "run", items, offline=False)
            try:
                take_steps(run, ("construct",))
                row.crashed += 1
            except ModelError:
                row.tried += 1
            row.doubled += max(0, server.requests - 2 * WORKERS)
            row.counted[f"requests to a dead provider, where {2 * WORKERS} a command are allowed"] += server.requests
        server.is_down = False
        run = make_run(Path(folder) / "run", items, offline=False)
        take_steps(run, ("construct",))
        row.lost += items - len(read_records(run.directory.instructions, Instruction))
    return row


def try_budgets(budgets: int, items: int = 20, seed: int = 0) -> Row:
    """Random prices and budgets of money, tokens and requests: what was spent never goes over."""
    row = Row("4 it stops at the budget")
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, serve(FaultyServer()):
        for number in range(budgets):
            prices = {"prompt": rng.uniform(0.1, 20), "completion": rng.uniform(0.1, 80)}
            limits = {
                "requests": rng.randint(1, 60),
                "tokens": rng.randint(5_000, 60_000),
                "money": rng.uniform(0.01, 1),
            }
            kept = {name: limits[name] for name in rng.sample(sorted(limits), rng.randint(1, 3))}
            generator = {"kind": "openai", "model": "played", "workers": WORKERS, "budget": kept, "prices": prices}
            run = make_run(Path(folder) / str(number), items, offline=False, generator=generator)
            try:
                take_steps(run, ("construct",))
            except BudgetSpent:
                row.tried += 1
            journal = Journal(run.directory.journal)
            spent = journal.spent()
            journal.close()
            money = spent.money(run.config.generator.prices)
            assert money is not None
            over = {"requests": spent.requests, "tokens": spent.tokens, "money": money}
            row.lost += any(over[name] > limit for name, limit in kept.items())
    row.counted["budgets, those tried being too small for their run"] += budgets
    return row
