"""Trainings in processes of their own, started by a launcher: one process a device, `torchrun` or `accelerate launch`.

What is trained on, and how, is written to a folder beside the checkpoint; each process reads it there, the first one
tells how it goes on lines of its output and writes the checkpoint. Reads and writes: `NAME.launch` beside `NAME`.
"""

import ctypes
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import torch

from ttpa.errors import ModelError
from ttpa.models.device_memory import release_memory
from ttpa.records.checkpoints import Checkpoint, TrainMethod
from ttpa.records.pairs import PreferencePair
from ttpa.records.record import Record
from ttpa.runs.record_files import read_record, write_record, write_records
from ttpa.stages.train.full_disk import FULL
from ttpa.stages.train.stage import OnStep, RewardedPrompt, SftExample, SftMethod, TrainConfig, TurnReward

WORKER = "ttpa.steps.launched_training"
"""The module that each process runs."""
MARK = "ttpa: "
"""Begins a line of output that is meant for the process that waits, as JSON."""
JOB, RECORDS, FAILURE, _LOG = "job.json", "records.jsonl", "failure.txt", "log.txt"
_SHOWN_LINES = 12
_SECONDS_TO_END = 30.0
_SIGNAL_OF_PARENTS_DEATH = 1
"""PR_SET_PDEATHSIG of Linux' prctl."""


class Job(Record):
    """One training, as its processes are told."""

    method: TrainMethod
    base: str
    output: str
    config: TrainConfig
    seed: int
    steps: int | None = None
    """None for the config's epochs."""
    rewarded_by: str = ""
    """For GRPO, what makes its reward."""


class LaunchedLearners:
    """SFT, DPO and GRPO in the processes that a command starts."""

    def __init__(self, command: str) -> None:
        """Raises `ModelError` where there is no such command."""
        words = shlex.split(command)
        beside = str(Path(sys.executable).parent)  # where this environment has its commands, whatever PATH says
        found = shutil.which(words[0], path=os.pathsep.join([beside, os.environ.get("PATH", "")])) if words else None
        if found is None:
            raise ModelError(f"train.launch = {command!r} is no command here; `torchrun --nproc-per-node 2` is one")
        self._words = [found, *words[1:]]

    def sft(
        self,
        base: str,
        examples: Sequence[SftExample],
        output: Path,
        config: TrainConfig,
        *,
        method: SftMethod,
        steps: int | None,
        seed: int,
        on_step: OnStep,
    ) -> Checkpoint:
        """Fine-tunes `base`, by the config's epochs or for exactly `steps`, and writes a checkpoint to `output`."""
        job = Job(method=method, base=base, output=str(output), config=config, seed=seed, steps=steps)
        return self._run(job, examples, on_step)

    def dpo(
        self,
        base: str,
        pairs: Sequence[PreferencePair],
        output: Path,
        config: TrainConfig,
        *,
        seed: int,
        on_step: OnStep,
    ) -> Checkpoint:
        """Aligns `base` on `pairs`, with `base` as the reference model, and writes a checkpoint to `output`."""
        job = Job(method="dpo", base=base, output=str(output), config=config, seed=seed)
        return self._run(job, pairs, on_step)

    def grpo(
        self,
        base: str,
        prompts: Sequence[RewardedPrompt],
        output: Path,
        config: TrainConfig,
        *,
        reward: TurnReward,
        rewarded_by: str,
        seed: int,
        on_step: OnStep,
    ) -> Checkpoint:
        """Aligns `base` on turns that it draws after `prompts`; each process makes the reward of `rewarded_by`."""
        del reward
        job = Job(method="grpo", base=base, output=str(output), config=config, seed=seed, rewarded_by=rewarded_by)
        return self._run(job, prompts, on_step)

    def _run(self, job: Job, records: Sequence[Record], on_step: OnStep) -> Checkpoint:
        output = Path(job.output)
        folder = launch_folder(output)
        shutil.rmtree(folder, ignore_errors=True)
        write_records(folder / RECORDS, records)
        write_record(folder / JOB, job)
        log = folder / _LOG
        release_memory()  # of the GPU, what this process has sampled or evaluated with
        with log.open("ab") as errors:
            process = subprocess.Popen(  # noqa: S603 -- the command is the config's own
                [*self._words, "-m", WORKER, str(folder)],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                errors="replace",  # what a launcher prints may be of any encoding
                preexec_fn=_end_with_parent,
            )
            try:
                _listen(process, log, on_step)
            finally:
                _end(process)
                assert process.stdout is not None
                process.stdout.close()
        if process.returncode:
            raise ModelError(_describe_failure(folder, process.returncode))
        shutil.rmtree(folder)
        return read_record(output / "checkpoint.json", Checkpoint)


def tell_shortage(failure: Exception) -> dict[str, object] | None:
    """What a process tells of a full disk or GPU to the one that waits, which raises it as its own; else nothing."""
    if isinstance(failure, OSError) and failure.errno in FULL:
        return {"errno": failure.errno, "path": str(failure.filename or "a file of the training")}
    return {"out_of_memory": str(failure)} if isinstance(failure, torch.OutOfMemoryError) else None


def launch_folder(output: Path) -> Path:
    """Where a training that will end in `output` is told what to do."""
    return output.with_name(output.name + ".launch")


def _listen(process: subprocess.Popen[str], log: Path, on_step: OnStep) -> None:
    """Passes on what the first process tells, until all have ended; all else goes to the log.

    Raises what one of them tells by `tell_shortage`.
    """
    assert process.stdout is not None
    for line in process.stdout:
        if not line.startswith(MARK):
            with log.open("a", encoding="utf-8") as file:
                file.write(line)
            continue
        told = json.loads(line.removeprefix(MARK))
        if "errno" in told:
            raise OSError(told["errno"], os.strerror(told["errno"]), told["path"])
        if "out_of_memory" in told:
            raise torch.OutOfMemoryError(told["out_of_memory"])
        if "warning" in told:
            warnings.warn(told["warning"], stacklevel=2)
        else:
            on_step(told["step"], told["total"], told["telling"])
    process.wait()


def _end(process: subprocess.Popen[str]) -> None:
    """Ends the launcher, which ends its processes."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_parent() -> None:
    with suppress(OSError, AttributeError):  # only Linux can; elsewhere a launcher outlives a killed run
        ctypes.CDLL(None).prctl(_SIGNAL_OF_PARENTS_DEATH, signal.SIGTERM)


def _describe_failure(folder: Path, code: int) -> str:
    if (folder / FAILURE).exists():
        return (folder / FAILURE).read_text(encoding="utf-8")
    lines = [line.strip() for line in (folder / _LOG).read_text(encoding="utf-8", errors="replace").splitlines()]
    last = " | ".join([line for line in lines if line][-_SHOWN_LINES:])
    return f"the processes of the training ended with exit code {code}; the log is {folder / _LOG}, its end: {last}"
