"""What a failure says to a person, and the exit code it ends with."""

import errno
import os
import sys

from ttpa.errors import TtpaError, looked_up

FAILED = 1
INTERRUPTED = 130


def explain(failure: Exception) -> str | None:
    """One line on what is wrong and what to do; none where it is a fault of the program, which shows its traceback."""
    if isinstance(failure, TtpaError):
        return " ".join(str(failure).split()) + _where_looked(failure)
    if isinstance(failure, OSError) and failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"no space is left for {_named(failure)}; free some, or move the run and name its folder with "
            "--set runs=FOLDER: the same command goes on from here"
        )
    if isinstance(failure, OSError) and failure.errno in (errno.EACCES, errno.EROFS):
        return f"{_named(failure)} may not be written ({failure.strerror}); name another folder with --set runs=FOLDER"
    if isinstance(failure, OSError) and failure.errno == errno.EIO:
        return f"the disk failed at {_named(failure)}; what was done is kept: the same command goes on from here"
    if _is_out_of_device_memory(failure):
        return (
            "the GPU is out of memory; the same command goes on from here with a lower policy.batch_size, and in a "
            "training with train.activation_checkpointing=true or a lower train.micro_batch_size; what decides the "
            "outcome takes the step from its start: train.micro_batch_size of DPO or of adapters with dropout "
            "(`ttpa run RUN --redo align`, or `--redo sft`), train.max_length and train.parameters=lora (`--redo sft`)"
        )
    if isinstance(failure, MemoryError):
        return "the machine is out of memory; lower policy.batch_size or the number of construct.instances"
    return None


def _where_looked(failure: TtpaError) -> str:
    """Where a file was looked up, after a message that ends with what the system said of its absence."""
    cause = failure.__cause__
    if not isinstance(cause, FileNotFoundError) or not str(failure).endswith((str(cause), str(cause.strerror))):
        return ""
    return looked_up(os.fsdecode(cause.filename)) if cause.filename else ""


def _named(failure: OSError) -> str:
    """The file; a write to an open one does not name it."""
    return "a file of the run" if failure.filename is None else repr(failure.filename)


def _is_out_of_device_memory(failure: Exception) -> bool:
    torch = sys.modules.get("torch")  # where it is not loaded, it did not fail
    return torch is not None and isinstance(failure, torch.OutOfMemoryError)
