"""A run as Python has it: typed records, tables of them, and pictures for a notebook."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from ttpa.assemble import assemble
from ttpa.config import load_config
from ttpa.errors import DataError
from ttpa.progress import SilentReporter
from ttpa.records.candidates import CandidateTree
from ttpa.records.checkpoints import Checkpoint
from ttpa.records.evaluations import CaseResult, Evaluation
from ttpa.records.instructions import Instruction
from ttpa.records.pairs import PreferencePair
from ttpa.records.record import Record
from ttpa.records.scores import ScoredTurn
from ttpa.runs.record_files import read_record, read_records
from ttpa.stages.report import ReportConfig, report
from ttpa.steps.reading import read_cases
from ttpa.steps.report import gather
from ttpa.steps.run import Run

if TYPE_CHECKING:
    from datasets import Dataset
    from pandas import DataFrame

R = TypeVar("R", bound=Record)
Kind = Literal["instructions", "trees", "turns", "pairs", "cases"]


class LoadedRun:
    """What a run has on disk; each property reads its file when it is first asked for, and is empty before its step."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.config = run.config
        self.path = run.directory.path

    @cached_property
    def instructions(self) -> list[Instruction]:
        return _read(self._run.directory.instructions, Instruction)

    @cached_property
    def trees(self) -> list[CandidateTree]:
        return _read(self._run.directory.trees, CandidateTree)

    @cached_property
    def turns(self) -> list[ScoredTurn]:
        """The verdicts on the candidates of each tree."""
        return _read(self._run.directory.scored, ScoredTurn)

    @cached_property
    def pairs(self) -> list[PreferencePair]:
        return _read(self._run.directory.pairs, PreferencePair)

    @cached_property
    def checkpoints(self) -> dict[str, Checkpoint]:
        """By the policy's name: its method, and its round after the first (`dpo_2`)."""
        directory = self._run.directory
        return {name: read_record(directory.checkpoint_record(name), Checkpoint) for name in directory.trained}

    def in_round(self, number: int) -> "LoadedRun":
        """The same run with the trees, turns and pairs of its round of this number; the first one is shown before."""
        return LoadedRun(self._run.in_round(number))

    @cached_property
    def evaluation(self) -> Evaluation | None:
        path = self._run.directory.evaluation
        return read_record(path, Evaluation) if path.exists() else None

    @cached_property
    def cases(self) -> dict[str, list[CaseResult]]:
        """What each evaluated policy did, by policy."""
        return read_cases(self._run.directory, self.evaluation)

    def rows(self, kind: Kind) -> list[dict[str, object]]:
        """One flat row a record, or a case and policy; for `pandas`, `polars` or a file."""
        return _ROWS[kind](self)

    def frame(self, kind: Kind) -> "DataFrame":
        """The rows as a `pandas` table."""
        import pandas as pd  # heavy, and not needed by the rest

        return pd.DataFrame(self.rows(kind))

    def dataset(self, kind: Kind) -> "Dataset":
        """The rows as a `datasets` table."""
        from datasets import Dataset  # heavy, and not needed by the rest

        return Dataset.from_list(self.rows(kind))  # pyright: ignore[reportUnknownMemberType]

    def show(self, tree_id: str | None = None) -> "Picture":
        """The report as a picture in a notebook; with a tree's id, that turn alone.

        Raises `DataError` where there is no such tree, `RunError` where the run is not scored and paired yet.
        """
        inputs = gather(self._run)
        if tree_id is None:
            return Picture(report(inputs, self.config.report), height=900)
        views = tuple(view for view in inputs.trees if view.tree.id == tree_id)
        if not views:
            raise DataError(f"run {self.config.name!r} shows no tree {tree_id!r}; it has {_some(inputs.trees)}")
        alone = inputs.model_copy(update={"trees": views, "sampled": 1, "wavering": ()})
        return Picture(report(alone, ReportConfig(trees=1)), height=900, at="trees")


class Picture:
    """A page that a notebook shows inline, in a frame of its own."""

    def __init__(self, page: str, *, height: int, at: str = "") -> None:
        self.page = page
        self._height = height
        self._at = at

    def _repr_html_(self) -> str:
        return self.html

    @property
    def html(self) -> str:
        """The frame as a notebook gets it."""
        page = self.page
        if self._at:
            hidden = f"<style>header, main > section:not(#{self._at}) {{ display: none }}</style></head>"
            page = page.replace("</head>", hidden, 1)
        source = escape(page, quote=True)
        return f'<iframe srcdoc="{source}" style="width:100%;height:{self._height}px;border:0"></iframe>'


def load_run(path: str | Path) -> LoadedRun:
    """The run in this folder, or of this name below `runs`. Raises `ConfigError` where there is none."""
    config = load_config(str(path))
    return LoadedRun(Run(config, assemble(config), SilentReporter()))


def _read(path: Path, kind: type[R]) -> list[R]:
    return read_records(path, kind) if path.exists() else []


def _some(views: Sequence[object]) -> str:
    names = [getattr(getattr(view, "tree", None), "id", "") for view in views[:3]]
    return ", ".join(repr(name) for name in names) + (" and more" if len(views) > 3 else "")


def _instruction_rows(run: LoadedRun) -> list[dict[str, object]]:
    return [
        {
            "id": one.id,
            "split": one.split,
            "kind": one.kind,
            "source": one.source,
            "question": one.question,
            "calls": sum(len(step.calls) for step in one.steps),
            "tools": [call.name for step in one.steps for call in step.calls],
            "answer": one.answer,
        }
        for one in run.instructions
    ]


def _tree_rows(run: LoadedRun) -> list[dict[str, object]]:
    return [
        {
            "id": tree.id,
            "instruction_id": tree.instruction_id,
            "turn": tree.turn,
            "candidates": len(tree.leaves),
            "forks": len(tree.forks),
            "slots": [fork.slot for fork in tree.forks],
            "prefilled": tree.cost.prefilled,
            "decoded": tree.cost.decoded,
        }
        for tree in run.trees
    ]


def _turn_rows(run: LoadedRun) -> list[dict[str, object]]:
    return [
        {
            "tree_id": turn.tree_id,
            "leaf": candidate.leaf,
            "score": candidate.score,
            "errors": [error.kind.value for error in candidate.errors],
            "paths": [error.path or "" for error in candidate.errors],
        }
        for turn in run.turns
        for candidate in turn.candidates
    ]


def _pair_rows(run: LoadedRun) -> list[dict[str, object]]:
    return [
        {
            "id": pair.id,
            "tree_id": pair.tree_id,
            "slot": pair.slot,
            "chosen_from": pair.chosen_from,
            "chosen_score": pair.chosen_score,
            "rejected_score": pair.rejected_score,
            "margin": pair.margin,
            "shared_tokens": len(pair.shared_ids),
            "rejected_errors": [error.kind.value for error in pair.rejected_errors],
        }
        for pair in run.pairs
    ]


def _case_rows(run: LoadedRun) -> list[dict[str, object]]:
    return [
        {
            "policy": policy,
            "id": case.id,
            "split": case.split,
            "call_is_due": case.call_is_due,
            "exact": case.exact,
            "score": case.score,
            "errors": [error.kind.value for error in case.errors],
            "text": case.text,
        }
        for policy, cases in run.cases.items()
        for case in cases
    ]


_ROWS: Mapping[Kind, Callable[[LoadedRun], list[dict[str, object]]]] = {
    "instructions": _instruction_rows,
    "trees": _tree_rows,
    "turns": _turn_rows,
    "pairs": _pair_rows,
    "cases": _case_rows,
}
