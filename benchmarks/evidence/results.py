"""What each unit came to, as the tables read it: without the texts, small enough to be kept beside the code.

`published/STUDY` holds `settings.json`, as its runs were begun with, and `SET/seed-N.jsonl.xz`: a line a unit and place
where it was asked. Tables and pictures are made of them in seconds, where the runs took hours.
"""

import json
import lzma
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.evidence.answers import Where, is_answered, read_cases, read_tasks
from benchmarks.evidence.arms import Arm
from benchmarks.evidence.budget import budgets
from benchmarks.evidence.place import Place
from benchmarks.evidence.units import Round, Unit

from ttpa.errors import TtpaError
from ttpa.records.evaluations import CaseResult
from ttpa.records.instructions import Split
from ttpa.records.record import JsonObject, Record
from ttpa.records.scores import ErrorKind
from ttpa.runs.record_files import drafting, read_record, write_text

PUBLISHED = Path(__file__).with_name("published")


class Case(Record):
    """One held-out turn."""

    id: str
    split: Split
    call_is_due: bool
    exact: bool
    names_right: bool
    score: float
    errors: tuple[ErrorKind, ...]


class Task(Record):
    """One task that was played to its end."""

    split: str
    solved: bool


class UnitResult(Record):
    """What one arm of one set and seed came to under one budget, at dev turns or at the test's."""

    tools: str
    seed: int
    arm: str
    settings: JsonObject
    """In what the arm differed from the shared settings."""
    budget: str
    where: Where
    rounds: tuple[Round, ...]
    cases: tuple[Case, ...]
    tasks: tuple[Task, ...]

    @property
    def key(self) -> tuple[str, str, Where]:
        """What no two results of a set and seed have in common."""
        return self.arm, self.budget, self.where


def read_results(places: Iterable[Place], arms: Sequence[Arm], where: Where) -> list[UnitResult]:
    """Of every unit that is made and asked. Raises `TtpaError` where an arm has been given other settings since."""
    found: list[UnitResult] = []
    for place in places:
        for arm in arms:
            for kind in budgets(arm):
                done = place.unit(arm.name, kind) / "unit.json"
                if done.exists() and is_answered(place, unit := read_record(done, Unit), where):
                    _check(arm, unit.settings)
                    found.append(_read(place, unit, where))
    return found


def _read(place: Place, unit: Unit, where: Where) -> UnitResult:
    tasks = read_tasks(place, unit) if where == "final" else []
    return UnitResult(
        tools=place.tools.name,
        seed=place.seed,
        arm=unit.arm,
        settings=unit.settings,
        budget=unit.budget,
        where=where,
        rounds=unit.rounds,
        cases=tuple(map(_case, read_cases(place, unit, where))),
        tasks=tuple(Task(split=task.category.partition(":")[0], solved=task.right) for task in tasks),
    )


def _case(case: CaseResult) -> Case:
    kinds = tuple(error.kind for error in case.errors)
    return Case(**case.model_dump(include=set(Case.model_fields) - {"errors"}), errors=kinds)


def publish(folder: Path, settings: JsonObject, results: Sequence[UnitResult]) -> list[Path]:
    """Adds results to those that `folder` keeps of a study, in place of their like; the files that it wrote.

    Raises `TtpaError` where those were made with other settings.
    """
    pinned = folder / "settings.json"
    if pinned.exists() and json.loads(pinned.read_text(encoding="utf-8")) != settings:
        raise TtpaError(f"the results in {str(folder)!r} were made with other settings: delete that folder first")
    write_text(pinned, json.dumps(settings, indent=1) + "\n")
    written: list[Path] = []
    for tools, seed in sorted({(one.tools, one.seed) for one in results}):
        path = folder / tools / f"seed-{seed}.jsonl.xz"
        kept = {one.key: one for one in (_read_file(path) if path.exists() else [])}
        kept |= {one.key: one for one in results if (one.tools, one.seed) == (tools, seed)}
        with drafting(path) as draft, lzma.open(draft, "wt", encoding="utf-8") as file:
            file.writelines(kept[key].model_dump_json() + "\n" for key in sorted(kept))
        written.append(path)
    return written


def read_published(folder: Path, arms: Sequence[Arm], where: Where) -> list[UnitResult]:
    """What `folder` keeps of these arms. Raises `TtpaError` where an arm has been given other settings since."""
    by_name = {arm.name: arm for arm in arms}
    found = [one for one in _read_every(folder) if one.arm in by_name and one.where == where]
    for one in found:
        _check(by_name[one.arm], one.settings)
    return found


def withdrawn_arms(folder: Path, arms: Sequence[Arm]) -> list[Arm]:
    """Arms whose results `folder` keeps and that are none of these: what was asked is told, whatever became of it."""
    names = sorted({one.arm for one in _read_every(folder)} - {arm.name for arm in arms})
    return [Arm(name, f"{name} (withdrawn: its code is gone)", "longer", is_withdrawn=True) for name in names]


def _check(arm: Arm, settings: JsonObject) -> None:
    if settings != arm.settings() and not arm.is_withdrawn:
        raise TtpaError(f"{arm.name!r} was made with other settings than it has now: {settings}")


def _read_every(folder: Path) -> list[UnitResult]:
    return [one for path in sorted(folder.glob("*/seed-*.jsonl.xz")) for one in _read_file(path)]


def _read_file(path: Path) -> list[UnitResult]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        return [UnitResult.model_validate_json(line) for line in file]
