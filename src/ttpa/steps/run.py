"""A run that is under way: its directory, config and parts, and what every step does with them."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from ttpa.assemble import Parts
from ttpa.config import RunConfig
from ttpa.errors import RunError
from ttpa.progress import Reporter
from ttpa.records.checkpoints import TrainMethod
from ttpa.records.discards import Discard
from ttpa.records.instructions import DecisionPoint, Instruction, Split
from ttpa.records.record import Record
from ttpa.records.summaries import StepSummary
from ttpa.runs.layout import RunDirectory, Step
from ttpa.runs.manifest import find_damage
from ttpa.runs.record_files import read_record, stream_records, write_record, write_text, writing

T = TypeVar("T")
R = TypeVar("R", bound=Record)


class Run:
    """What the steps of one run share."""

    def __init__(self, config: RunConfig, parts: Parts, reporter: Reporter) -> None:
        self.config = config
        self.parts = parts
        self.reporter = reporter
        self.directory = RunDirectory(config.path)
        self._whole: set[Path] = set()

    def in_round(self, number: int) -> "Run":
        """The same run in its round of this number."""
        run = Run(self.config, self.parts, self.reporter)
        run.directory = self.directory.in_round(number)
        run._whole = self._whole
        return run

    def rng(self, purpose: str) -> random.Random:
        """Random numbers for one purpose, of this run and round alone."""
        number = self.directory.round_number
        return random.Random(f"{self.config.seed}/{purpose}" + (f"/{number}" if number > 1 else ""))

    def keep_config(self) -> None:
        """Writes the complete config into the run's folder."""
        write_text(self.directory.config, json.dumps(self.config.as_json(), indent=1) + "\n")

    def stream(self, path: Path, kind: type[R], step: Step) -> Iterator[R]:
        """The records that `step` wrote, one after another. Raises `RunError` at once where it is not done."""
        if not self.directory.summary(step).exists():
            raise RunError(f"run {self.config.name!r} has no {path.name}; the step {step!r} comes first")
        return stream_records(path, kind)

    def read(self, path: Path, kind: type[R], step: Step) -> list[R]:
        """The same as a list."""
        return list(self.stream(path, kind, step))

    def count(self, step: Step) -> int:
        """How many records a step that is done has written."""
        return read_record(self.directory.summary(step), StepSummary).records_out

    @property
    def is_imported(self) -> bool:
        """Whether its instructions come from dialogue files."""
        summary = self.directory.summary("construct")
        return summary.exists() and read_record(summary, StepSummary).step == "import"

    def instructions(self, split: Split) -> list[Instruction]:
        """The instructions of one split. Raises `RunError` where `train` has none."""
        chosen = [instruction for instruction in self.stream_instructions() if instruction.split == split]
        if split == "train" and not chosen:
            raise RunError(f"run {self.config.name!r} has no instruction in the split 'train'")
        return chosen

    def stream_instructions(self) -> Iterator[Instruction]:
        """All instructions, one after another."""
        return self.stream(self.directory.instructions, Instruction, "construct")

    def points(self, split: Split) -> list[DecisionPoint]:
        """The decision points of one split, in order."""
        return list(self.stream_points(split))

    def stream_points(self, split: Split) -> Iterator[DecisionPoint]:
        """The same, one after another. Raises `RunError` where `train` has none."""
        found = False
        for instruction in self.stream_instructions():
            if instruction.split == split:
                found = True
                yield from instruction.decision_points()
        if split == "train" and not found:
            raise RunError(f"run {self.config.name!r} has no instruction in the split 'train'")

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies that can be asked, by name: the one that the run starts from, and each that it has trained."""
        return ("base", *self.directory.trained)

    def policy_path(self, name: str) -> str:
        """The path of one of `policies`. Raises `RunError` where it is not what was written."""
        return self.parts.base if name == "base" else self.checkpoint(name)

    def policy(self) -> str:
        """The path of the policy that this round samples and aligns. Raises `RunError` where it is not trained yet.

        After the first round it is the one that the round before has aligned.
        """
        if self.directory.round_number > 1:
            before = self.in_round(self.directory.round_number - 1)
            return before.checkpoint_or(self.config.train.method, before.policy)
        if not self.config.train.sft:
            return self.parts.base
        if not self.directory.summary("sft").exists():
            raise RunError(f"run {self.config.name!r} has no fine-tuned policy; the step 'sft' comes first")
        return self.checkpoint("sft")

    def control(self) -> str:
        """The path of the policy that this round's control goes on from: the control of the round before."""
        if self.directory.round_number == 1:
            return self.policy()
        before = self.in_round(self.directory.round_number - 1)
        return before.checkpoint_or("sft_continued", before.control)

    def checkpoint_or(self, method: TrainMethod, otherwise: Callable[[], str]) -> str:
        """The path of the policy of this method, of another where there was nothing to train it on."""
        return self.checkpoint(method) if self.directory.checkpoint_record(method).exists() else otherwise()

    def checkpoint(self, policy: str) -> str:
        """The path of a policy that this run trained, by its name.

        Raises `RunError` where it is not what was written.
        """
        folder = self.directory.checkpoint(policy)
        if folder not in self._whole:
            damage = find_damage(folder)
            if damage is not None:
                in_first = folder == RunDirectory(self.directory.path).checkpoint(folder.name)
                step = "sft" if policy == "sft" else "align" if in_first else "rounds"
                raise RunError(f"the checkpoint {str(folder)!r}: {damage}; make it again with --redo {step}")
            self._whole.add(folder)
        return str(folder)

    def on_train_step(self, name: str) -> Callable[[int, int, str], None]:
        """A listener that shows a training's progress under `name`."""
        done = 0

        def on_step(step: int, total: int, telling: str) -> None:
            nonlocal done
            if done == 0:
                self.reporter.start(name, total)
            self.reporter.advance(step - done, telling)
            done = step

        return on_step


