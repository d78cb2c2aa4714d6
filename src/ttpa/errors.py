"""The few ways a run stops. Everything else is data: a `Discard` with a reason."""

from pathlib import Path


class TtpaError(Exception):
    """A run stopped for a reason a person can act on; its text is shown without a traceback."""


class ConfigError(TtpaError):
    """A config, a command-line value or a file named there is wrong."""


class DataError(TtpaError):
    """A file holds something that is not what its place promises."""


class RunError(TtpaError):
    """A run directory cannot be used: held by another process, made by another config, or not there."""


class ModelError(TtpaError):
    """A model cannot be loaded, reached or used for what is asked of it."""


class DialogueRefused(ModelError):
    """The chat template has no form for this dialogue; it may have one for others."""


class ToolError(TtpaError):
    """A toolset cannot be loaded or does not describe its tools."""


def looked_up(path: str) -> str:
    """Where a relative path that is not there was looked up, as the end of a message; of an absolute one nothing."""
    return "" if Path(path).is_absolute() else f" in {Path.cwd()}; paths are taken from the folder where ttpa is run"
