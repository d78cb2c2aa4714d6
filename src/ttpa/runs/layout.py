"""Where everything of a run lies on disk. Nothing else knows a file name."""

import shutil
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from ttpa.records.checkpoints import TrainMethod
from ttpa.runs.lock import hold

Step = Literal["construct", "sft", "sample", "score", "pair", "align", "evaluate", "report"]
STEPS: tuple[Step, ...] = ("construct", "sft", "sample", "score", "pair", "align", "evaluate", "report")
"""In the order in which a run takes them: the policy is fine-tuned before it is sampled."""

_OUTPUTS: dict[Step, tuple[str, ...]] = {
    "construct": ("1-construct",),
    "sft": ("5-train/sft",),
    "sample": ("2-sample",),
    "score": ("3-score",),
    "pair": ("4-pair",),
    "align": ("5-train/dpo", "5-train/grpo", "5-train/sft_continued"),
    "evaluate": ("6-evaluate",),
    "report": ("7-report",),
}
_STATES = ".states"
"""Ends the name of the folder where a training that is not done yet keeps what it goes on from."""


class RunDirectory:
    """One run on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def config(self) -> Path:
        """The complete config that the run was last started with."""
        return self.path / "config.json"

    @property
    def journal(self) -> Path:
        """Replies that were paid for."""
        return self.path / "journal.sqlite"

    @property
    def instructions(self) -> Path:
        return self.path / "1-construct" / "instructions.jsonl"

    @property
    def tools(self) -> Path:
        """What the run's tools are, as their source told when it began."""
        return self.path / "1-construct" / "tools.json"

    @property
    def diversity(self) -> Path:
        """What the constructed instructions are made of."""
        return self.path / "1-construct" / "diversity.json"

    @property
    def judgements(self) -> Path:
        """What a judge says of them, where one was asked."""
        return self.path / "1-construct" / "judgements.jsonl"

    @property
    def trees(self) -> Path:
        return self.path / "2-sample" / "trees.jsonl"

    @property
    def scored(self) -> Path:
        return self.path / "3-score" / "turns.jsonl"

    @property
    def pairs(self) -> Path:
        return self.path / "4-pair" / "pairs.jsonl"

    def checkpoint(self, method: TrainMethod) -> Path:
        return self.path / "5-train" / method

    def checkpoint_record(self, method: TrainMethod) -> Path:
        return self.path / "5-train" / f"{method}.json"

    def cases(self, policy: str) -> Path:
        return self.path / "6-evaluate" / f"{policy}.jsonl"

    @property
    def evaluation(self) -> Path:
        return self.path / "6-evaluate" / "evaluation.json"

    def suite(self, suite: str) -> Path:
        """What the policies did on one benchmark; no step clears it, a policy that changed is noticed by its hash."""
        return self.path / "suites" / suite

    @property
    def report(self) -> Path:
        return self.path / "7-report" / "report.html"

    def summary(self, step: Step) -> Path:
        """The account of a step. It is written last, so it says that the step is done."""
        return self.path / _OUTPUTS[step][-1].split("/")[0] / f"{step}.summary.json"

    def discards(self, step: Step) -> Path:
        return self.path / _OUTPUTS[step][-1].split("/")[0] / f"{step}.discards.jsonl"

    def has_begun(self, step: Step) -> bool:
        """Whether a step has left anything on disk."""
        folders = [self.path / f"{output}{kind}" for output in _OUTPUTS[step] for kind in ("", _STATES)]
        return self.summary(step).exists() or any(folder.exists() for folder in folders)

    def clear(self, step: Step) -> None:
        """Removes what a step has written."""
        self.summary(step).unlink(missing_ok=True)
        self.discards(step).unlink(missing_ok=True)
        for output in _OUTPUTS[step]:
            for kind in ("", _STATES):
                shutil.rmtree(self.path / f"{output}{kind}", ignore_errors=True)
            (self.path / f"{output}.json").unlink(missing_ok=True)

    def clear_from(self, step: Step) -> None:
        """Removes what a step and those after it have written."""
        for later in STEPS[STEPS.index(step) :]:
            self.clear(later)

    def remove_drafts(self) -> None:
        """Removes what steps that are done went on from; a run that was killed at the very end of one leaves it."""
        for step in STEPS:
            if self.summary(step).exists():
                for output in _OUTPUTS[step]:
                    for draft in (self.path / output).glob("*.partial"):
                        draft.unlink()

    def lock(self) -> AbstractContextManager[None]:
        """Holds the run for this process. Entering raises `RunError` that says who holds it."""
        return hold(self.path, f"run {self.name!r}")
