"""Promises 3 and 4: bad replies, a provider that is down, a budget that ends; every item is accounted for."""

import random
import tempfile
from pathlib import Path

from faults.played_run import WORKERS, make_run
from faults.server import PASSING, SPOILING, FaultyServer, serve
from faults.table import Row
from ttpa.errors import ModelError
from ttpa.models.spending import BudgetSpent
from ttpa.pipeline import take_steps
from ttpa.records.discards import Discard
from ttpa.records.instructions import Instruction
from ttpa.records.summaries import StepSummary
from ttpa.runs.journal import Journal
from ttpa.runs.record_files import read_record, read_records


def try_replies(items: int, seeds: int) -> Row:
    """Constructs under 30 % bad replies: faults that pass, then all kinds; one without a reason is lost."""
    row = Row("3 every item ends done, or discarded with a reason")
    done = made = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(seeds):
            for faults, name in ((PASSING, "passing"), (PASSING + SPOILING, "all")):
                server = FaultyServer(seed, 0.3, faults)
                run = make_run(Path(folder) / f"{name}-{seed}", items, offline=False)
                with serve(server):
                    take_steps(run, ("construct",))
                summary = read_record(run.directory.summary("construct"), StepSummary)
                ids = [one.id for one in read_records(run.directory.instructions, Instruction)]
                ids += [one.id for one in read_records(run.directory.discards("construct"), Discard)]
                row.tried += sum(count for fault, count in server.made.items() if fault != "none")
                row.lost += items - len(set(ids)) + (items - summary.records_out if name == "passing" else 0)
                row.doubled += len(ids) - len(set(ids))
                made, done = made + items, done + summary.records_out
    row.remarks.append(f"{done} of {made} items done, the others discarded with a reason")
    return row


def try_outage(items: int = 60) -> Row:
    """The provider fails for good after a while; it is left alone, and the run goes on when it is back."""
    row = Row("4 it stops early when the provider is down, and goes on")
    with tempfile.TemporaryDirectory() as folder, serve(FaultyServer()) as server:
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
            row.remarks.append(f"{server.requests} requests to a dead provider with {WORKERS} in flight")
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
    row.remarks.append(f"{row.tried} of {budgets} budgets were too small for their run")
    return row