class Account:
    """The account of one step, opened when it starts: items in are items used plus discards."""

    def __init__(self, run: Run, step: Step, *, takes: str, gives: str, label: str = "") -> None:
        self._run = run
        self._step: Step = step
        number = run.directory.round_number
        self._label = (label or step) + (f" {number}" if number > 1 else "")
        self._takes, self._gives = takes, gives
        self._started = time.monotonic()
        self._reasons: Counter[str] = Counter()

    @contextmanager
    def discarding(self) -> Generator[Callable[[Discard], None]]:
        """Takes down discards as they come, for a step that does not hold all of them."""
        with writing(self._run.directory.discards(self._step)) as write:

            def take_down(discard: Discard) -> None:
                self._reasons[discard.reason.value] += 1
                write(discard)

            yield take_down

    def close(
        self,
        items_in: int,
        items_used: int,
        records_out: int,
        discards: Sequence[Discard] | None,
        facts: Mapping[str, str],
    ) -> StepSummary:
        """Writes the discards, none where they were taken down already, and last the summary: the step is done."""
        if discards is not None:
            with self.discarding() as take_down:
                for discard in discards:
                    take_down(discard)
        summary = StepSummary(
            step=self._label,
            takes=self._takes,
            gives=self._gives,
            items_in=items_in,
            items_used=items_used,
            records_out=records_out,
            discards=dict(self._reasons.most_common()),
            facts=dict(facts),
            seconds=round(time.monotonic() - self._started, 3),
        )
        write_record(self._run.directory.summary(self._step), summary)
        self._run.reporter.finish(summary.line())
        return summary


def count_splits(instructions: Sequence[Instruction]) -> dict[str, str]:
    """How many instructions each split has, as facts for an account."""
    counts = Counter(instruction.split for instruction in instructions)
    return {split: str(count) for split, count in sorted(counts.items())}


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in lists of `size`, the last one maybe shorter."""
    batch: list[T] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
