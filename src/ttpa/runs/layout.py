"""Where everything of a run lies on disk. Nothing else knows a file name."""

import shutil
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, get_args

from ttpa.records.checkpoints import AlignMethod, TrainMethod
from ttpa.runs.lock import hold, refuse_held

Step = Literal["construct", "sft", "sample", "score", "pair", "align", "rounds", "evaluate", "report"]
STEPS: tuple[Step, ...] = ("construct", "sft", "sample", "score", "pair", "align", "rounds", "evaluate", "report")
"""In the order in which a run takes them: the policy is fine-tuned before it is sampled."""
ROUND_STEPS: tuple[Step, ...] = ("sample", "score", "pair", "align")
"""What each round takes: the first one as steps of the run, the others within `rounds`."""

_ALIGNED: tuple[AlignMethod, ...] = get_args(AlignMethod)
_OUTPUTS: dict[Step, tuple[str, ...]] = {
    "construct": ("1-construct",),
    "sft": ("5-train/sft",),
    "sample": ("2-sample",),
    "score": ("3-score",),
    "pair": ("4-pair",),
    "align": (*(f"5-train/{method}" for method in _ALIGNED), "5-train/sft_continued"),
    "rounds": ("rounds",),
    "evaluate": ("6-evaluate",),
    "report": ("7-report",),
}
_BESIDE = ("", ".states", ".launch")
"""End the names of an output, and of the folders where a training that is not done yet keeps what it goes on from and
what its processes are told."""


class RunDirectory:
    """One run on disk, as one of its rounds sees it: what a round makes lies apart from what the others made."""

    def __init__(self, path: Path, round_number: int = 1) -> None:
        self.path = path
        self.round_number = round_number
        self._round = path if round_number == 1 else path / "rounds" / str(round_number)

    def in_round(self, number: int) -> "RunDirectory":
        """The same run as its round of this number sees it."""
        return RunDirectory(self.path, number)

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
        return self._round / "2-sample" / "trees.jsonl"

    @property
    def scored(self) -> Path:
        return self._round / "3-score" / "turns.jsonl"

    @property
    def pairs(self) -> Path:
        return self._round / "4-pair" / "pairs.jsonl"

    def checkpoint(self, policy: str) -> Path:
        """A trained policy by its name: `dpo` is this round's, `dpo_3` that of the third, `sft` the one of all."""
        method, _, number = policy.rpartition("_")
        if number.isdigit():
            return self.in_round(int(number)).checkpoint(method)
        return (self.path if policy == "sft" else self._round) / "5-train" / policy

    def checkpoint_record(self, policy: str) -> Path:
        folder = self.checkpoint(policy)
        return folder.with_name(f"{folder.name}.json")

    @property
    def rounds(self) -> tuple[int, ...]:
        """The numbers of the rounds after the first that have begun."""
        return tuple(sorted(int(path.name) for path in (self.path / "rounds").glob("*") if path.name.isdigit()))

    @property
    def trained(self) -> tuple[str, ...]:
        """The names of all policies that the run has trained so far, in order, those of every round."""
        methods: tuple[TrainMethod, ...] = ("sft_continued", *_ALIGNED)
        names = ["sft", *methods, *(f"{method}_{number}" for number in self.rounds for method in methods)]
        return tuple(name for name in names if RunDirectory(self.path).checkpoint_record(name).exists())

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
        return self._at(step) / _OUTPUTS[step][-1].split("/")[0] / f"{step}.summary.json"

    def discards(self, step: Step) -> Path:
        return self._at(step) / _OUTPUTS[step][-1].split("/")[0] / f"{step}.discards.jsonl"

    def has_begun(self, step: Step) -> bool:
        """Whether a step has left anything on disk."""
        folders = [self._at(step) / f"{output}{kind}" for output in _OUTPUTS[step] for kind in _BESIDE]
        return self.summary(step).exists() or any(folder.exists() for folder in folders)

    def clear(self, step: Step) -> None:
        """Removes what a step has written."""
        self.summary(step).unlink(missing_ok=True)
        self.discards(step).unlink(missing_ok=True)
        for output in _OUTPUTS[step]:
            for kind in _BESIDE:
                shutil.rmtree(self._at(step) / f"{output}{kind}", ignore_errors=True)
            (self._at(step) / f"{output}.json").unlink(missing_ok=True)

    def clear_from(self, step: Step) -> None:
        """Removes what a step and those after it have written."""
        for later in STEPS[STEPS.index(step) :]:
            self.clear(later)

    def remove_drafts(self) -> None:
        """Removes what steps that are done went on from; a run that was killed at the very end of one leaves it."""
        for step in STEPS:
            if self.summary(step).exists():
                for output in _OUTPUTS[step]:
                    for draft in (self._at(step) / output).glob("*.partial"):
                        draft.unlink()

    def lock(self) -> AbstractContextManager[None]:
        """Holds the run for this process. Entering raises `RunError` that says who holds it."""
        return hold(self.path, f"run {self.name!r}")

    def refuse_held(self) -> None:
        """Raises `RunError` that says who holds the run, where another process does."""
        refuse_held(self.path, f"run {self.name!r}")

    def _at(self, step: Step) -> Path:
        """The folder that holds the folders of a step."""
        return self._round if step in ROUND_STEPS else self.path
