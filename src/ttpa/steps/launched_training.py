"""What each process of a launched training runs: `LAUNCHER -m ttpa.steps.launched_training FOLDER`.

It reads the job that `LaunchedLearners` wrote and takes its part; the first process tells how it goes.
"""

import json
import os
import sys
import warnings
from pathlib import Path
from typing import TextIO

from ttpa.errors import TtpaError
from ttpa.records.pairs import PreferencePair
from ttpa.rewards import ToolCallReward
from ttpa.runs.record_files import read_record, read_records
from ttpa.stages.train import RewardedPrompt, SftExample
from ttpa.stages.train.launched_learners import FAILURE, JOB, MARK, RECORDS, Job, tell_shortage
from ttpa.stages.train.stage import OnStep
from ttpa.stages.train.trl_learners import TrlLearners


def main(folder: Path) -> int:
    """Trains what the folder says; the exit code. A failure that a person can act on is written there in words."""
    is_first = os.environ.get("RANK", "0") == "0"
    if is_first:
        warnings.showwarning = _pass_on
    try:
        _train(read_record(folder / JOB, Job), folder / RECORDS, _tell_step if is_first else _tell_nothing)
    except TtpaError as failure:
        if is_first:
            (folder / FAILURE).write_text(str(failure), encoding="utf-8")
        return 1
    except (OSError, RuntimeError) as failure:
        shortage = tell_shortage(failure)
        if shortage is None:
            raise
        _tell(shortage)
        return 1
    return 0


def _train(job: Job, records: Path, on_step: OnStep) -> None:
    learners, output = TrlLearners(), Path(job.output)
    if job.method == "dpo":
        pairs = read_records(records, PreferencePair)
        learners.dpo(job.base, pairs, output, job.config, seed=job.seed, on_step=on_step)
    elif job.method == "grpo":
        learners.grpo(
            job.base,
            read_records(records, RewardedPrompt),
            output,
            job.config,
            reward=ToolCallReward.with_settings(job.rewarded_by),
            rewarded_by=job.rewarded_by,
            seed=job.seed,
            on_step=on_step,
        )
    else:
        examples = read_records(records, SftExample)
        learners.sft(
            job.base,
            examples,
            output,
            job.config,
            method=job.method,
            steps=job.steps,
            seed=job.seed,
            on_step=on_step,
        )


def _tell_step(step: int, total: int, telling: str) -> None:
    _tell({"step": step, "total": total, "telling": telling})


def _tell_nothing(step: int, total: int, telling: str) -> None:
    del step, total, telling


def _pass_on(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Our own warnings are told; those of the packages stay in the log."""
    del file
    if category is UserWarning and "ttpa" in Path(filename).parts:
        _tell({"warning": str(message)})
    else:
        sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))


def _tell(told: dict[str, object]) -> None:
    sys.stdout.write(f"{MARK}{json.dumps(told)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
