"""What a unit's policy does: at dev turns, or, once and for all, at the test's."""

from typing import Literal

from benchmarks.evidence.data import make_instructions, make_start
from benchmarks.evidence.place import Place, link_step
from benchmarks.evidence.units import Unit

from ttpa.pipeline import take_steps
from ttpa.records.evaluations import CaseResult
from ttpa.records.suites import SuiteCase
from ttpa.runs.record_files import read_records
from ttpa.steps.run import Run
from ttpa.steps.suite_results import suite_cases
from ttpa.steps.suites import evaluate_suite

Where = Literal["dev", "final"]
_POLICY = "base"
"""As the run calls the policy that it starts from, and that it does not train."""


def answer(place: Place, unit: Unit, where: Where) -> None:
    """Asks the policy what it was not asked yet; the cases lie in the unit's folder."""
    run = _open(place, unit, where)
    instructions = make_start(place, "reversed") if where == "dev" else make_instructions(place)
    link_step(instructions.directory, run.directory, "1-construct")
    take_steps(run, ("evaluate",))
    if where == "final" and place.tools.sections is not None:
        evaluate_suite(run, "tasks", [_POLICY])


def is_answered(place: Place, unit: Unit, where: Where) -> bool:
    """Whether the cases are there, all of them."""
    run = _open(place, unit, where)
    tasks = run.directory.suite("tasks") / f"{_POLICY}.json"
    played = where == "dev" or place.tools.sections is None or tasks.exists()
    return run.directory.summary("evaluate").exists() and played


def read_cases(place: Place, unit: Unit, where: Where) -> list[CaseResult]:
    """A case a held-out turn."""
    return read_records(_open(place, unit, where).directory.cases(_POLICY), CaseResult)


def read_tasks(place: Place, unit: Unit) -> list[SuiteCase]:
    """A case a task that was played to its end; none where the tools cannot be run."""
    return [] if place.tools.sections is None else suite_cases(_open(place, unit, "final"), "tasks", _POLICY)


def _open(place: Place, unit: Unit, where: Where) -> Run:
    return place.open(place.unit(unit.arm, unit.budget) / where, {}, policy=unit.policy)
