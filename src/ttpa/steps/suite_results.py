"""What a run's policies have on its suites, on disk; read back for comparisons, the status and the report."""

from collections.abc import Iterator
from pathlib import Path

from ttpa.errors import RunError
from ttpa.records.suites import SuiteCase, SuiteEvaluation
from ttpa.runs.layout import RunDirectory
from ttpa.runs.record_files import read_record, read_records
from ttpa.steps.run import Run
from ttpa.suites import SUITES

_SETTINGS = ".settings.json"


class SuiteFiles:
    """What one policy has on one suite, on disk."""

    def __init__(self, folder: Path, policy: str) -> None:
        self.evaluation = folder / f"{policy}.json"
        self.cases = folder / f"{policy}.cases.jsonl"
        self.answers = folder / f"{policy}.answers.jsonl"
        self.missing = folder / f"{policy}.missing.jsonl"
        self.settings = folder / f"{policy}{_SETTINGS}"
        self.seconds = folder / f"{policy}.seconds"
        """What was spent on an evaluation that is not done yet."""
        self.program = folder / policy
        """What the benchmark's own program reads and writes."""


def suite_cases(run: Run, name: str, policy: str) -> list[SuiteCase]:
    """The verdicts that a policy of a run has on a suite. Raises `RunError` where there are none yet."""
    files = SuiteFiles(run.directory.suite(name), policy)
    if not files.evaluation.exists():
        raise RunError(
            f"run {run.config.name!r} has no evaluation of {policy!r} on the suite {name!r}; "
            f"ttpa evaluate {run.config.name} --suite {name} --policy {policy} makes it"
        )
    return read_records(files.cases, SuiteCase)


def suite_evaluations(directory: RunDirectory) -> list[SuiteEvaluation]:
    """Every evaluation of a run that is done, in order."""
    found = (SuiteFiles(directory.suite(suite), policy).evaluation for suite, policy in _pairs(directory))
    return [read_record(file, SuiteEvaluation) for file in found if file.exists()]


def suites_begun(directory: RunDirectory) -> list[tuple[str, str]]:
    """Suite and policy of every evaluation that is not done yet."""
    files = {pair: SuiteFiles(directory.suite(pair[0]), pair[1]) for pair in _pairs(directory)}
    return [pair for pair, each in files.items() if each.settings.exists() and not each.evaluation.exists()]


def _pairs(directory: RunDirectory) -> Iterator[tuple[str, str]]:
    """Suite and policy of all that was begun: suites as in their table, policies as they were trained."""
    order = ("base", *directory.trained)
    for suite in SUITES:
        found = {file.name.removesuffix(_SETTINGS) for file in directory.suite(suite).glob(f"*{_SETTINGS}")}
        for policy in [*(each for each in order if each in found), *sorted(found.difference(order))]:
            yield suite, policy
