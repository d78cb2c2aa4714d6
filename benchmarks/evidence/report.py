"""Everything that is done -> one page of tables, and its pictures."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.evidence.answers import Where, is_answered, read_cases, read_tasks
from benchmarks.evidence.arms import MAIN, Arm
from benchmarks.evidence.budget import BudgetKind, budgets
from benchmarks.evidence.figures import exact, mean
from benchmarks.evidence.pictures import draw_dots
from benchmarks.evidence.place import Place
from benchmarks.evidence.tables import Result, cost_table, kinds_table, table
from benchmarks.evidence.units import Unit

from ttpa.records.evaluations import CaseResult, Measure
from ttpa.runs.record_files import read_record, write_text

KINDS: dict[BudgetKind, str] = {
    "training": "equal training tokens",
    "total": "equal tokens in all, sampling included",
}


def write_report(
    folder: Path, study: str, places: Sequence[Place], arms: Sequence[Arm], where: Where, *, command: str
) -> Path | None:
    """`results_STUDY.md` (`..._dev.md`) and its pictures in `folder`; none where nothing is answered yet."""
    name = f"results_{study}" + ("" if where == "final" else "_dev")
    lines = [f"# The {study}: what {'the test' if where == 'final' else 'dev'} says", ""]
    lines += ["<!-- not run: it takes hours -->", "```sh", command, "```", ""]
    length = len(lines)
    for tools in dict.fromkeys(place.tools.name for place in places):
        mine = [place for place in places if place.tools.name == tools]
        for split in ("test", "test_unseen") if where == "final" else ("test",):
            lines += _section(folder, name, mine, arms, where, split)
    if len(lines) == length:
        return None
    path = folder / f"{name}.md"
    write_text(path, "\n".join(lines) + "\n")
    return path


def _section(
    folder: Path, name: str, places: Sequence[Place], arms: Sequence[Arm], where: Where, split: str
) -> list[str]:
    tools, resamples = places[0].tools, places[0].size.resamples
    told = split if where == "final" else "dev"
    lines: list[str] = []
    dots: dict[str, dict[str, Measure]] = {}
    for kind, says in KINDS.items():
        results = list(_results(places, arms, kind, where, split))
        if not results:
            continue
        seeds = sorted({seed for one in results for seed in one.cases})
        turns = {one.arm.name: sum(map(len, one.cases.values())) for one in results}
        few, many = min(turns.values()), max(turns.values())
        number = f"{many} turns" if few == many else f"{few} to {many} turns, as not all is done yet"
        lines += [f"## {tools.name} ({tools.says}), {told}, {says}", "", f"Seeds {seeds}; {number}.", ""]
        lines += [*table(results, MAIN.name, resamples=resamples), ""]
        lines += ["Errors at 100 turns:", "", *kinds_table(results), ""]
        lines += ["Cost, means over seeds:", "", *cost_table(results), ""]
        dots[says] = {one.arm.says: mean(one.due_calls(), exact, resamples=resamples) for one in results}
    if dots:
        picture = f"images/{name}-{tools.name}-{told}.svg"
        title = f"{tools.name}, {told}: exact turns where a call is due"
        rows = [arm.says for arm in arms if any(arm.says in measures for measures in dots.values())]
        write_text(folder / picture, draw_dots(title, rows, dots))
        lines += [f"![{title}]({picture})", ""]
    return lines


def _results(
    places: Sequence[Place], arms: Sequence[Arm], kind: BudgetKind, where: Where, split: str
) -> Iterable[Result]:
    """The arms that have answers, in order."""
    for arm in arms:
        mine: BudgetKind = kind if kind in budgets(arm) else "training"
        cases: dict[int, list[CaseResult]] = {}
        solved: dict[int, list[bool]] = {}
        units: list[Unit] = []
        for place in places:
            done = place.unit(arm.name, mine) / "unit.json"
            if not done.exists():
                continue
            unit = read_record(done, Unit)
            if not is_answered(place, unit, where):
                continue
            units.append(unit)
            cases[place.seed] = [case for case in read_cases(place, unit, where) if case.split == split]
            if where == "final":
                tasks = read_tasks(place, unit)
                solved[place.seed] = [task.right for task in tasks if task.category.startswith(f"{split}:")]
        if any(case.call_is_due for each in cases.values() for case in each):
            yield Result(arm=arm, cases=cases, units=units, solved=solved)
