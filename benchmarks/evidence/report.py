"""Everything that is done -> one page of tables, and its pictures."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.evidence.answers import Where
from benchmarks.evidence.arms import MAIN, START, Arm
from benchmarks.evidence.budget import BudgetKind, budgets
from benchmarks.evidence.figures import exact, mean
from benchmarks.evidence.pictures import draw_dots
from benchmarks.evidence.results import UnitResult
from benchmarks.evidence.sets import SETS, ToolSet
from benchmarks.evidence.tables import Result, cost_table, kinds_table, table

from ttpa.records.evaluations import Measure
from ttpa.runs.record_files import write_text

KINDS: dict[BudgetKind, str] = {
    "training": "equal training tokens",
    "total": "equal tokens in all, sampling included",
}


def write_report(
    folder: Path,
    study: str,
    results: Sequence[UnitResult],
    arms: Sequence[Arm],
    where: Where,
    *,
    resamples: int,
    commands: Sequence[str],
) -> Path | None:
    """`results_STUDY.md` (`..._dev.md`) and its pictures in `folder`; none where nothing is answered yet."""
    name = f"results_{study}" + ("" if where == "final" else "_dev")
    lines = [f"# {study.capitalize()}: what {'the test' if where == 'final' else 'dev'} says", ""]
    lines += ["<!-- not run: it takes hours -->", "```sh", *commands, "```", ""]
    length = len(lines)
    for tools in (SETS[each] for each in SETS):
        mine = [one for one in results if one.tools == tools.name]
        for split in ("test", "test_unseen") if where == "final" else ("test",):
            told = split if where == "final" else "dev"
            tabled: dict[BudgetKind, list[Result]] = {kind: list(_gather(mine, arms, kind, split)) for kind in KINDS}
            lines += _section(folder, name, tools, told, tabled, resamples)
    if len(lines) == length:
        return None
    path = folder / f"{name}.md"
    write_text(path, "\n".join(lines) + "\n")
    return path


def _section(
    folder: Path, name: str, tools: ToolSet, told: str, tabled: dict[BudgetKind, list[Result]], resamples: int
) -> list[str]:
    lines: list[str] = []
    dots: dict[str, dict[str, Measure]] = {}
    for kind, results in tabled.items():
        if not results:
            continue
        says = KINDS[kind]
        seeds = sorted({seed for one in results for seed in one.cases})
        turns = {one.arm.name: sum(map(len, one.cases.values())) for one in results}
        few, many = min(turns.values()), max(turns.values())
        number = f"{many} turns" if few == many else f"{few} to {many} turns, as not all is done yet"
        lines += [f"## {tools.name} ({tools.says}), {told}, {says}", "", f"Seeds {seeds}; {number}.", ""]
        lines += [*table(results, MAIN.name, START.name, resamples=resamples), ""]
        lines += ["Errors at 100 turns:", "", *kinds_table(results), ""]
        lines += ["Cost, means over seeds:", "", *cost_table(results), ""]
        dots[says] = {_row(one, len(seeds)): mean(one.due_calls(), exact, resamples=resamples) for one in results}
    if dots:
        picture = f"images/{name}-{tools.name}-{told}.svg"
        title = f"{tools.name}, {told}: exact turns where a call is due"
        rows = list(dict.fromkeys(row for measures in dots.values() for row in measures))
        write_text(folder / picture, draw_dots(title, rows, dots))
        lines += [f"![{title}]({picture})", ""]
    return lines


def _row(result: Result, most: int) -> str:
    """An arm's name in the picture; of fewer seeds than others it cannot be held against them by eye."""
    seeds = len(result.cases)
    return result.arm.says if seeds == most else f"{result.arm.says} (seeds: {seeds})"


def _gather(results: Sequence[UnitResult], arms: Sequence[Arm], kind: BudgetKind, split: str) -> Iterable[Result]:
    """The arms that have results, in order; one whose budgets are one stands under both."""
    for arm in arms:
        mine: BudgetKind = kind if kind in budgets(arm) else "training"
        units = sorted((one for one in results if (one.arm, one.budget) == (arm.name, mine)), key=lambda one: one.seed)
        result = Result(arm, split, units)
        if any(case.call_is_due for each in result.cases.values() for case in each):
            yield result
